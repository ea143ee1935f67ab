// Where a container's cgroup lies. Pure.
#include <algorithm>
#include <cerrno>

#include "rooms/cgroup/cgroup.h"
#include "rooms/cgroup/tree.h"
#include "rooms/cgroup/words.h"

namespace husk::cgroup {
namespace {

Result<std::string> clean(std::string_view path) {
  if (std::optional<std::string> out = clean_path(path)) return *std::move(out);
  if (path.find('\n') != std::string_view::npos)
    return Error{cat("/linux/cgroupsPath: \"", path, "\" contains a line break, which the kernel refuses")};
  return Error{cat("/linux/cgroupsPath: \"", path, "\" contains \"..\""), 0, "name the cgroup without going up"};
}

std::string parent_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  return slash == std::string::npos || slash == 0 ? "" : path.substr(0, slash);
}

bool is_left_out(const Host& host, std::string_view controller) {
  return std::any_of(host.hierarchies.begin(), host.hierarchies.end(), [&](const Hierarchy& h) {
    return !h.writable && (host.mode == Mode::v2 || has_controller(h.controllers, controller));
  });
}

// A cgroup that has processes in it (the caller's has the caller) hands no controllers down.
Status refuse_limits_below_own(const Host& host, const ResourcePlan& resources) {
  if (host.mode != Mode::v2 || host.hierarchies.empty() || !host.hierarchies.front().below_own) return {};
  if (resources.controllers.empty()) return {};
  return Error{
      cat("unable to apply cgroup configuration: no ", resources.controllers.front(), " controller for a cgroup below ",
          host.hierarchies.front().own_path, ", as that has processes in it"),
      EACCES, "start husk in a cgroup below it (DelegateSubgroup= of systemd)", 1};
}

// What was asked for in a hierarchy where the caller can make no cgroup. Rules for devices are left out without a word:
// every container has some, and a user's container can make no device node.
Status drop_what_cannot_be(const Host& host, ResourcePlan* resources) {
  std::vector<Write> writes;
  for (Write& w : resources->writes) {
    if (!is_left_out(host, w.controller)) {
      writes.push_back(std::move(w));
    } else if (w.controller != "devices" && !w.optional) {
      return Error{
          cat("unable to apply cgroup configuration: rootless needs no limits + no cgrouppath when no permission "
              "is granted for cgroups: cannot set ",
              w.file),
          EACCES, "a cgroup can be had from systemd: systemd-run --user --scope -p Delegate=yes husk ...", 1};
    }
  }
  resources->writes = std::move(writes);
  if (is_left_out(host, "devices")) resources->devices.reset();
  return {};
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
  const bool unnamed = cgroups_path.empty();
  out.named = !unnamed;
  for (const Hierarchy& h : host.hierarchies) {
    if (unnamed && !h.writable) continue;
    std::string base;
    // A tree without controllers has the same rule as v1: its own path is no obstacle.
    if (relative)
      base = host.mode == Mode::v2 && !h.below_own ? parent_of(h.own_path) : (h.own_path == "/" ? "" : h.own_path);
    const std::string top = h.mountpoint == "/" ? "" : h.mountpoint;
    base += inner;
    if (out.directories.empty()) out.path = base;
    out.directories.push_back({h.controllers, h.mountpoint, cat(top, base)});
  }
  HUSK_LET(out.resources, plan_resources(host.mode, resources));
  if (unnamed) {
    HUSK_TRY(drop_what_cannot_be(host, &out.resources));
    HUSK_TRY(refuse_limits_below_own(host, out.resources));
  }
  return out;
}

}  // namespace husk::cgroup
