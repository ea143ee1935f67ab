// What the caller may do in the cgroup tree, by asking the kernel about single files.
//
// Moving a process takes the right to write to cgroup.procs of its new cgroup, and on v2 also to that of the lowest
// cgroup that is above both, the old and the new one: an ordinary user who has a part of the tree moves processes
// within it, and neither into it nor out of it.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>

#include "rooms/cgroup/cgroup.h"
#include "rooms/cgroup/locate.h"

namespace husk::cgroup {
namespace {

bool may_write(const std::string& path) {
  return ::faccessat(AT_FDCWD, path.c_str(), W_OK, AT_EACCESS) == 0;
}

bool may_make_in(const Hierarchy& h, const std::string& path) {
  const std::string directory = cat(h.mountpoint, path == "/" ? "" : path);
  return (!h.controllers.empty() || may_write(directory + "/cgroup.procs")) && may_write(directory);
}

std::string parent_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == 0 || slash == std::string::npos ? "/" : path.substr(0, slash);
}

// "/a/b" for "/a/b/c" and "/a/b/d/e"; both begin with a slash.
std::string above_both(std::string_view one, std::string_view other) {
  size_t end = 0;
  for (size_t i = 0; i <= one.size() && i <= other.size(); ++i) {
    const bool one_ends = i == one.size() || one[i] == '/';
    const bool other_ends = i == other.size() || other[i] == '/';
    if (one_ends && other_ends) end = i;
    if (i == one.size() || i == other.size() || one[i] != other[i]) break;
  }
  return std::string(one.substr(0, end));
}

}  // namespace

void find_writable(Host* host) {
  const bool root = ::geteuid() == 0;
  for (Hierarchy& h : host->hierarchies) {
    h.writable = may_make_in(h, host->mode == Mode::v2 ? parent_of(h.own_path) : h.own_path);
    // The privileges of root are the same in all of them.
    if (root && h.writable) return;
    if (host->mode == Mode::v2 && !h.writable && h.own_path != "/")
      h.writable = h.below_own = may_make_in(h, h.own_path);
  }
}

bool may_join(const std::vector<std::string>& directories) {
  const Result<Host> host = probe(true);
  if (!host.ok()) return true;
  const std::vector<Directory> located = locate_on(*host, directories).directories;
  return std::all_of(located.begin(), located.end(), [&](const Directory& d) {
    if (!may_write(d.path + "/cgroup.procs")) return false;
    if (!d.controllers.empty()) return true;
    for (const Hierarchy& h : host->hierarchies)
      if (h.controllers.empty() && h.mountpoint == d.mountpoint)
        return may_write(above_both(d.mountpoint + (h.own_path == "/" ? "" : h.own_path), d.path) + "/cgroup.procs");
    return true;
  });
}

}  // namespace husk::cgroup
