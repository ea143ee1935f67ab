#include "life/process_options.h"

#include <utility>

#include "spec/parse.h"
#include "spec/validate.h"

namespace husk::life {
namespace {

template <class T>
void inherit(T& member, T& from) {
  if (member == T()) member = std::move(from);
}
template <class T>
void inherit(std::optional<T>& member, std::optional<T>& from) {
  if (!member) member = std::move(from);
}

// What a process of the caller's making does not say it has as the container's own: a file without capabilities or
// labels must not be a way out of them.
void inherit_all(spec::Process& p, spec::Process& from) {
  inherit(p.user.umask, from.user.umask);
  inherit(p.capabilities, from.capabilities);
  if (p.rlimits.empty()) p.rlimits = std::move(from.rlimits);
  inherit(p.apparmor_profile, from.apparmor_profile);
  inherit(p.selinux_label, from.selinux_label);
  inherit(p.oom_score_adj, from.oom_score_adj);
  inherit(p.io_priority, from.io_priority);
  inherit(p.scheduler, from.scheduler);
  inherit(p.exec_cpu_affinity, from.exec_cpu_affinity);
}

// Ambient ones cannot be had without being inheritable, so they are added only where the container has such.
void add_capabilities(const std::vector<std::string>& names, spec::Process& p) {
  if (names.empty()) return;
  if (!p.capabilities) p.capabilities.emplace();
  spec::Capabilities& caps = *p.capabilities;
  const auto add = [&names](std::vector<std::string>& set) { set.insert(set.end(), names.begin(), names.end()); };
  add(caps.bounding);
  add(caps.effective);
  add(caps.permitted);
  if (!caps.inheritable.empty()) add(caps.ambient);
}

Status change(const ExecOptions& o, spec::Process& p) {
  if (o.args.empty()) return fail(0, "exec args cannot be empty");
  p.args = o.args;
  p.terminal = o.terminal;
  p.env.insert(p.env.end(), o.env.begin(), o.env.end());
  if (!o.cwd.empty()) p.cwd = o.cwd;
  if (o.uid) p.user.uid = *o.uid;
  if (o.gid) p.user.gid = *o.gid;
  p.user.additional_gids.insert(p.user.additional_gids.end(), o.additional_gids.begin(), o.additional_gids.end());
  add_capabilities(o.capabilities, p);
  if (!o.apparmor_profile.empty()) p.apparmor_profile = o.apparmor_profile;
  if (!o.selinux_label.empty()) p.selinux_label = o.selinux_label;
  if (o.no_new_privileges) p.no_new_privileges = *o.no_new_privileges;
  return {};
}

}  // namespace

Status put_process(const ExecOptions& options, spec::Spec& spec) {
  if (!spec.process) return fail(0, "the container's config.json has no process");
  if (options.process_json.empty()) {
    HUSK_TRY(change(options, *spec.process));
  } else {
    Result<spec::Process> process = spec::parse_process(options.process_json);
    if (!process.ok()) return std::move(process).error().within("the process given as JSON");
    inherit_all(*process, *spec.process);
    spec.process = *std::move(process);
  }
  return spec::validate_process(*spec.process);
}

}  // namespace husk::life
