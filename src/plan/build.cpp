// The order of a start. It is runc's: what must happen as root before what gives root up, what needs the host's files
// before the change of root, the labels and limits after the mounts they are about.
#include <linux/capability.h>
#include <linux/mount.h>

#include <algorithm>
#include <iterator>

#include "plan/parts.h"
#include "plan/plan.h"
#include "rooms/cgroup/owner.h"
#include "rooms/process/plan.h"
#include "rooms/rootfs/plan.h"
#include "spec/questions.h"

namespace husk::plan {
namespace {

class Builder {
 public:
  explicit Builder(const Input& in) : in_(in), spec_(in.spec) {}

  Result<Plan> run() {
    HUSK_TRY(refuse_what_is_missing());
    HUSK_LET(filter_, filter_of(spec_, in_.filter, plan_.arena));
    HUSK_TRY(plan_namespaces());
    HUSK_LET(process_, process::plan(spec_, may_set_groups(), in_.listen_fds, plan_.arena));
    HUSK_TRY(plan_cgroup());
    HUSK_LET(plan_.network, network::plan(spec_, (in_.facts.capabilities >> CAP_NET_ADMIN & 1) != 0));
    before_root();
    if (has_mounts_) {
      HUSK_TRY(make_root());
    } else {
      HUSK_TRY(without_mount_namespace());
    }
    if (has_mounts_) console();
    after_root();
    HUSK_TRY(confine());
    last_steps();
    finish(*spec_.process, process_, in_.facts, in_.listen_fds + in_.preserve_fds, plan_);
    return std::move(plan_);
  }

 private:
  template <class S>
  void add(S step) {
    plan::add(plan_, std::move(step));
  }
  [[nodiscard]] bool has(spec::NsType type) const { return spec_.lx.find(type) != nullptr; }
  [[nodiscard]] bool is_new(spec::NsType type) const { return spec::makes(spec_.lx, type); }
  Str keep(std::string_view text) { return plan_.arena.copy(text); }
  [[nodiscard]] bool may_set_groups() const { return !plan_.namespaces.deny_setgroups; }

  // What this version cannot do is an error: a container that silently lacks what it was promised is worse than none.
  [[nodiscard]] Status refuse_what_is_missing() const {
    if (!spec_.lx.mount_label.empty() && !in_.selinux)
      return Error{"/linux/mountLabel: SELinux is not enabled on this host", 0, "leave the label out", 1};
    return {};
  }

  // Init at the gate of a caller who may not inspect what is not dumpable: so that he can exec. Only where nobody
  // else's processes are in there with it, and where no filter is left to be loaded: who traces init would go on
  // without.
  [[nodiscard]] bool may_be_dumpable() const {
    constexpr uint64_t kSysPtrace = uint64_t{1} << 19;
    const namespaces::Bootstrap& b = plan_.namespaces.bootstrap;
    const bool late_filter = !filter_.program.empty() && !filter_.listens() && process_.no_new_privileges;
    return (in_.facts.capabilities & kSysPtrace) == 0 && b.new_user && b.joins.empty() && is_new(spec::NsType::pid) &&
           !late_filter;
  }

  Status plan_namespaces() {
    HUSK_TRY(check_mapped(spec_));
    HUSK_LET(plan_.namespaces, namespaces::plan(spec_.lx, caller_of(in_.facts), in_.force_long, plan_.arena));
    if (plan_.namespaces.joins_user) {
      plan_.namespaces.bootstrap.uid = spec_.process->user.uid;
      plan_.namespaces.bootstrap.gid = spec_.process->user.gid;
    }
    // A mount namespace that is joined belongs to somebody: nothing is mounted and no root changed in it.
    has_mounts_ = is_new(spec::NsType::mount);
    return {};
  }

