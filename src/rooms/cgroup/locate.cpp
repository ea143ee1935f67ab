#include "rooms/cgroup/locate.h"

#include "rooms/cgroup/tree.h"

namespace husk::cgroup {

Located locate_on(const Host& host, const std::vector<std::string>& paths) {
  Located out;
  out.mode = host.mode;
  for (const std::string& path : paths) {
    // The innermost mount point: v2 may be mounted above the v1 trees.
    const Hierarchy* best = nullptr;
    for (const Hierarchy& h : host.hierarchies) {
      const std::string& top = h.mountpoint;
      const bool below = path.starts_with(top) && (top == "/" || path.substr(top.size(), 1) == "/");
      if (below && (best == nullptr || best->mountpoint.size() < top.size())) best = &h;
    }
    if (best != nullptr) out.directories.push_back({best->controllers, best->mountpoint, path});
  }
  return out;
}

Result<Located> locate(const std::vector<std::string>& paths) {
  if (paths.empty()) return Error{"the container has no cgroup", 0, "it was made without one"};
  HUSK_LET(const Host host, probe(false));
  Located out = locate_on(host, paths);
  if (out.directories.empty())
    return Error{cat("no cgroup hierarchy is mounted at ", paths.front()), 0,
                 "the container was made where cgroups are mounted in another way"};
  return out;
}

const Directory* directory_of(const std::vector<Directory>& directories, std::string_view controller) {
  for (const Directory& d : directories)
    if (d.controllers.empty() ? directories.size() == 1 : has_controller(d.controllers, controller)) return &d;
  return nullptr;
}

}  // namespace husk::cgroup
