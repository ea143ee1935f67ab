#include "life/doctor.h"

#include <linux/capability.h>

#include <algorithm>
#include <optional>
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
  struct What {
    const char* area;
    std::string id, name;
  };
  HostFinding& add(What what, State state, HostFinding::Value value, std::string found, std::string hint = {}) {
    found_.push_back({what.area,
                      std::move(what.id),
                      std::move(what.name),
                      state,
                      std::move(value),
                      {},
                      std::move(found),
                      state == State::ok ? "" : std::move(hint),
                      false});
    return found_.back();
  }
  // Something that is there or not; `there` is empty where it cannot be known.
  HostFinding& add(What what, std::optional<bool> there, std::string hint, const char* yes = "yes",
                   const char* no = "no") {
    if (!there) return unknown(std::move(what));
    return add(std::move(what), *there ? State::ok : State::missing, *there, *there ? yes : no, std::move(hint));
  }
  HostFinding& unknown(What what) {
    return add(std::move(what), State::unknown, std::monostate(), "unknown", "procfs has to be mounted to tell");
  }

  [[nodiscard]] bool root() const { return seen_.facts.euid == 0; }
  [[nodiscard]] bool may(int capability) const { return (seen_.facts.capabilities >> capability & 1) != 0; }
  [[nodiscard]] bool has_kind(std::string_view kind) const {
    return std::find(seen_.namespaces.begin(), seen_.namespaces.end(), kind) != seen_.namespaces.end();
  }
  // Nothing where the text could not be read.
  [[nodiscard]] static std::optional<bool> has_word(const std::optional<std::string>& in, std::string_view word) {
    if (!in) return std::nullopt;
    const std::string_view text = *in;
    for (size_t at = text.find(word); at != text.npos; at = text.find(word, at + 1)) {
      const bool begins = at == 0 || text[at - 1] == ' ' || text[at - 1] == '\t' || text[at - 1] == '\n';
      const size_t end = at + word.size();
      if (begins && (end == text.size() || text[end] == ' ' || text[end] == '\n')) return true;
    }
    return false;
  }

  void kernel() {
    const host::Facts& f = seen_.facts;
    add({"kernel", "kernel_release", "release"}, State::ok, seen_.release, seen_.release);
    add({"kernel", "procfs", "procfs"}, seen_.procfs, "mount -t proc proc /proc: husk looks at itself there").fatal =
        !seen_.procfs;
    for (const char* kind : {"mnt", "pid", "net", "ipc", "uts", "user", "cgroup", "time"}) namespace_kind(kind);
    add({"kernel", "clone3", "clone3"}, f.clone3,
        "Linux 5.7 has it; a process is moved into its cgroup after it was made");
    add({"kernel", "pidfd", "pidfd"}, f.pidfd, "Linux 5.3 has it; processes are told apart by their time of birth");
    add({"kernel", "openat2", "openat2"}, f.openat2,
        "Linux 5.6 has it; paths in the container are resolved step by step");
    add({"kernel", "mount_api", "mount API, idmapped mounts"}, f.mount_api,
        "Linux 5.12 has it; no idmapped mounts and no recursive options");
    add({"kernel", "seccomp_filter", "seccomp"}, has_word(seen_.seccomp_actions, "errno"),
        "CONFIG_SECCOMP_FILTER; configurations with a filter fail");
    add({"kernel", "seccomp_notify", "seccomp: asking an agent"}, has_word(seen_.seccomp_actions, "user_notif"),
        "Linux 5.0 has it (SCMP_ACT_NOTIFY)");
    add({"kernel", "overlayfs", "overlay"}, has_word(seen_.filesystems, "overlay"),
        "engines use it for images: modprobe overlay", "yes", "not loaded");
  }

  void namespace_kind(const char* kind) {
    What what = {"kernel", cat("namespace_", kind), cat("namespaces: ", kind)};
    if (!seen_.procfs) {
      (void)unknown(std::move(what));
      return;
    }
    const std::string_view name = kind;
    const bool usual = name != "user" && name != "cgroup" && name != "time";
    const bool there = has_kind(kind);
    add(std::move(what), there, "a kernel built with it (CONFIG_NAMESPACES)").fatal =
        !there && (usual || (name == "user" && !root()));
  }

  void cgroups() {
    const cgroup::Mode mode = seen_.cgroups.mode;
    constexpr const char* kNames[] = {"none", "v1", "hybrid", "v2"};
    const bool none = mode == cgroup::Mode::none;
    if (none && !seen_.procfs) {
      (void)unknown({"cgroups", "cgroup_mode", "mode"});
    } else {
      const char* name = kNames[static_cast<size_t>(mode)];
      add({"cgroups", "cgroup_mode", "mode"}, none ? State::missing : State::ok, name, name,
          "no cgroups are mounted at /sys/fs/cgroup: containers have no limits there");
    }
    controllers(none);
    add({"cgroups", "cgroup_writable", "a place for the caller's"},
        none && !seen_.procfs ? std::nullopt : std::optional(seen_.cgroup_writable),
        root() ? "/sys/fs/cgroup is not writable here"
               : "limits, pause and ps need one: --systemd-cgroup in a session of the user's systemd, or Delegate=yes "
                 "for the unit");
    add({"cgroups", "systemd", "systemd"}, seen_.systemd,
        "the host was not booted by it: --systemd-cgroup does not work here");
    if (seen_.systemd)
      add({"cgroups", "libsystemd", "libsystemd"}, seen_.libsystemd,
          "--systemd-cgroup needs it: apt-get install libsystemd0");
  }

  void controllers(bool no_cgroups) {
    const What what = {"cgroups", "cgroup_controllers", "controllers"};
    if (no_cgroups && !seen_.procfs) {
      (void)unknown(what);
      return;
    }
    std::vector<std::string> all;
    const auto take = [&all](std::string_view words) {
      while (!words.empty()) {
        const size_t end = std::min(words.find_first_of(", \n"), words.size());
        if (end != 0 && words.find('=') >= end) all.emplace_back(words.substr(0, end));
        words.remove_prefix(std::min(end + 1, words.size()));
      }
    };
    take(seen_.controllers);
    for (const cgroup::Hierarchy& h : seen_.cgroups.hierarchies) take(h.controllers);
    std::string words;
    for (const std::string& one : all) words += cat(words.empty() ? "" : " ", one);
    add(what, all.empty() ? State::missing : State::ok, all, words.empty() ? "none" : words,
        "a controller must be enabled in cgroup.subtree_control of the cgroups above");
  }

  void security() {
    const auto told = [this](const char* id, const char* name, bool on) {
      if (!seen_.sysfs) {
        add({"security", id, name}, State::unknown, std::monostate(), "unknown", "sysfs has to be mounted to tell");
      } else {
        add({"security", id, name}, State::ok, on, on ? "enabled" : "not enabled");
      }
    };
    told("apparmor", "AppArmor", seen_.apparmor);
    told("selinux", "SELinux", seen_.selinux);
    if (seen_.sysfs)
      add({"security", "security_module", "a security module"}, seen_.apparmor || seen_.selinux,
          "one more wall: lsm=apparmor or security=selinux on the kernel's command line");
    const starting::Circumstances& c = seen_.circumstances;
    add({"security", "unfiltered", "no seccomp filter around husk"}, !c.filtered,
        "husk runs in a container or a sandbox: its filter may forbid what a start needs", "none", "a filter");
    add({"security", "no_new_privs", "no_new_privs of the caller"},
        c.no_new_privileges && !root() ? State::missing : State::ok, c.no_new_privileges,
        c.no_new_privileges ? "set" : "not set",
        "newuidmap and newgidmap have no effect under it, and the caller has his own id alone: start husk without it "
        "(systemd: NoNewPrivileges=no)");
    if (!root()) return;
    const bool no_users = c.max_user_namespaces == 0 || (seen_.procfs && !has_kind("user"));
    add({"security", "cap_sys_admin", "CAP_SYS_ADMIN"}, may(CAP_SYS_ADMIN),
        "namespaces take it; without it only containers with a user namespace can be started")
        .fatal = !may(CAP_SYS_ADMIN) && no_users;
    add({"security", "cap_sys_resource", "CAP_SYS_RESOURCE"}, may(CAP_SYS_RESOURCE),
        "hard limits of /process/rlimits cannot be raised above husk's own");
  }

  void users() {
    const starting::Circumstances& c = seen_.circumstances;
    if (c.max_user_namespaces) {
      const bool none = *c.max_user_namespaces == 0;
      HostFinding& most = add({"users", "max_user_namespaces", "user.max_user_namespaces"},
                              none ? State::missing : State::ok, static_cast<uint64_t>(*c.max_user_namespaces),
                              cat(*c.max_user_namespaces), "sysctl -w user.max_user_namespaces=15000");
      most.fatal = none && !root();
      most.unit = "namespaces";
    } else {
      (void)unknown({"users", "max_user_namespaces", "user.max_user_namespaces"});
    }
    if (c.unprivileged_clone) {
      const bool closed = c.unprivileged_clone == 0;
      add({"users", "unprivileged_userns_clone", "kernel.unprivileged_userns_clone"}, !closed,
          "ordinary users: sysctl -w kernel.unprivileged_userns_clone=1", "1", "0")
          .fatal = closed && !root();
    }
    if (c.apparmor_restriction) {
      const bool closed = c.apparmor_restriction != 0;
      add({"users", "apparmor_userns_unrestricted", "kernel.apparmor_restrict_unprivileged_userns"}, !closed,
          "ordinary users: a profile for husk with \"userns,\", or sysctl -w "
          "kernel.apparmor_restrict_unprivileged_userns=0",
          "0", "1")
          .fatal = closed && !root();
    }
    helper("newuidmap", seen_.users);
    helper("newgidmap", seen_.groups);
    if (root()) return;
    ranges("subuid", seen_.users);
    ranges("subgid", seen_.groups);
    add({"users", "xdg_runtime_dir", "XDG_RUNTIME_DIR"}, seen_.runtime_dir_usable ? State::ok : State::missing,
        seen_.runtime_dir, seen_.runtime_dir.empty() ? "not set" : seen_.runtime_dir,
        "the state is kept there: log in by PAM (loginctl enable-linger), or give --root");
  }

  void helper(const char* name, const starting::Helper& h) {
    const bool there = h.spawn_error == 0;
    const bool good = there && h.privileged_file && !h.nosuid;
    const bool in_vain = good && seen_.circumstances.no_new_privileges && !root();
    add({"users", name, name}, good && !in_vain ? State::ok : State::missing, good && !in_vain,
        !there               ? "not there"
        : !h.privileged_file ? "not set-user-id"
        : h.nosuid           ? "on a nosuid mount"
        : in_vain            ? "without effect under no_new_privs"
                             : "yes",
        !there    ? "ordinary users have their own id alone without it: apt-get install uidmap"
        : in_vain ? "start husk without no_new_privs"
                  : cat("chmod u+s /usr/bin/", name, ", on a file system mounted with suid"));
  }

  void ranges(const char* name, const starting::Helper& h) {
    std::vector<std::string> all;
    std::string words;
    for (const host::IdRange& r : h.ranges) {
      all.push_back(cat(r.first, ":", r.count));
      words += cat(words.empty() ? "" : ", ", all.back());
    }
    const State state = all.empty() ? State::missing : State::ok;
    add({"users", name, cat("/etc/", name)}, state, std::move(all), words.empty() ? "no range of the caller's" : words,
        starting::how_to_get_ids(h));
  }

  void limits() {
    constexpr uint64_t kFew = 256;
    constexpr uint64_t kFewProcesses = 64;
    const auto limit = [this](const char* id, const char* name, const char* unit, uint64_t value, uint64_t least,
                              const char* hint) {
      HostFinding::Value number = value;
      if (value == UINT64_MAX) number = std::string("unlimited");
      add({"limits", id, name}, value >= least ? State::ok : State::missing, std::move(number),
          value == UINT64_MAX ? "unlimited" : cat(value), hint)
          .unit = unit;
    };
    limit("open_files", "open files", "descriptors", seen_.max_files, kFew, "ulimit -n 1024");
    limit("processes", "processes", "processes", seen_.max_processes, kFewProcesses, "ulimit -u 4096");
    for (const std::string& name : seen_.circumstances.no_more_of) {
      std::string id = name.substr(name.find('.') + 1);
      HostFinding& none =
          add({"limits", std::move(id), name}, State::missing, uint64_t{0}, "0", cat("sysctl -w ", name, "=15000"));
      none.fatal = true;
      none.unit = "namespaces";
    }
  }

  const Seen& seen_;
  std::vector<HostFinding> found_;
};

