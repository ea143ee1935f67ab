#include "spec/foresee.h"

#include <algorithm>

#include "json/document.h"
#include "spec/names.h"
#include "spec/questions.h"
#include "spec/validate_detail.h"

namespace husk::spec {
namespace {

using json::shown;

constexpr size_t kMaxGroups = 65536;       // NGROUPS_MAX
constexpr size_t kMaxText = 128UL << 10;   // MAX_ARG_STRLEN, with the NUL
constexpr uint64_t kMaxTexts = 6UL << 20;  // of all together, however large the stack is

// ---------------------------------------------------------------- process

void groups(const Process& process, Report& report) {
  if (const size_t count = process.user.additional_gids.size(); count > kMaxGroups)
    report.add("/process/user/additionalGids", count, " groups, but the kernel takes at most ", kMaxGroups);
}

uint64_t bits(const std::vector<std::string>& names) {
  uint64_t out = 0;
  for (const std::string& name : names)
    if (const std::optional<int> n = capability_number(name)) out |= uint64_t{1} << *n;
  return out;
}

// capset(2) refuses the whole. What the caller does not have is left out before.
void capabilities(const Process& process, const Around& around, Report& report) {
  if (!process.capabilities) return;
  const auto look = [&](const char* set, const std::vector<std::string>& names, uint64_t allowed, const char* other) {
    for (size_t i = 0; i < names.size(); ++i) {
      const std::optional<int> n = capability_number(names[i]);
      if (!n || (allowed >> *n & 1) != 0 || (around.capabilities >> *n & 1) == 0) continue;
      report.add(element(cat("/process/capabilities/", set), i), names[i], " is not in the ", other,
                 " set, without which the kernel refuses it");
      report.hint(cat("have it in /process/capabilities/", other, " as well"));
      report.needs(cat("/process/capabilities/", other));
    }
  };
  const Capabilities& caps = *process.capabilities;
  look("effective", caps.effective, bits(caps.permitted), "permitted");
  look("inheritable", caps.inheritable, bits(caps.bounding), "bounding");
}

uint64_t texts(const std::vector<std::string>& list, std::string_view pointer, Report& report) {
  uint64_t all = 0;
  for (size_t i = 0; i < list.size(); ++i) {
    all += list[i].size() + 1 + sizeof(char*);
    if (list[i].size() < kMaxText) continue;
    report.add(element(pointer, i), "has ", list[i].size(), " bytes, but the kernel takes at most ", kMaxText - 1);
  }
  return all;
}

// execve(2) takes a quarter of the stack's limit for arguments and variables together.
void arguments(const Process& process, const Around& around, Report& report) {
  const uint64_t all = texts(process.args, "/process/args", report) + texts(process.env, "/process/env", report);
  uint64_t stack = around.stack;
  bool own = false;
  for (const Rlimit& limit : process.rlimits)
    if (limit.type == "RLIMIT_STACK") stack = limit.soft, own = true;
  const uint64_t most = stack == 0 && !own ? kMaxTexts : std::clamp(stack / 4, uint64_t{kMaxText}, kMaxTexts);
  if (all <= most) return;
  report.add("/process/args", "with the environment they take ", all, " bytes, but the kernel takes at most ", most);
  report.needs("/process/env");
  if (!own && most != kMaxTexts) report.of_host();
}

void scheduling(const Process& process, Report& report) {
  if (!process.scheduler) return;
  const Scheduler& s = *process.scheduler;
  constexpr uint64_t kLeast = 1024;  // nanoseconds
  if (s.policy == "SCHED_ISO")
    report.add("/process/scheduler/policy", "SCHED_ISO is a name that no kernel has made true");
  if (s.policy == "SCHED_DEADLINE" && s.runtime < kLeast)
    report.add("/process/scheduler/runtime", s.runtime, " is below the ", kLeast, " nanoseconds that the kernel wants");
}

// ---------------------------------------------------------------- namespaces

void user(const Spec& spec, Report& report) {
  if (!makes(spec.lx, NsType::user) || !spec.process) return;
  const auto look = [&report](const std::string& pointer, uint32_t id, const std::vector<IdMapping>& maps,
                              const char* list) {
    if (maps.empty() || is_mapped(maps, id)) return;
    report.add(pointer, id, " is not mapped in the container's user namespace");
    report.hint(cat("have it in ", list));
    report.needs(list);
  };
  const User& who = spec.process->user;
  look("/process/user/uid", who.uid, spec.lx.uid_mappings, "/linux/uidMappings");
  look("/process/user/gid", who.gid, spec.lx.gid_mappings, "/linux/gidMappings");
  for (size_t i = 0; i < who.additional_gids.size() && i < kMaxGroups; ++i)
    look(element("/process/user/additionalGids", i), who.additional_gids[i], spec.lx.gid_mappings,
         "/linux/gidMappings");
}

void clocks(const Spec& spec, const Around& around, Report& report) {
  constexpr int64_t kMost = INT64_MAX / 1'000'000'000 / 2;  // half of what the kernel's own time can hold
  if (!spec.lx.time_offsets) return;
  const auto look = [&](const char* pointer, const std::optional<TimeOffset>& offset, int64_t now) {
    if (!offset) return;
    if (offset->secs > kMost || offset->secs < -2 * kMost) {
      report.add(pointer, offset->secs, " is out of range: a clock goes up to ", kMost, " seconds");
    } else if (now != 0 && offset->secs < -now) {
      report.add(pointer, offset->secs, " would set the clock below 0: it is at ", now, " here");
      report.of_host();
    }
  };
  look("/linux/timeOffsets/monotonic/secs", spec.lx.time_offsets->monotonic, around.monotonic);
  look("/linux/timeOffsets/boottime/secs", spec.lx.time_offsets->boottime, around.boottime);
}

// ---------------------------------------------------------------- seccomp

void agent(const Spec& spec, Report& report) {
  if (!asks_agent(*spec.lx.seccomp) || !spec.lx.seccomp->listener_path.empty()) return;
  report.add("/linux/seccomp/listenerPath", "must be set, since a rule has SCMP_ACT_NOTIFY");
  report.hint("the path of the agent's unix socket");
}

bool goes_on(std::string_view action) {
  return action == "SCMP_ACT_ALLOW" || action == "SCMP_ACT_LOG" || action == "SCMP_ACT_NOTIFY" || action.empty();
}

// Where a call is refused whatever its arguments are; empty: nowhere.
std::string refusal_of(const Seccomp& seccomp, std::string_view call) {
  std::string pointer = goes_on(seccomp.default_action) ? "" : "/linux/seccomp/defaultAction";
  for (size_t i = 0; i < seccomp.syscalls.size(); ++i) {
    const SeccompRule& rule = seccomp.syscalls[i];
    if (std::find(rule.names.begin(), rule.names.end(), call) == rule.names.end()) continue;
    if (goes_on(rule.action)) return {};  // maybe with certain arguments only
    if (rule.args.empty()) pointer = element("/linux/seccomp/syscalls", i, "/action");
  }
  return pointer;
}

// What init still has to do behind the filter: execve always, and without no_new_privs to become the user as well.
void start_is_allowed(const Spec& spec, Report& report) {
  std::vector<std::string_view> calls = {"execve"};
  if (spec.process && !spec.process->no_new_privileges) {
    calls.insert(calls.end(), {"chdir", "getcwd", "setresgid", "setresuid", "newfstatat"});
    if (spec.process->capabilities) calls.insert(calls.end(), {"prctl", "capget", "capset"});
    if (!spec.process->user.additional_gids.empty()) calls.emplace_back("setgroups");
  }
  std::vector<std::pair<std::string, std::string>> refused;  // pointers, and the calls there
  for (const std::string_view call : calls) {
    const std::string pointer = refusal_of(*spec.lx.seccomp, call);
    if (pointer.empty()) continue;
    const auto same = [&pointer](const auto& other) { return other.first == pointer; };
    const auto known = std::find_if(refused.begin(), refused.end(), same);
    if (known == refused.end())
      refused.emplace_back(pointer, call);
    else
      known->second += cat(", ", call);
  }
  for (const auto& [pointer, names] : refused) {
    report.add(pointer, "refuses what a start needs behind the filter: ", names);
    report.hint(spec.process && !spec.process->no_new_privileges ? "allow it, or set /process/noNewPrivileges"
                                                                 : "allow it");
    report.needs("/linux/seccomp");
  }
}

// ---------------------------------------------------------------- the rest

void network(const Spec& spec, Report& report) {
  if (!makes(spec.lx, NsType::network)) return;
  for (const NetDevice& device : spec.lx.net_devices)
    if ((device.name.empty() ? device.host_name : device.name) == "lo")
      report.add(member("/linux/netDevices", device.host_name), "every network namespace has a device \"lo\" already");
}

void policy(const Spec& spec, Report& report) {
  if (!spec.lx.memory_policy) return;
  const std::vector<std::string>& flags = spec.lx.memory_policy->flags;
  const auto has = [&flags](const char* flag) { return std::find(flags.begin(), flags.end(), flag) != flags.end(); };
  if (has("MPOL_F_STATIC_NODES") && has("MPOL_F_RELATIVE_NODES"))
    report.add("/linux/memoryPolicy/flags", "MPOL_F_STATIC_NODES and MPOL_F_RELATIVE_NODES exclude each other");
}

}  // namespace

std::vector<Problem> foresee_process(const Process& process, const Around& around) {
  Report report;
  groups(process, report);
  capabilities(process, around, report);
  arguments(process, around, report);
  scheduling(process, report);
  return report.take();
}

std::vector<Problem> foresee(const Spec& spec, const Around& around) {
  std::vector<Problem> out;
  if (spec.process) out = foresee_process(*spec.process, around);
  Report report;
  foresee_mounts(spec, report);
  user(spec, report);
  clocks(spec, around, report);
  network(spec, report);
  policy(spec, report);
  foresee_devices(spec, report);
  if (spec.lx.resources) foresee_resources(*spec.lx.resources, around, report);
  if (spec.lx.seccomp) {
    agent(spec, report);
    start_is_allowed(spec, report);
  }
  for (Problem& problem : report.take()) out.push_back(std::move(problem));
  return out;
}

}  // namespace husk::spec
