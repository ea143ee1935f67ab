// The order is that of a start (build.cpp) without what is made there for all processes: mounts, names, sysctls, hooks.
#include "plan/exec.h"

#include <algorithm>

#include "plan/parts.h"
#include "spec/number_list.h"
#include "spec/questions.h"

namespace husk::plan {
namespace {

// A list as in cpuset(7) as bits. It has been validated.
std::vector<uint64_t> bits_of(const std::string& list) {
  std::vector<uint64_t> out;
  const auto ranges = spec::number_list(list);
  for (const spec::NumberRange& r : ranges.value_or(std::vector<spec::NumberRange>{})) {
    if (out.size() <= r.last / 64) out.resize(r.last / 64 + 1);
    for (uint32_t n = r.first; n <= r.last; ++n) out[n / 64] |= uint64_t{1} << (n % 64);
  }
  return out;
}

void plan_affinity(const spec::Process& process, Plan& plan) {
  if (!process.exec_cpu_affinity) return;
  plan.initial_affinity = bits_of(process.exec_cpu_affinity->initial);
  plan.header.affinity = plan.arena.list<uint64_t>(bits_of(process.exec_cpu_affinity->final));
}

// The joined mount namespace has the host's root, or somebody's: the container's is where the configuration says.
void enter_root(const std::string& rootfs, Plan& plan) {
  rootfs::OpenRoot open;
  open.path = plan.arena.copy(rootfs);
  open.mount = false;
  add(plan, open);
  rootfs::PivotRoot pivot;
  pivot.chroot_only = true;
  add(plan, pivot);
}

void add_scheduling(const process::ProcessPlan& process, Plan& plan) {
  if (process.scheduler) add(plan, *process.scheduler);
  if (process.io_priority) add(plan, *process.io_priority);
  if (process.personality) add(plan, *process.personality);
  if (process.memory_policy) add(plan, *process.memory_policy);
}

}  // namespace

Result<Plan> build_exec(const ExecInput& in) {
  const spec::Process& p = *in.spec.process;
  HUSK_TRY(check_mapped(in.spec));
  Plan plan;
  HUSK_LET(const seccomp::Load filter, filter_of(in.spec, in.filter, plan.arena));
  plan.namespaces = namespaces::plan_exec(in.spec.lx, caller_of(in.facts), in.init, in.by_pidfd, plan.arena);
  if (plan.namespaces.joins_user) {
    plan.namespaces.bootstrap.uid = p.user.uid;
    plan.namespaces.bootstrap.gid = p.user.gid;
  }
  HUSK_LET(const process::ProcessPlan process, process::plan(in.spec, !plan.namespaces.deny_setgroups, 0, plan.arena));
  plan_affinity(p, plan);
  const bool own_mounts = spec::makes(in.spec.lx, spec::NsType::mount);
  if (!in.no_new_keyring) add_keyring(in.id, p.selinux_label, in.selinux, plan);
  if (!own_mounts) enter_root(in.rootfs, plan);
  if (p.terminal) {
    console::Open open = console_of(p, own_mounts);
    open.added = true;
    add(plan, open);
  }
  add_scheduling(process, plan);
  HUSK_TRY(add_labels(p, in.apparmor, in.selinux, plan));
  const bool writes_labels = std::any_of(plan.steps.begin(), plan.steps.end(),
                                         [](const Step& step) { return std::holds_alternative<lsm::Label>(step); });
  if (process.no_new_privileges) add(plan, process::NoNewPrivileges{});
  add_becoming(process, filter, plan);
  add_late_filter(process, filter, plan);
  add_exec(in.preserve_fds, plan);
  finish(p, process, in.facts, in.preserve_fds, plan);
  // A process of the container with CAP_SYS_PTRACE can take what we have open (without a user namespace of its own).
  plan.header.no_procfs = !writes_labels && own_mounts;
  return plan;
}

}  // namespace husk::plan
