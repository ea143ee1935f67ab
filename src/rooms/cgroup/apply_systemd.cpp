// A cgroup that systemd makes: asked for when there is a process to put in, found by looking where that came to be.
#include "host/files.h"
#include "rooms/cgroup/cgroup.h"
#include "rooms/cgroup/systemd.h"
#include "rooms/cgroup/words.h"

namespace husk::cgroup {
namespace {

constexpr size_t kOwnLimit = size_t{1} << 20;

// The path of a process in one hierarchy, from the text of /proc/PID/cgroup; empty when it is not in there.
std::string_view path_in(std::string_view text, std::string_view controllers) {
  while (!text.empty()) {
    std::string_view line = take(text, '\n');
    (void)take(line, ':');  // the hierarchy's number
    if (take(line, ':') == controllers && !line.empty()) return line;
  }
  return {};
}

}  // namespace

// The tree that systemd keeps its units in is v2's, or v1's named one; v1's others have the same path in them. Nobody
// could say it beforehand for a user's instance, whose root is somewhere in the tree.
Status Cgroup::find_directories(pid_t pid) {
  HUSK_LET(const std::string text, host::read_file(cat("/proc/", pid, "/cgroup"), kOwnLimit));
  std::string_view path = path_in(text, "name=systemd");
  if (path.empty()) path = path_in(text, "");
  // One that looks like a file of the kernel's ("cpu.scope") gets a "_" in front.
  const bool placed = path.ends_with(cat('/', plan_.unit->name)) || path.ends_with(cat("/_", plan_.unit->name));
  if (!placed || path.find("/../") != std::string_view::npos)
    return Error{cat("unable to apply cgroup configuration: systemd put process ", pid, " into ", path), 0,
                 cat("a cgroup of the unit ", plan_.unit->name, " was expected; is husk in a cgroup namespace?")};
  plan_.path = path;
  for (Directory& d : plan_.directories) d.path = d.mountpoint + plan_.path;
  return {};
}

Status Cgroup::join_unit(pid_t pid) {
  if (existed_) return bus_->attach(plan_.unit->name, below_, pid);
  HUSK_TRY(bus_->start_scope(*plan_.unit, cat("husk container ", plan_.id), pid));
  if (Status found = find_directories(pid); !found.ok()) {
    plan_.directories.clear();  // they were expected only: whoever is there is not ours to kill
    return found;
  }
  HUSK_TRY(make_directories());
  // v1: systemd keeps to the hierarchies that it has a use for.
  if (plan_.mode != Mode::v2) HUSK_TRY(cgroup::join(directories(), pid));
  return write_limits();
}

Result<Plan> plan_systemd(const Host& host, const spec::Spec& spec, const std::string& id, bool user) {
  Plan out;
  out.mode = host.mode;
  out.id = id;
  HUSK_LET(out.unit, plan_unit(spec.lx.cgroups_path, id, user));
  HUSK_LET(const std::string slice, slice_directory(out.unit->slice));
  out.path = cat(slice, "/", out.unit->name);
  for (const Hierarchy& h : host.hierarchies)
    out.directories.push_back({h.controllers, h.mountpoint, cat(h.mountpoint == "/" ? "" : h.mountpoint, out.path)});
  out.named = true;
  spec::Resources resources = spec.lx.resources.value_or(spec::Resources());
  (void)fit_to_systemd(host.mode, &resources);  // who is idle from the start misses no weight
  HUSK_LET(out.resources, plan_resources(host.mode, &resources));
  HUSK_LET(out.unit->properties, resource_properties(host.mode, resources));
  // Last: what somebody wrote down for systemd has the last word.
  HUSK_LET(const std::vector<Property> asked, annotation_properties(spec.annotations));
  out.unit->properties.insert(out.unit->properties.end(), asked.begin(), asked.end());
  return out;
}

Status remove(const Home& home) {
  if (home.unit.empty()) return remove(home.directories);
  // Systemd has forgotten a scope as soon as it was empty, and may have made another one with its name for somebody.
  HUSK_TRY(refuse_living(home.directories));
  HUSK_LET(Bus bus, Bus::open(home.user_manager));
  HUSK_TRY(bus.stop(home.unit));
  return remove(home.directories);
}

}  // namespace husk::cgroup