void write_value(json::Writer& w, const HostFinding::Value& value) {
  w.key("value");
  if (const bool* truth = std::get_if<bool>(&value)) {
    w.boolean(*truth);
  } else if (const auto* number = std::get_if<uint64_t>(&value)) {
    w.number(*number);
  } else if (const auto* text = std::get_if<std::string>(&value)) {
    w.string(*text);
  } else if (const auto* list = std::get_if<std::vector<std::string>>(&value)) {
    w.strings(*list);
  } else {
    w.null();
  }
}

}  // namespace

std::vector<HostFinding> diagnose(const Seen& seen) {
  return Diagnosis(seen).run();
}

}  // namespace life

std::vector<HostFinding> examine_host(const std::string& runtime_dir) {
  life::Seen seen = life::look_at_host(runtime_dir);
  seen.users.all = host::all_id_ranges_of("/etc/subuid");
  seen.groups.all = host::all_id_ranges_of("/etc/subgid");
  return life::diagnose(seen);
}

std::string host_json(const std::vector<HostFinding>& findings) {
  constexpr const char* kStates[] = {"ok", "missing", "unknown"};
  json::Writer w(json::Style::pretty, "  ");
  w.begin_array();
  for (const HostFinding& f : findings) {
    w.begin_object().member("id", f.id).member("area", f.area).member("name", f.name);
    w.member("state", kStates[static_cast<size_t>(f.state)]);
    life::write_value(w, f.value);
    w.member("unit", f.unit).member("found", f.found).member("hint", f.hint).member("fatal", f.fatal).end_object();
  }
  return w.end_array().take() + "\n";
}

}  // namespace husk
