// What kind of host this is: reads /sys/fs/cgroup, /proc/self/mountinfo and /proc/self/cgroup.
#include <linux/magic.h>
#include <sys/vfs.h>

#include <algorithm>

#include "host/files.h"
#include "rooms/cgroup/cgroup.h"
#include "rooms/cgroup/words.h"

namespace husk::cgroup {
namespace {

constexpr const char* kMountpoint = "/sys/fs/cgroup";
constexpr size_t kMountinfoLimit = size_t{64} << 20;  // a node with many containers has megabytes of it

struct MountLine {
  std::string root, mountpoint, type, super_options;
};

// proc(5): id parent major:minor root mountpoint options [optional...] - type source super-options
bool parse_mount_line(std::string_view line, MountLine* out) {
  for (int i = 0; i < 3; ++i) take(line, ' ');
  out->root = host::unescape_mountinfo(take(line, ' '));
  out->mountpoint = host::unescape_mountinfo(take(line, ' '));
  take(line, ' ');
  while (!line.empty() && take(line, ' ') != "-") {
  }
  out->type = take(line, ' ');
  take(line, ' ');
  out->super_options = line;
  return !out->mountpoint.empty() && (out->type == "cgroup" || out->type == "cgroup2");
}

// The own cgroup as seen through a mount of `root`. Where the mount shows a part of the tree that this process is not
// in (a cgroup namespace shows "/.." for what is above it), its top is the best there is; runc does the same.
std::string relative_to(const std::string& root, const std::string& own) {
  if (own.empty() || own.find("/..") != std::string::npos || root.find("/..") != std::string::npos) return "/";
  if (!is_below(own, root)) return "/";
  if (root == "/") return own;
  return own.size() == root.size() ? "/" : own.substr(root.size());
}

struct OwnCgroup {
  std::string controllers, path;
};

// Lines "4:memory:/a/b"; "0::/a/b" is the v2 tree. A path may contain colons.
std::vector<OwnCgroup> parse_own(std::string_view text) {
  std::vector<OwnCgroup> out;
  while (!text.empty()) {
    std::string_view line = take(text, '\n');
    take(line, ':');
    const std::string_view controllers = take(line, ':');
    if (!line.empty()) out.push_back({std::string(controllers), std::string(line)});
  }
  return out;
}

const OwnCgroup* find_own(const std::vector<OwnCgroup>& own, const MountLine& mount) {
  for (const OwnCgroup& o : own) {
    if (mount.type == "cgroup2" ? o.controllers.empty() : !o.controllers.empty()) {
      std::string_view first = o.controllers;
      if (mount.type == "cgroup2" || has_controller(mount.super_options, take(first, ','))) return &o;
    }
  }
  return nullptr;
}

// A tree may be mounted several times (bind mounts into containers); the one in the usual place is ours.
bool better_place(const std::string& candidate, const std::string& current) {
  return is_below(candidate, kMountpoint) && !is_below(current, kMountpoint);
}

Mode mode_of(bool v1, bool v2) {
  if (v1) return v2 ? Mode::hybrid : Mode::v1;
  return v2 ? Mode::v2 : Mode::none;
}

bool is_cgroup(const std::string& path) {
  struct statfs fs = {};
  if (::statfs(path.c_str(), &fs) < 0) return false;
  const auto type = static_cast<unsigned long>(fs.f_type);
  return type == CGROUP_SUPER_MAGIC || type == CGROUP2_SUPER_MAGIC;
}

}  // namespace

bool has_controller(std::string_view list, std::string_view item) {
  while (!list.empty())
    if (take(list, ',') == item) return true;
  return false;
}

bool needs_own_path(std::string_view cgroups_path) {
  return !cgroups_path.starts_with('/');
}

Result<Host> parse_host(std::string_view mountinfo, std::string_view own_cgroups) {
  const std::vector<OwnCgroup> own = parse_own(own_cgroups);
  Host host;
  bool v1 = false;
  bool v2 = false;
  while (!mountinfo.empty()) {
    MountLine mount;
    if (!parse_mount_line(take(mountinfo, '\n'), &mount)) continue;
    const OwnCgroup* mine = find_own(own, mount);
    if (mine == nullptr) continue;
    // Named trees carry no limits; of them only systemd's holds processes that someone looks for.
    if (mine->controllers.starts_with("name=") && mine->controllers != "name=systemd") continue;
    Hierarchy found{mine->controllers, mount.mountpoint, relative_to(mount.root, mine->path)};
    auto same = std::find_if(host.hierarchies.begin(), host.hierarchies.end(),
                             [&](const Hierarchy& h) { return h.controllers == found.controllers; });
    if (same == host.hierarchies.end())
      host.hierarchies.push_back(std::move(found));
    else if (better_place(found.mountpoint, same->mountpoint))
      *same = std::move(found);
    (mount.type == "cgroup2" ? v2 : v1) = true;
  }
  host.mode = mode_of(v1, v2);
  return host;
}

Result<Host> probe(bool want_own_path) {
  struct statfs fs = {};
  if (::statfs(kMountpoint, &fs) == 0 && static_cast<unsigned long>(fs.f_type) == CGROUP2_SUPER_MAGIC) {
    Host host{Mode::v2, {{"", kMountpoint, "/"}}};
    if (want_own_path) {
      HUSK_LET(const std::string own, host::read_file("/proc/self/cgroup", 1 << 20));
      for (const OwnCgroup& o : parse_own(own))
        if (o.controllers.empty()) host.hierarchies[0].own_path = relative_to("/", o.path);
    }
    return host;
  }
  HUSK_LET(const std::string mounts, host::read_file("/proc/self/mountinfo", kMountinfoLimit));
  HUSK_LET(const std::string own, host::read_file("/proc/self/cgroup", 1 << 20));
  return parse_host(mounts, own);
}

void drop_covered(Host* host) {
  std::erase_if(host->hierarchies, [](const Hierarchy& h) { return !is_cgroup(h.mountpoint); });
  const auto is_v2 = [](const Hierarchy& h) { return h.controllers.empty(); };
  const auto v2 = std::count_if(host->hierarchies.begin(), host->hierarchies.end(), is_v2);
  host->mode = mode_of(static_cast<size_t>(v2) < host->hierarchies.size(), v2 > 0);
}

}  // namespace husk::cgroup
