#include "life/doctor.h"

#include <linux/capability.h>

#include <algorithm>
#include <string_view>

#include "json/writer.h"

namespace husk {
namespace life {
namespace {

using State = HostFinding::State;

class Diagnosis {
 public:
  explicit Diagnosis(const Seen& seen) : seen_(seen) {}

  std::vector<HostFinding> run() {
    kernel();
    cgroups();
    security();
    users();
    limits();
    return std::move(found_);
  }

 private:
  void add(const char* area, std::string name, State state, std::string value, std::string hint = {}) {
    found_.push_back({area, std::move(name), state, std::move(value), state == State::ok ? "" : std::move(hint)});
  }
  void add(const char* area, std::string name, bool ok, std::string value, std::string hint) {
    add(area, std::move(name), ok ? State::ok : State::limited, std::move(value), std::move(hint));
  }
  void fatal_if(bool bad) { found_.back().fatal = bad; }

  [[nodiscard]] bool root() const { return seen_.facts.euid == 0; }
  [[nodiscard]] bool may(int capability) const { return (seen_.facts.capabilities >> capability & 1) != 0; }
  [[nodiscard]] static bool has_word(std::string_view text, std::string_view word) {
    for (size_t at = text.find(word); at != text.npos; at = text.find(word, at + 1)) {
      const bool begins = at == 0 || text[at - 1] == ' ' || text[at - 1] == '\t' || text[at - 1] == '\n';
      const size_t end = at + word.size();
      if (begins && (end == text.size() || text[end] == ' ' || text[end] == '\n')) return true;
    }
    return false;
  }

  void kernel() {
    const host::Facts& f = seen_.facts;
    add("kernel", "release", State::ok, seen_.release);
    for (const char* kind : {"mnt", "pid", "net", "ipc", "uts", "user", "cgroup", "time"}) namespace_kind(kind);
    const auto feature = [this](const char* name, bool there, const char* since, const char* without) {
      add("kernel", name, there, there ? "yes" : "no", cat(since, " has it; ", without));
    };
    feature("clone3", f.clone3, "Linux 5.7", "a process is moved into its cgroup after it was made");
    feature("pidfd", f.pidfd, "Linux 5.3", "processes are told apart by their time of birth");
    feature("openat2", f.openat2, "Linux 5.6", "paths in the container are resolved step by step");
    feature("mount API, idmapped mounts", f.mount_api, "Linux 5.12", "no idmapped mounts and no recursive options");
    const bool filters = has_word(seen_.seccomp_actions, "errno");
    add("kernel", "seccomp", filters, filters ? "yes" : "no",
        "CONFIG_SECCOMP_FILTER; configurations with a filter fail");
    const bool notify = has_word(seen_.seccomp_actions, "user_notif");
    add("kernel", "seccomp: asking an agent", notify, notify ? "yes" : "no", "Linux 5.0 has it (SCMP_ACT_NOTIFY)");
    const bool overlay = has_word(seen_.filesystems, "overlay");
    add("kernel", "overlay", overlay, overlay ? "yes" : "not loaded", "engines use it for images: modprobe overlay");
  }

  void namespace_kind(const char* kind) {
    const std::vector<std::string>& all = seen_.namespaces;
    const bool there = std::find(all.begin(), all.end(), kind) != all.end();
    const std::string_view name = kind;
    const bool usual = name != "user" && name != "cgroup" && name != "time";
    const State state = there ? State::ok : usual ? State::missing : State::limited;
    add("kernel", cat("namespaces: ", kind), state, there ? "yes" : "no", "a kernel built with it (CONFIG_NAMESPACES)");
    fatal_if(!there && (usual || (name == "user" && !root())));
  }

  void cgroups() {
    const cgroup::Mode mode = seen_.cgroups.mode;
    const char* names[] = {"none", "v1", "hybrid", "v2"};
    add("cgroups", "mode",
        mode == cgroup::Mode::v2     ? State::ok
        : mode == cgroup::Mode::none ? State::missing
                                     : State::limited,
        names[static_cast<size_t>(mode)],
        mode == cgroup::Mode::none ? "nothing is mounted at /sys/fs/cgroup: containers have no limits there"
                                   : "v2 has more (systemd.unified_cgroup_hierarchy=1 on the kernel's command line)");
    std::string controllers = seen_.controllers;
    for (const cgroup::Hierarchy& h : seen_.cgroups.hierarchies)
      if (!h.controllers.empty()) controllers += cat(controllers.empty() ? "" : " ", h.controllers);
    while (!controllers.empty() && controllers.back() == '\n') controllers.pop_back();
    add("cgroups", "controllers", !controllers.empty(), controllers.empty() ? "none" : controllers,
        "a controller must be enabled in cgroup.subtree_control of the cgroups above");
    add("cgroups", "a place for the caller's", seen_.cgroup_writable, seen_.cgroup_writable ? "yes" : "no",
        root() ? "/sys/fs/cgroup is not writable here"
               : "limits, pause and ps need one: --systemd-cgroup in a session of the user's systemd, or Delegate=yes "
                 "for the unit");
    add("cgroups", "systemd", seen_.systemd, seen_.systemd ? "yes" : "no",
        "the host was not booted by it: --systemd-cgroup does not work here");
    if (seen_.systemd)
      add("cgroups", "libsystemd", seen_.libsystemd, seen_.libsystemd ? "yes" : "no",
          "--systemd-cgroup needs it: apt-get install libsystemd0");
  }

