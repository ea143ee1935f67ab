#include "rooms/rootfs/plan.h"

#include <linux/mount.h>
#include <sys/stat.h>

#include <algorithm>

#include "base/weakness.h"
#include "rooms/rootfs/idmap_option.h"
#include "rooms/rootfs/options.h"

namespace husk::rootfs {
namespace {

// Virtual file systems: "ro" is a matter of the mount. Some of them are shared with the host, which stays as it is.
constexpr std::string_view kVirtual[] = {"tmpfs", "proc", "sysfs", "devpts", "mqueue", "cgroup", "cgroup2", "overlay"};

// "/dev/" and "dev" are "/dev": without doubled and final slashes and ".".
std::string clean(std::string_view path) {
  std::string out;
  while (!path.empty()) {
    const size_t slash = path.find('/');
    const std::string_view one = path.substr(0, slash);
    path = slash == std::string_view::npos ? std::string_view() : path.substr(slash + 1);
    if (one.empty() || one == ".") continue;
    out += '/';
    out += one;
  }
  return out.empty() ? "/" : out;
}

// A destination that begins with the path of the root file system on the host means what is in it.
std::string inside(std::string_view rootfs, std::string_view destination) {
  const std::string root = clean(rootfs);
  std::string path = clean(destination);
  if (root == "/" || !path.starts_with(root)) return path;
  if (path.size() == root.size()) return "/";
  return path[root.size()] == '/' ? path.substr(root.size()) : path;
}

// fsconfig(2) takes no longer texts; mount(2) takes a page of all.
bool fits_fsconfig(std::string_view option) {
  const size_t eq = option.find('=');
  return option.size() - (eq == option.npos ? 0 : eq + 1) < 256;
}

class Planner {
 public:
  Planner(const spec::Spec& spec, const Surroundings& around, Arena& arena)
      : spec_(spec), around_(around), arena_(arena) {}

  Result<RootPlan> run() {
    const uint64_t asked = propagation_flags(spec_.lx.rootfs_propagation);
    plan_.propagation.flags = asked != 0 ? asked : MS_SLAVE | MS_REC;
    plan_.open.path = arena_.copy(around_.rootfs);
    plan_.open.private_parent = (asked & (MS_SHARED | MS_UNBINDABLE)) != 0;
    for (size_t i = 0; i < spec_.mounts.size(); ++i)
      if (Status s = add_mount(spec_.mounts[i]); !s.ok()) return std::move(s).error().within(cat("/mounts/", i));
    if (!dev_is_bound_) {
      add_devices();
      add_links();
    }
    plan_.pivot.move = around_.no_pivot;
    plan_.final_propagation.flags = asked;
    plan_.root_readonly = spec_.root.readonly;
    // "ro" of a tree of mounts is for its top only. Of the host's cgroups in there some may belong to whoever is root
    // of the user namespace (CVE-2023-25809).
    if (host_sys_ && !own_cgroups_ && around_.cgroup2 && in_user_namespace())
      plan_.readonly_paths.push_back({"/sys/fs/cgroup"});
    for (const std::string& p : spec_.lx.readonly_paths) plan_.readonly_paths.push_back({arena_.copy(p)});
    for (const std::string& p : spec_.lx.masked_paths) {
      const auto is_same = [&p](const MaskedPath& other) { return other.path.view() == p; };
      if (std::any_of(plan_.masked_paths.begin(), plan_.masked_paths.end(), is_same)) continue;
      plan_.masked_paths.push_back({arena_.copy(p), arena_.copy(label())});
    }
    return std::move(plan_);
  }

 private:
  // Whose root may own parts of the host's cgroups.
  [[nodiscard]] bool in_user_namespace() const {
    return (around_.user_namespace || around_.rootless) && !weakened(Weakness::cgroup_readonly);
  }

  Status add_mount(const spec::Mount& m) {
    const Options o = parse_options(m.options);
    if (o.remount) return Error{"option \"remount\" is not for a new mount", 0, "leave it out", 1};
    const std::string target = inside(around_.rootfs, m.destination);
    if (target == "/") return Error{"the root itself is no mount point", 0, "use /root/path", 1};
    if (m.type == "cgroup" || (m.type == "cgroup2" && around_.cgroup2)) {
      if (target == "/sys/fs/cgroup") own_cgroups_ = true;
      if (!o.bind) return add_cgroup(target, o);
    }
    Mount out = from_options(m.type, m.source, target, o);
    if (target == "/dev" && out.bind) dev_is_bound_ = true;
    if (target == "/sys" && out.bind && out.recursive && o.read_only) host_sys_ = true;
    if (target == "/sys/fs/cgroup") own_cgroups_ = true;
    if (o.idmap || !m.uid_mappings.empty()) HUSK_TRY(add_idmapped(m, o, out));
    if (!out.bind && m.type != "proc" && m.type != "sysfs") add_label(out);
    plan_.mounts.push_back(out);
    return {};
  }

