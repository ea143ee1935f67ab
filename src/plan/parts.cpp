#include "plan/parts.h"

#include "rooms/seccomp/seccomp.h"

namespace husk::plan {

namespaces::Caller caller_of(const host::Facts& facts) {
  constexpr uint64_t kSetIds = (uint64_t{1} << 6) | (uint64_t{1} << 7);  // CAP_SETGID, CAP_SETUID
  return {facts.euid, facts.egid, (facts.capabilities & kSetIds) == kSetIds};
}

Result<seccomp::Load> filter_of(const spec::Spec& spec, Arena& arena) {
  if (!spec.lx.seccomp) return seccomp::Load{};
  HUSK_LET(seccomp::Filter filter, seccomp::compile(*spec.lx.seccomp));
  if (filter.notify) return Error{"/linux/seccomp: SCMP_ACT_NOTIFY is not implemented in this version", 0, {}, 1};
  const std::string_view bytes(reinterpret_cast<const char*>(filter.program.data()), filter.program.size());
  return seccomp::Load{arena.copy(bytes), filter.flags};
}

console::Open console_of(const spec::Process& process, bool own_devpts) {
  console::Open open;
  if (process.console_size) {
    open.has_size = process.console_size->height != 0 || process.console_size->width != 0;
    open.rows = process.console_size->height;
    open.columns = process.console_size->width;
  }
  open.own_devpts = own_devpts;
  open.uid = process.user.uid;
  return open;
}

Status add_labels(const spec::Process& process, bool apparmor, bool selinux, Plan& plan) {
  if (!process.apparmor_profile.empty()) {
    if (!apparmor)
      return Error{"/process/apparmorProfile: AppArmor is not enabled on this host", 0, "leave the profile out", 1};
    add(plan, lsm::ExecLabel{"apparmor/exec", plan.arena.copy(cat("exec ", process.apparmor_profile)), true});
  }
  if (!process.selinux_label.empty() && selinux)
    add(plan, lsm::ExecLabel{"exec", plan.arena.copy(process.selinux_label), false});
  return {};
}

void add_becoming(const process::ProcessPlan& process, const seccomp::Load& filter, Plan& plan) {
  add(plan, plan::Ready{});
  if (!filter.program.empty() && !process.no_new_privileges) add(plan, filter);
  add(plan, process::WorkingDirectory{process.cwd.path, true});
  add(plan, process.credentials);
  add(plan, process::WorkingDirectory{process.cwd.path, false});
  add(plan, process.umask);
  add(plan, process.program);
}

void add_exec(const process::ProcessPlan& process, const seccomp::Load& filter, int passed, Plan& plan) {
  if (!filter.program.empty() && process.no_new_privileges) add(plan, filter);
  add(plan, process::Exec{static_cast<uint64_t>(3 + passed)});
}

void finish(const spec::Process& spec, const process::ProcessPlan& process, const host::Facts& facts, int passed,
            Plan& plan) {
  plan.header.bootstrap = plan.namespaces.bootstrap;
  plan.header.has_oom_score = process.oom_score.has_value();
  plan.header.oom_score = process.oom_score.value_or(0);
  plan.header.mount_api = facts.mount_api;
  plan.header.openat2 = facts.openat2;
  plan.header.steps = plan.steps.size();
  plan.rlimits = spec.rlimits;
  plan.preserve_fds = passed;
  plan.clone3 = facts.clone3;
  for (const std::string& w : process.warnings) plan.warnings.push_back(w);
}

}  // namespace husk::plan