  Status plan_cgroup() {
    if (in_.no_cgroup) return {};
    if (in_.systemd) {
      HUSK_LET(plan_.cgroup, cgroup::plan_systemd(in_.cgroups, spec_, in_.id, in_.user_systemd));
    } else {
      const spec::Resources* resources = spec_.lx.resources ? &*spec_.lx.resources : nullptr;
      HUSK_LET(plan_.cgroup, cgroup::plan(in_.cgroups, spec_.lx.cgroups_path, in_.id, resources));
    }
    plan_.cgroup.owner = cgroup::owner_of(spec_);
    if (plan_.namespaces.bootstrap.long_way) leave_room_for_child(plan_.cgroup);
    return {};
  }

  // A limit of one process is meant for init.
  static void leave_room_for_child(cgroup::Plan& plan) {
    cgroup::ResourcePlan& resources = plan.resources;
    std::vector<cgroup::Write>& writes = resources.writes;
    const auto is_one = [](const cgroup::Write& w) { return w.file == "pids.max" && w.value == "1"; };
    std::copy_if(writes.begin(), writes.end(), std::back_inserter(resources.late), is_one);
    writes.erase(std::remove_if(writes.begin(), writes.end(), is_one), writes.end());
    if (resources.late.empty() || !plan.unit) return;
    for (cgroup::Property& p : plan.unit->properties)
      if (p.name == "TasksMax" && p.optional) p.values = {"2"};
  }

  void before_root() {
    if (!in_.no_new_keyring) add_keyring(in_.id, spec_.process->selinux_label, in_.selinux, plan_);
    if (is_new(spec::NsType::network)) add(network::LoopbackUp{});
    if (!plan_.network.empty()) add(plan::Network{});
    if (plan_.namespaces.new_cgroup) add(namespaces::UnshareCgroup{});
  }

  [[nodiscard]] rootfs::Surroundings surroundings() const {
    rootfs::Surroundings s;
    s.rootfs = in_.rootfs;
    s.bundle = in_.bundle;
    s.user_namespace = plan_.namespaces.has_user();
    s.cgroup_namespace = has(spec::NsType::cgroup);
    s.cgroup2 = in_.cgroups.mode == cgroup::Mode::v2;
    s.rootless = in_.facts.euid != 0;
    s.no_pivot = in_.no_pivot;
    s.selinux = in_.selinux;
    for (size_t i = 0; i < in_.cgroups.hierarchies.size(); ++i) {
      const cgroup::Hierarchy& h = in_.cgroups.hierarchies[i];
      std::string name;
      if (!h.controllers.empty()) name = h.mountpoint.substr(h.mountpoint.rfind('/') + 1);
      std::string source = h.mountpoint;
      if (!s.cgroup2) source += h.own_path;  // the caller's, where the container has none
      for (const cgroup::Directory& d : plan_.cgroup.directories)
        if (d.mountpoint == h.mountpoint && !s.cgroup2) source = d.path;
      s.cgroups.push_back({name, h.controllers, source});
    }
    return s;
  }

  Status make_root() {
    HUSK_LET(rootfs::RootPlan root, rootfs::plan(spec_, surroundings(), plan_.arena));
    if (!root.idmapped.empty() && !in_.facts.mount_api)
      return Error{"idmapped mounts need mount_setattr(2), Linux 5.12", 0, {}, 1};
    plan_.idmapped = std::move(root.idmapped);
    add(root.propagation);
    add(root.open);
    for (const rootfs::Mount& m : root.mounts) add(m);
    for (const rootfs::Device& d : root.devices) add(d);
    for (const rootfs::Link& l : root.links) add(l);
    for (const rootfs::Link& l : root.mount_links) add(l);
    hooks_before_pivot();
    add(root.pivot);
    add(rootfs::MakeDirectory{process_.cwd.path});
    root_ = std::move(root);
    return {};
  }