  // With mappings of its own, or with those of the container's user namespace.
  Status add_idmapped(const spec::Mount& m, const Options& o, Mount& out) {
    if (!out.bind) return Error{"only bind mounts can be idmapped", 0, "add \"bind\" to the options", 1};
    IdmappedSource s;
    s.source = std::string(out.source.view());
    s.map_tree = o.idmap_recursive;
    const bool own = !m.uid_mappings.empty();
    if (!o.idmap_value.empty()) {
      if (own)
        return Error{"has uidMappings and gidMappings, and an option with mappings", 0, "leave one of them out", 1};
      HUSK_LET(const IdMaps maps, parse_idmap_option(o.idmap_value, spec_.lx));
      s.uid_map = maps.uids;
      s.gid_map = maps.gids;
      return keep_idmapped(std::move(s), out);
    }
    const spec::Namespace* user = spec_.lx.find(spec::NsType::user);
    if (!own && user == nullptr)
      return Error{
          "an idmapped mount needs uidMappings and gidMappings, or a user namespace to take them from", 0, {}, 1};
    if (!own && !user->path.empty()) s.namespace_path = user->path;
    s.uid_map = spec::map_text(own ? m.uid_mappings : spec_.lx.uid_mappings);
    s.gid_map = spec::map_text(own ? m.gid_mappings : spec_.lx.gid_mappings);
    return keep_idmapped(std::move(s), out);
  }

  Status keep_idmapped(IdmappedSource&& s, Mount& out) {
    plan_.idmapped.push_back(std::move(s));
    out.idmapped = plan_.idmapped.size();
    return {};
  }

  Mount from_options(const std::string& type, const std::string& source, const std::string& target, const Options& o) {
    Mount out;
    out.bind = o.bind || type == "bind";
    out.type = arena_.copy(out.bind ? std::string_view("bind") : std::string_view(type));
    out.recursive = o.recursive;
    // A relative source is the bundle's, as in runc.
    const bool relative = out.bind && !source.empty() && source[0] != '/';
    out.source = arena_.copy(relative ? cat(around_.bundle, "/", source) : source);
    out.target = arena_.copy(target);
    out.attr_set = o.attr_set;
    out.keep = target == "/proc" || target == "/sys";  // masked and read-only paths
    if (out.bind) {
      out.attr_clear = o.attr_clear;
      out.implied_clear = implied_clear(o);
      out.copy_link = o.copy_link;
      out.source_nofollow = o.source_nofollow;
      out.target_nofollow = o.target_nofollow;
    }
    out.tree_set = o.tree_set;
    out.tree_clear = o.tree_clear;
    out.classic_flags = o.classic_flags;
    out.classic = o.classic_only && !out.bind;
    out.copy_up = o.copy_up && type == "tmpfs";
    out.propagation = arena_.list<uint64_t>(o.propagation);
    if (out.bind) return out;
    out.plain_target = type == "proc" || type == "sysfs";
    out.data = list(o.data);
    if (!fits_fsconfig(source) || !std::all_of(o.data.begin(), o.data.end(), fits_fsconfig)) out.classic = true;
    const bool is_virtual = std::find(std::begin(kVirtual), std::end(kVirtual), type) != std::end(kVirtual);
    out.read_only_fs = o.read_only && !is_virtual;
    if (o.read_only && (type == "tmpfs" || target == "/dev")) {  // something is still to be made in it
      out.attr_set &= ~static_cast<uint64_t>(MOUNT_ATTR_RDONLY);
      out.classic_flags &= ~static_cast<uint64_t>(MS_RDONLY);
      out.keep = true;
      plan_.late_readonly.push_back({out.target});
    }
    return out;
  }

  std::span<const Str> list(const std::vector<std::string>& words) {
    const std::span<Str> out = arena_.array<Str>(words.size());
    std::transform(words.begin(), words.end(), out.begin(), [&](const std::string& w) { return arena_.copy(w); });
    return out;
  }

  [[nodiscard]] std::string_view label() const {
    return around_.selinux ? std::string_view(spec_.lx.mount_label) : std::string_view();
  }

  // The queues of an ipc namespace are one file system, which the kernel has made already: it takes no option.
  void add_label(Mount& mount) {
    if (label().empty()) return;
    if (mount.type.view() == "mqueue") {
      mount.label = arena_.copy(label());
      return;
    }
    add_data(mount, cat("context=", label()));
    if (!fits_fsconfig(mount.data.back().view())) mount.classic = true;
  }

  void add_data(Mount& mount, const std::string& word) {
    std::vector<Str> data(mount.data.begin(), mount.data.end());
    data.push_back(arena_.copy(word));
    mount.data = arena_.list<Str>(data);
  }

  void become_bind(Mount& mount, const Options& o, std::string_view source) {
    mount.bind = true;
    mount.type = "bind";
    mount.data = {};
    mount.attr_clear = o.attr_clear;
    mount.source = arena_.copy(source);
  }

