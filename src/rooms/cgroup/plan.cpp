// Where a container's cgroup lies. Pure.
#include "rooms/cgroup/cgroup.h"

namespace husk::cgroup {
namespace {

// "/a//./b/" → "/a/b"; "" and "/" → "".
Result<std::string> clean(std::string_view path) {
  std::string out;
  std::string_view rest = path;
  while (!rest.empty()) {
    const size_t slash = rest.find('/');
    const std::string_view part = rest.substr(0, slash);
    rest = slash == std::string_view::npos ? std::string_view() : rest.substr(slash + 1);
    if (part == "..")
      return Error{cat("/linux/cgroupsPath: \"", path, "\" contains \"..\""), 0, "name the cgroup without going up"};
    if (part.find('\n') != std::string_view::npos)
      return Error{cat("/linux/cgroupsPath: \"", path, "\" contains a line break, which the kernel refuses")};
    if (!part.empty() && part != ".") out += cat('/', part);
  }
  return out;
}

std::string parent_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos || slash == 0 ? "" : path.substr(0, slash);
}

}  // namespace

Result<Plan> plan(const Host& host, const std::string& cgroups_path, const std::string& id,
                  const spec::Resources* resources) {
  const bool relative = needs_own_path(cgroups_path);
  HUSK_LET(const std::string inner, clean(cgroups_path.empty() ? id : cgroups_path));
  if (inner.empty())
    return Error{cat("/linux/cgroupsPath: \"", cgroups_path, "\" is the root of the tree"), 0,
                 "a container needs a cgroup of its own"};
  Plan out;
  out.mode = host.mode;
  for (const Hierarchy& h : host.hierarchies) {
    std::string base;
    // A tree without controllers has the same rule as v1: its own path is no obstacle.
    if (relative) base = host.mode == Mode::v2 ? parent_of(h.own_path) : (h.own_path == "/" ? "" : h.own_path);
    const std::string top = h.mountpoint == "/" ? "" : h.mountpoint;
    base += inner;
    if (out.directories.empty()) out.path = base;
    out.directories.push_back({h.controllers, h.mountpoint, cat(top, base)});
  }
  HUSK_LET(out.resources, plan_resources(host.mode, resources));
  return out;
}

}  // namespace husk::cgroup