  void security() {
    const bool any = seen_.apparmor || seen_.selinux;
    add("security", "AppArmor", State::ok, seen_.apparmor ? "enabled" : "not enabled");
    add("security", "SELinux", State::ok, seen_.selinux ? "enabled" : "not enabled");
    add("security", "a security module", any, any ? "yes" : "no",
        "one more wall: lsm=apparmor or security=selinux on the kernel's command line");
    add("security", "no filter around husk", !seen_.circumstances.filtered,
        seen_.circumstances.filtered ? "a filter" : "none",
        "husk runs in a container or a sandbox: its filter may forbid what a start needs");
    if (root()) {
      add("security", "CAP_SYS_ADMIN", may(CAP_SYS_ADMIN) ? State::ok : State::missing,
          may(CAP_SYS_ADMIN) ? "yes" : "no",
          "namespaces take it; without it only containers with a user namespace can be started");
      add("security", "CAP_SYS_RESOURCE", may(CAP_SYS_RESOURCE), may(CAP_SYS_RESOURCE) ? "yes" : "no",
          "hard limits of /process/rlimits cannot be raised above husk's own");
    }
  }

  void users() {
    const starting::Circumstances& c = seen_.circumstances;
    const std::string most = c.max_user_namespaces ? cat(*c.max_user_namespaces) : "unknown";
    const bool none = c.max_user_namespaces == 0;
    add("users", "user.max_user_namespaces", none ? State::missing : State::ok, most,
        "sysctl -w user.max_user_namespaces=15000");
    fatal_if(none && !root());
    if (c.unprivileged_clone) {
      const bool closed = c.unprivileged_clone == 0;
      add("users", "kernel.unprivileged_userns_clone", !closed, cat(*c.unprivileged_clone),
          "ordinary users: sysctl -w kernel.unprivileged_userns_clone=1");
      fatal_if(closed && !root());
    }
    if (c.apparmor_restriction) {
      const bool closed = c.apparmor_restriction != 0;
      add("users", "kernel.apparmor_restrict_unprivileged_userns", !closed, cat(*c.apparmor_restriction),
          "ordinary users: a profile for husk with \"userns,\", or sysctl -w "
          "kernel.apparmor_restrict_unprivileged_userns=0");
      fatal_if(closed && !root());
    }
    helper("newuidmap", seen_.users);
    helper("newgidmap", seen_.groups);
    if (root()) return;
    ranges("/etc/subuid", seen_.users, "--add-subuids");
    ranges("/etc/subgid", seen_.groups, "--add-subgids");
    add("users", "XDG_RUNTIME_DIR", seen_.runtime_dir_usable, seen_.runtime_dir.empty() ? "not set" : seen_.runtime_dir,
        "the state is kept there: log in by PAM (loginctl enable-linger), or give --root");
  }

  void helper(const char* name, const starting::Helper& h) {
    const bool there = h.spawn_error == 0;
    const bool works = there && h.privileged_file && !h.nosuid;
    add("users", name, works,
        !there               ? "not there"
        : !h.privileged_file ? "not set-user-id"
        : h.nosuid           ? "on a nosuid mount"
                             : "yes",
        there ? cat("chmod u+s /usr/bin/", name, ", on a file system mounted with suid")
              : "ordinary users have their own id alone without it: apt-get install uidmap");
  }

  void ranges(const char* file, const starting::Helper& h, const char* option) {
    std::string value;
    for (const host::IdRange& r : h.ranges) value += cat(value.empty() ? "" : ", ", r.first, ":", r.count);
    add("users", file, !value.empty(), value.empty() ? "no range of the caller's" : value,
        cat("usermod ", option, " 100000-165535 ", h.user.empty() ? "USER" : h.user));
  }

  void limits() {
    constexpr uint64_t kFew = 256, kFewProcesses = 64;
    const auto limit = [this](const char* name, uint64_t value, uint64_t least, const char* hint) {
      add("limits", name, value >= least, value == UINT64_MAX ? "unlimited" : cat(value), hint);
    };
    limit("open files", seen_.max_files, kFew, "ulimit -n 1024");
    limit("processes", seen_.max_processes, kFewProcesses, "ulimit -u 4096");
    for (const std::string& name : seen_.circumstances.no_more_of) {
      add("limits", name, State::missing, "0", cat("sysctl -w ", name, "=15000"));
      fatal_if(true);
    }
  }

  const Seen& seen_;
  std::vector<HostFinding> found_;
};

}  // namespace

std::vector<HostFinding> diagnose(const Seen& seen) {
  return Diagnosis(seen).run();
}

}  // namespace life

std::vector<HostFinding> examine_host(const std::string& runtime_dir) {
  return life::diagnose(life::look_at_host(runtime_dir));
}

std::string host_json(const std::vector<HostFinding>& findings) {
  constexpr const char* kStates[] = {"ok", "limited", "missing"};
  json::Writer w(json::Style::pretty, "  ");
  w.begin_array();
  for (const HostFinding& f : findings) {
    w.begin_object().member("area", f.area).member("name", f.name);
    w.member("state", kStates[static_cast<size_t>(f.state)]).member("value", f.value).member("hint", f.hint);
    w.member("fatal", f.fatal).end_object();
  }
  return w.end_array().take() + "\n";
}

}  // namespace husk
