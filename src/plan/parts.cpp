#include "plan/parts.h"

#include "base/weakness.h"
#include "rooms/seccomp/seccomp.h"
#include "spec/questions.h"

namespace husk::plan {

namespaces::Caller caller_of(const host::Facts& facts) {
  constexpr uint64_t kSetIds = (uint64_t{1} << 6) | (uint64_t{1} << 7);  // CAP_SETGID, CAP_SETUID
  return {facts.euid, facts.egid, (facts.capabilities & kSetIds) == kSetIds};
}

Status check_mapped(const spec::Spec& spec) {
  if (!spec::makes(spec.lx, spec::NsType::user)) return {};
  const auto check = [](std::string_view member, uint32_t id, const std::vector<spec::IdMapping>& maps) -> Status {
    if (spec::is_mapped(maps, id)) return {};
    return Error{cat("/process/user/", member, ": ", id, " is not mapped in the container's user namespace"), 0,
                 "an ordinary user is given more ids than his own by /etc/subuid and /etc/subgid", 1};
  };
  const spec::User& who = spec.process->user;
  HUSK_TRY(check("uid", who.uid, spec.lx.uid_mappings));
  return check("gid", who.gid, spec.lx.gid_mappings);
}

Result<seccomp::Load> filter_of(const spec::Spec& spec, const seccomp::Filter* compiled, Arena& arena) {
  if (!spec.lx.seccomp) return seccomp::Load{};
  seccomp::Filter own;
  if (compiled == nullptr) {
    HUSK_LET(own, seccomp::compile(*spec.lx.seccomp));
    compiled = &own;
  }
  if (compiled->notify && spec.lx.seccomp->listener_path.empty())
    return Error{"/linux/seccomp/listenerPath: must be set, since a rule has SCMP_ACT_NOTIFY", 0,
                 "the path of the agent's unix socket", 1};
  const std::string_view bytes(reinterpret_cast<const char*>(compiled->program.data()), compiled->program.size());
  return seccomp::Load{arena.copy(bytes), compiled->flags};
}

bool asks_agent(const Plan& plan) {
  for (const Step& step : plan.steps)
    if (const auto* load = std::get_if<seccomp::Load>(&step)) return load->listens();
  return false;
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

// "unconfined" is written as well where AppArmor is enabled: the caller may be confined. A name that only begins so is
// a profile as any other.
Status add_labels(const spec::Process& process, bool apparmor, bool selinux, Plan& plan) {
  constexpr std::string_view kNone = "unconfined";
  const std::string& profile = process.apparmor_profile;
  const bool left_out = weakened(Weakness::apparmor_name) && profile.starts_with(kNone);
  if (!profile.empty() && apparmor && !left_out)
    add(plan, lsm::Label{"apparmor/exec", plan.arena.copy(cat("exec ", profile)), true});
  if (!profile.empty() && !apparmor && profile != kNone && !left_out)
    return Error{"/process/apparmorProfile: AppArmor is not enabled on this host", 0, "leave the profile out", 1};
  if (process.selinux_label.empty()) return {};
  if (!selinux) return Error{"/process/selinuxLabel: SELinux is not enabled on this host", 0, "leave the label out", 1};
  add(plan, lsm::Label{"exec", plan.arena.copy(process.selinux_label), false});
  return {};
}

void add_keyring(const std::string& id, const std::string& label, bool selinux, Plan& plan) {
  const bool labelled = selinux && !label.empty();
  if (labelled) add(plan, lsm::Label{"keycreate", plan.arena.copy(label), false});
  add(plan, process::Keyring{plan.arena.copy(cat("_ses.", id))});
  if (labelled) add(plan, lsm::Label{"keycreate", {}, false});
}

void add_becoming(const process::ProcessPlan& process, const seccomp::Load& filter, Plan& plan) {
  add(plan, plan::Ready{});
  if (!filter.program.empty() && !process.no_new_privileges) add(plan, filter);
  add(plan, process::WorkingDirectory{process.cwd.path, true});
  add(plan, process.credentials);
  add(plan, process::WorkingDirectory{process.cwd.path, false});
  add(plan, process.umask);
  add(plan, process.program);
  if (filter.listens() && process.no_new_privileges) add(plan, filter);
}

void add_late_filter(const process::ProcessPlan& process, const seccomp::Load& filter, Plan& plan) {
  if (!filter.program.empty() && !filter.listens() && process.no_new_privileges) add(plan, filter);
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