  // Nothing is mounted on the host for a container: without a namespace of its own it gets its root and no more.
  Status without_mount_namespace() {
    if (!spec_.lx.masked_paths.empty() || !spec_.lx.readonly_paths.empty())
      return Error{"/linux: maskedPaths and readonlyPaths need a mount namespace of the container's own", 0,
                   "have {\"type\": \"mount\"} without a path in /linux/namespaces", 1};
    const char* kLeftOut = " is left out: the container has no mount namespace of its own";
    if (!spec_.mounts.empty()) plan_.warnings.push_back(cat("/mounts", kLeftOut));
    if (!spec_.lx.devices.empty()) plan_.warnings.push_back(cat("/linux/devices", kLeftOut));
    if (spec_.root.readonly) plan_.warnings.push_back(cat("/root/readonly", kLeftOut));
    rootfs::OpenRoot open;
    open.path = keep(in_.rootfs);
    open.mount = false;
    add(open);
    hooks_before_pivot();
    console();  // the host's: its /dev cannot be seen after the change of root
    rootfs::PivotRoot pivot;
    pivot.chroot_only = true;
    add(pivot);
    add(rootfs::MakeDirectory{process_.cwd.path});
    return {};
  }

  void hooks_before_pivot() {
    const spec::Hooks& h = spec_.hooks;
    if (!h.prestart.empty() || !h.create_runtime.empty() || !h.create_container.empty() || !h.start_container.empty())
      add(plan::RuntimeHooks{});
    add_hooks("createContainer", h.create_container);
  }

  void add_hooks(const char* kind, const std::vector<spec::Hook>& list) {
    uint64_t number = 0;
    for (const spec::Hook& h : list) {
      hooks::Hook out;
      out.kind = kind;
      out.number = number++;
      out.path = keep(h.path);
      std::vector<Str> words;
      for (const std::string& a : h.args) words.push_back(keep(a));
      if (words.empty()) words.push_back(out.path);
      out.args = plan_.arena.list<Str>(words);
      words.clear();
      for (const std::string& e : h.env) words.push_back(keep(e));
      out.env = plan_.arena.list<Str>(words);
      out.timeout = static_cast<uint64_t>(h.timeout.value_or(0));
      add(out);
    }
  }

  void console() {
    if (spec_.process->terminal)
      add(console_of(*spec_.process, has_mounts_));
    else if (has_mounts_)
      add(rootfs::ReopenDevNull{});
  }

  void after_root() {
    if (root_.final_propagation.flags != 0) add(root_.final_propagation);
    for (const rootfs::MakeReadonly& m : root_.late_readonly) add(m);
    if (root_.root_readonly) add(rootfs::RootReadonly{});
    if (!spec_.hostname.empty()) add(namespaces::Hostname{keep(spec_.hostname)});
    if (!spec_.domainname.empty()) add(namespaces::Domainname{keep(spec_.domainname)});
  }

  Status confine() {
    HUSK_TRY(add_labels(*spec_.process, in_.apparmor, in_.selinux, plan_));
    for (const auto& [key, value] : spec_.lx.sysctl)
      add(namespaces::Sysctl{keep(namespaces::sysctl_file(key)), keep(value)});
    for (const rootfs::ReadonlyPath& p : root_.readonly_paths) add(p);
    for (const rootfs::MaskedPath& p : root_.masked_paths) add(p);
    if (process_.personality) add(*process_.personality);
    if (process_.io_priority) add(*process_.io_priority);
    if (process_.scheduler) add(*process_.scheduler);
    if (process_.memory_policy) add(*process_.memory_policy);
    if (process_.no_new_privileges) add(process::NoNewPrivileges{});
    return {};
  }

  void last_steps() {
    add_becoming(process_, filter_, plan_);
    if (in_.wait_for_start) add(plan::ExecFifo{may_be_dumpable()});
    add_late_filter(process_, filter_, plan_);  // before the hooks, which are programs of the container
    add_hooks("startContainer", spec_.hooks.start_container);
    add_exec(in_.listen_fds + in_.preserve_fds, plan_);
  }

  const Input& in_;
  const spec::Spec& spec_;
  Plan plan_;
  process::ProcessPlan process_;
  rootfs::RootPlan root_;
  seccomp::Load filter_;
  bool has_mounts_ = true;
};

}  // namespace

Result<Plan> build(const Input& in) {
  return Builder(in).run();
}

}  // namespace husk::plan