  // v2: a mount of the namespace's part of the tree, or without a cgroup namespace a bind of the host's: a second mount
  // of the whole tree would show the same and cost a wait for RCU.
  Status add_cgroup(const std::string& target, const Options& o) {
    if (!around_.cgroup2) return add_cgroup_v1(target, o);
    Mount out = from_options("cgroup2", "cgroup", target, o);
    if (!around_.cgroup_namespace) {
      become_bind(out, o, around_.cgroups.empty() ? "/sys/fs/cgroup" : around_.cgroups[0].source);
      // Whoever is root of a user namespace may own parts of the host's tree there (CVE-2023-25809).
      if (in_user_namespace()) {
        out.attr_set |= MOUNT_ATTR_RDONLY;
        out.classic_flags |= MS_RDONLY;
      }
    }
    plan_.mounts.push_back(out);
    return {};
  }

  // v1: a tmpfs with a directory for each hierarchy, and links for controllers that share one.
  Status add_cgroup_v1(const std::string& target, const Options& o) {
    Options base = o;
    base.data = {"mode=755"};
    base.read_only = false;
    base.attr_set &= ~static_cast<uint64_t>(MOUNT_ATTR_RDONLY);
    base.classic_flags &= ~static_cast<uint64_t>(MS_RDONLY);
    plan_.mounts.push_back(from_options("tmpfs", "tmpfs", target, base));
    add_label(plan_.mounts.back());
    plan_.mounts.back().keep = o.read_only;
    for (const CgroupView& c : around_.cgroups) {
      if (c.name.empty()) continue;  // the v2 tree of a hybrid host holds no controllers
      Mount out = from_options("cgroup", "cgroup", cat(target, "/", c.name), o);
      if (around_.cgroup_namespace) {
        out.data = list(c.controllers.starts_with("name=") ? std::vector<std::string>{"none", c.controllers}
                                                           : split(c.controllers));
      } else {
        become_bind(out, o, c.source);
      }
      plan_.mounts.push_back(out);
      for (const std::string& one : split(c.controllers))
        if (one != c.name && !one.starts_with("name="))
          plan_.mount_links.push_back({arena_.copy(c.name), arena_.copy(cat(target, "/", one)), false});
    }
    if (o.read_only) plan_.late_readonly.push_back({arena_.copy(target)});
    return {};
  }

  static std::vector<std::string> split(const std::string& words) {
    std::vector<std::string> out(1);
    for (char c : words) {
      if (c == ',')
        out.emplace_back();
      else
        out.back() += c;
    }
    return out;
  }

  // The specification's default devices, and what the configuration adds or replaces.
  void add_devices() {
    struct Default {
      const char* path;
      uint64_t major, minor;
    };
    constexpr Default kDefaults[] = {{"/dev/null", 1, 3},   {"/dev/zero", 1, 5},    {"/dev/full", 1, 7},
                                     {"/dev/random", 1, 8}, {"/dev/urandom", 1, 9}, {"/dev/tty", 5, 0}};
    for (const Default& d : kDefaults) {
      const auto same = [&](const spec::Device& other) { return clean(other.path) == d.path; };
      if (std::any_of(spec_.lx.devices.begin(), spec_.lx.devices.end(), same)) continue;
      plan_.devices.push_back({d.path, S_IFCHR, d.major, d.minor, 0666, 0, 0, around_.user_namespace});
    }
    for (const spec::Device& d : spec_.lx.devices) {
      if (clean(d.path) == "/dev/ptmx") continue;  // always the link to that of the container's own devpts
      Device out;
      out.path = arena_.copy(clean(d.path));
      out.type = d.type == "b" ? S_IFBLK : d.type == "p" ? S_IFIFO : S_IFCHR;
      out.major = static_cast<uint64_t>(d.major);
      out.minor = static_cast<uint64_t>(d.minor);
      out.mode = d.file_mode.value_or(0666) & 07777;
      out.uid = d.uid.value_or(0);
      out.gid = d.gid.value_or(0);
      out.bind = around_.user_namespace && out.type != S_IFIFO;
      plan_.devices.push_back(out);
    }
  }

  void add_links() {
    plan_.links = {{"/proc/self/fd", "/dev/fd", false},       {"/proc/self/fd/0", "/dev/stdin", false},
                   {"/proc/self/fd/1", "/dev/stdout", false}, {"/proc/self/fd/2", "/dev/stderr", false},
                   {"/proc/kcore", "/dev/core", false},       {"pts/ptmx", "/dev/ptmx", true}};
  }

  const spec::Spec& spec_;
  const Surroundings& around_;
  Arena& arena_;
  RootPlan plan_;
  bool dev_is_bound_ = false;
  bool host_sys_ = false, own_cgroups_ = false;
};

}  // namespace

Result<RootPlan> plan(const spec::Spec& spec, const Surroundings& around, Arena& arena) {
  return Planner(spec, around, arena).run();
}

}  // namespace husk::rootfs
