#include "plan/ns.h"

#include <linux/mount.h>
#include <sys/mount.h>

#include "plan/parts.h"
#include "spec/questions.h"

namespace husk::plan {
namespace {

std::span<const Str> kept(const std::vector<std::string>& words, Arena& arena) {
  std::vector<Str> out;
  out.reserve(words.size());
  for (const std::string& word : words) out.push_back(arena.copy(word));
  return arena.list<Str>(out);
}

// Over the caller's, which knows other pids. The root stays what it is.
void mount_proc(const NsInput& in, Plan& plan) {
  rootfs::OpenRoot open;
  open.path = "/";
  open.mount = false;
  add(plan, open);
  rootfs::Mount proc;
  proc.type = proc.source = "proc";
  proc.target = "/proc";
  proc.plain_target = true;
  proc.attr_set = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
  proc.classic_flags = MS_NOSUID | MS_NODEV | MS_NOEXEC;
  add(plan, proc);
  // mount(2) is given its target by our descriptors in /proc, from there.
  if (!in.facts.mount_api && !in.cwd.empty() && in.wd.empty())
    add(plan, process::WorkingDirectory{plan.arena.copy(in.cwd), false});
}

}  // namespace

Result<Plan> build_ns(const NsInput& in) {
  Plan plan;
  HUSK_LET(plan.namespaces, namespaces::plan(in.lx, caller_of(in.facts), in.force_long || in.show, plan.arena));
  namespaces::Bootstrap& bootstrap = plan.namespaces.bootstrap;
  if (in.unmapped) plan.namespaces.by_helper = plan.namespaces.deny_setgroups = bootstrap.become = false;
  if (in.by_pidfd)
    for (const namespaces::Join& join : bootstrap.joins) bootstrap.join_flags |= join.type;

  if (spec::makes(in.lx, spec::NsType::network)) add(plan, network::LoopbackUp{});
  if (plan.namespaces.new_cgroup) add(plan, namespaces::UnshareCgroup{});
  if (spec::makes(in.lx, spec::NsType::mount)) {
    if (in.propagation != 0) add(plan, rootfs::RootPropagation{in.propagation});
    if (spec::makes(in.lx, spec::NsType::pid) && in.mount_proc) mount_proc(in, plan);
  }
  if (!in.hostname.empty()) add(plan, namespaces::Hostname{plan.arena.copy(in.hostname)});
  if (!in.wd.empty()) {
    // A step that makes mounts may have led elsewhere: what is relative was so to the caller's directory.
    const bool led_away = spec::makes(in.lx, spec::NsType::mount) && in.wd[0] != '/' && !in.cwd.empty();
    add(plan, process::WorkingDirectory{plan.arena.copy(led_away ? cat(in.cwd, "/", in.wd) : in.wd), false});
  }
  add(plan, plan::Ready{});
  process::Program program;
  program.args = kept(in.args, plan.arena);
  program.env = kept(in.env, plan.arena);
  add(plan, program);
  add_exec(in.preserve_fds, plan);
  plan.preserve_fds = in.preserve_fds;

  plan.header.bootstrap = bootstrap;
  plan.header.mount_api = in.facts.mount_api;
  plan.header.openat2 = in.facts.openat2;
  plan.header.inherit = true;
  plan.header.show = in.show;
  plan.header.steps = plan.steps.size();
  plan.clone3 = in.facts.clone3;
  return plan;
}

}  // namespace husk::plan
