#include "spec/validate.h"

#include <algorithm>
#include <array>

#include "json/document.h"
#include "spec/validate_detail.h"

namespace husk::spec {
namespace {

constexpr auto kProcessChecks = std::to_array<ProcessCheck>({
    check_cwd,
    check_user,
    check_args,
    check_env,
    check_rlimits,
    check_oom_score,
    check_io_priority,
    check_scheduler,
    check_affinity,
});

constexpr auto kResourcesChecks =
    std::to_array<ResourcesCheck>({check_device_rules, check_limits, check_rdma, check_unified});

void check_resources_of(const Spec& spec, Report& report) {
  if (!spec.lx.resources) return;
  for (const ResourcesCheck check : kResourcesChecks) check(*spec.lx.resources, report);
}

constexpr auto kSpecChecks = std::to_array<SpecCheck>({
    check_root,          check_mounts,          check_hooks,          check_annotations,   check_namespaces,
    check_user_mappings, check_idmapped_mounts, check_time_offsets,   check_host_names,    check_masks,
    check_propagation,   check_devices,         check_net_devices,    check_cgroups_path,  check_resources_of,
    check_sysctl,        check_seccomp_names,   check_seccomp_notify, check_seccomp_errno, check_personality,
    check_intel_rdt,     check_memory_policy,
});

constexpr auto kWarnings = std::to_array<SpecCheck>({warn_mounts, warn_user_mappings, warn_ignored});

struct HookList {
  std::string_view name;
  const std::vector<Hook> Hooks::*list;
};
constexpr auto kHookLists = std::to_array<HookList>({
    {"prestart", &Hooks::prestart},
    {"createRuntime", &Hooks::create_runtime},
    {"createContainer", &Hooks::create_container},
    {"startContainer", &Hooks::start_container},
    {"poststart", &Hooks::poststart},
    {"poststop", &Hooks::poststop},
});

// "1.2.3", "1.0.0-rc1", "1.1.0+dev": three numbers without leading zeros, then what semver allows behind them.
bool is_semver(std::string_view v) {
  for (int part = 0; part < 3; ++part) {
    const size_t digits = std::min(v.find_first_not_of("0123456789"), v.size());
    if (digits == 0 || (digits > 1 && v[0] == '0')) return false;
    v.remove_prefix(digits);
    if (part == 2) break;
    if (!v.starts_with('.')) return false;
    v.remove_prefix(1);
  }
  if (v.empty()) return true;
  if (v[0] != '-' && v[0] != '+') return false;
  const auto allowed = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-.+";
  return v.size() > 1 && v.find_first_not_of(allowed) == std::string_view::npos;
}

Status first_of(std::vector<Problem> problems) {
  if (problems.empty()) return Ok{};
  Problem& p = problems.front();
  return Error{cat(json::place(p.pointer), ": ", p.message), 0, std::move(p.hint)};
}

}  // namespace

void Report::add_pieces(std::string_view pointer, std::initializer_list<Piece> pieces) {
  Problem& problem = found_.emplace_back();
  problem.pointer = pointer;
  for (const Piece& piece : pieces) problem.message += piece.text();
}

std::string element(std::string_view list, size_t index, std::string_view rest) {
  return cat(list, "/", index, rest);
}

std::string member(std::string_view map, std::string_view key) {
  std::string out(map);
  json::append_token(out, key);
  return out;
}

void check_version(const Spec& spec, Report& report) {
  const std::string_view version = spec.oci_version;
  if (!is_semver(version)) {
    report.add("/ociVersion", json::shown(version), " is not a version (such as 1.3.0)");
  } else if (!version.starts_with("1.")) {
    report.add("/ociVersion", "version ", version, " of the specification is not supported, only 1.x");
  }
}

void check_root(const Spec& spec, Report& report) {
  if (spec.root.path.empty()) report.add("/root/path", "missing: the container needs a root file system");
}

void check_hooks(const Spec& spec, Report& report) {
  for (const HookList& kind : kHookLists) {
    const std::vector<Hook>& hooks = spec.hooks.*kind.list;
    const std::string list = cat("/hooks/", kind.name);
    for (size_t i = 0; i < hooks.size(); ++i) {
      if (!is_absolute(hooks[i].path))
        report.add(element(list, i, "/path"), "must be an absolute path, found ", json::shown(hooks[i].path));
      if (hooks[i].timeout && *hooks[i].timeout <= 0)
        report.add(element(list, i, "/timeout"), "must be more than 0 seconds, found ", *hooks[i].timeout);
    }
  }
}

void check_annotations(const Spec& spec, Report& report) {
  for (const auto& [key, value] : spec.annotations)
    if (key.empty()) report.add("/annotations", "a key is empty");
}

std::vector<Problem> check_process(const Process& process) {
  Report report;
  for (const ProcessCheck check : kProcessChecks) check(process, report);
  return report.take();
}

std::vector<Problem> check_resources(const Resources& resources) {
  Report report;
  for (const ResourcesCheck check : kResourcesChecks) check(resources, report);
  return report.take();
}

std::vector<Problem> check_all(const Spec& spec, NeedProcess need) {
  Report report;
  check_version(spec, report);
  if (spec.process) {
    for (const ProcessCheck check : kProcessChecks) check(*spec.process, report);
  } else if (need == NeedProcess::yes) {
    report.add("/process", "missing");
  }
  for (const SpecCheck check : kSpecChecks) check(spec, report);
  return report.take();
}

std::vector<Problem> warnings(const Spec& spec) {
  Report report;
  if (spec.process) warn_capabilities(*spec.process, report);
  for (const SpecCheck check : kWarnings) check(spec, report);
  return report.take();
}

Status validate(const Spec& spec, NeedProcess need) {
  return first_of(check_all(spec, need));
}
Status validate_process(const Process& process) {
  return first_of(check_process(process));
}
Status validate_resources(const Resources& resources) {
  return first_of(check_resources(resources));
}

}  // namespace husk::spec
