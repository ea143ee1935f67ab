// Making a container's cgroup and joining it.
//
// In the common case (v2, no limits) this is mkdir and open: nothing is enabled that nobody asked for, and what exists
// is only looked at when mkdir says so.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "rooms/cgroup/cgroup.h"
#include "rooms/cgroup/controllers.h"
#include "rooms/cgroup/owner.h"
#include "rooms/cgroup/systemd.h"
#include "rooms/cgroup/tree.h"

namespace husk::cgroup {
namespace {

constexpr const char* kContext = "unable to apply cgroup configuration: ";

std::string_view trim(std::string_view s) {
  while (!s.empty() && (s.back() == '\n' || s.back() == ' ')) s.remove_suffix(1);
  return s;
}

// The ancestors of a leaf, from the mount point to its parent.
std::vector<std::string> ancestors(const Directory& d) {
  std::vector<std::string> out{d.mountpoint};
  for (size_t end = d.path.find('/', d.mountpoint.size() + 1); end != std::string::npos;
       end = d.path.find('/', end + 1))
    out.push_back(d.path.substr(0, end));
  return out;
}

Error mkdir_failed(int error, const std::string& path) {
  Error out = fail(error, kContext, "mkdir ", path);
  if (error == EAGAIN) out.hint = "cgroup.max.descendants or cgroup.max.depth of a cgroup above allow no more";
  return out;
}

// mkdir -p of a leaf. What is made is added to the two lists; `*existed`: the leaf was there before.
Status make_leaf(const Directory& d, std::vector<std::string>* created, std::vector<std::string>* parents,
                 bool* existed) {
  *existed = false;
  if (::mkdir(d.path.c_str(), 0755) < 0) {
    if (errno == EEXIST) {
      *existed = true;
      return {};
    }
    if (errno != ENOENT) return mkdir_failed(errno, d.path);
    for (const std::string& part : ancestors(d)) {
      if (part == d.mountpoint) continue;
      if (::mkdir(part.c_str(), 0755) == 0)
        parents->push_back(part);
      else if (errno != EEXIST)
        return mkdir_failed(errno, part);
    }
    if (::mkdir(d.path.c_str(), 0755) < 0) return mkdir_failed(errno, d.path);
  }
  created->push_back(d.path);
  return {};
}

// A cgroup of somebody else's processes is not for a new container: its limits would hit them, and so would delete.
// (runc asks only the devices tree on v1; what is killed at the end is everything in all of them.)
Status refuse_busy(const Directory& d, Mode mode) {
  HUSK_LET(const std::vector<pid_t> pids, processes({d.path}));
  if (!pids.empty())
    return Error{cat("container's cgroup is not empty: ", pids.size(), " process(es) found"), 0, d.path};
  const bool v1_freezer = has_controller(d.controllers, "freezer");
  if (mode != Mode::v2 && !v1_freezer) return {};
  const sys::Fd dir(open_directory_at(AT_FDCWD, d.path.c_str()));
  std::string state;
  if (dir && read_at(dir.get(), v1_freezer ? "freezer.state" : "cgroup.freeze", &state) == 0) {
    const std::string_view value = trim(state);
    if (value == "1" || value == "FROZEN" || value == "FREEZING")
      return Error{"container's cgroup unexpectedly frozen", 0, d.path};
  }
  return {};
}

// systemd would put our process into whatever lies there, and one in a frozen cgroup says nothing any more. Where a
// user's systemd has its root is known to itself only; this is where it is everywhere.
Status refuse_busy_unit(const Plan& plan) {
  const std::string user =
      plan.unit->user ? cat("/user.slice/user-", ::geteuid(), ".slice/user@", ::geteuid(), ".service") : "";
  for (Directory d : plan.directories) {
    if (!user.empty()) d.path = cat(d.mountpoint, user, plan.path);
    if (::access(d.path.c_str(), F_OK) == 0) HUSK_TRY(refuse_busy(d, plan.mode));
  }
  return {};
}

// v1: a cpuset without CPUs or memory nodes takes no process, and a new one has none. From the top down, because an
// ancestor may be as empty.
Status fill_cpuset(const Directory& d) {
  std::vector<std::string> chain = ancestors(d);
  chain.push_back(d.path);
  for (const char* file : {"cpuset.cpus", "cpuset.mems"}) {
    std::string inherited;
    for (const std::string& path : chain) {
      const sys::Fd dir(open_directory_at(AT_FDCWD, path.c_str()));
      std::string own;
      int error = dir ? read_at(dir.get(), file, &own) : -ENOENT;
      if (error == 0 && trim(own).empty() && !inherited.empty()) {
        own = inherited;
        error = write_at(dir.get(), file, own);
      }
      if (error < 0) return fail(-error, kContext, path, "/", file);
      inherited = trim(own);
    }
  }
  return {};
}

}  // namespace

Cgroup::Cgroup() = default;
Cgroup::Cgroup(Cgroup&&) noexcept = default;
Cgroup& Cgroup::operator=(Cgroup&&) noexcept = default;
Cgroup::~Cgroup() = default;

Result<Cgroup> Cgroup::create(const Plan& plan) {
  Cgroup out;
  out.plan_ = plan;
  if (plan.unit) {
    HUSK_TRY(refuse_busy_unit(plan));
    HUSK_LET(Bus bus, Bus::open(plan.unit->user));
    out.bus_ = std::make_unique<Bus>(std::move(bus));
    return out;
  }
  Status status = out.make_directories();
  if (status.ok()) status = out.write_limits();
  if (status.ok()) return out;
  const auto& parents = out.created_parents_;
  for (const std::string& path : out.created_) (void)::rmdir(path.c_str());
  for (auto it = parents.rbegin(); it != parents.rend(); ++it) (void)::rmdir(it->c_str());
  return std::move(status).error();
}

Status Cgroup::make_directories() {
  for (const Directory& d : plan_.directories) {
    bool existed = false;
    HUSK_TRY(make_leaf(d, &created_, &created_parents_, &existed));
    // That of a unit was looked at before it was one; now it has our process.
    if (existed && !plan_.unit) HUSK_TRY(refuse_busy(d, plan_.mode));
    if (has_controller(d.controllers, "cpuset")) HUSK_TRY(fill_cpuset(d));
    if (plan_.mode != Mode::v2) continue;
    leaf_.reset(::open(d.path.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
    if (!leaf_) return fail(errno, kContext, "open ", d.path);
    const std::vector<std::string>& wanted = plan_.resources.controllers;
    if (plan_.named || !wanted.empty()) enable_controllers(d, wanted, plan_.named);
    if (plan_.owner) HUSK_TRY(give_to(*plan_.owner, leaf_.get(), d.path));
  }
  return {};
}

Status Cgroup::write_limits() const {
  return write_resources(plan_.directories, plan_.resources);
}

Status Cgroup::write_late_limits() const {
  if (plan_.resources.late.empty()) return {};
  ResourcePlan late;
  late.writes = plan_.resources.late;
  if (bus_) HUSK_TRY(bus_->set_properties(plan_.unit->name, {{"TasksMax", "t", {late.writes.front().value}, true}}));
  return write_resources(plan_.directories, late);
}

Home home_of(const Plan& plan) {
  Home out;
  for (const Directory& d : plan.directories) out.directories.push_back(d.path);
  if (plan.unit) {
    out.unit = plan.unit->name;
    out.user_manager = plan.unit->user;
  }
  return out;
}

Home Cgroup::home() const {
  return home_of(plan_);
}

Status Cgroup::undo(bool kill) {
  // Where systemd has made nothing for us, the unit of this name is somebody else's, and so is who is in its cgroup.
  const bool ours = !bus_ || bus_->made();
  if (kill && ours) (void)kill_all(directories());
  Status status;
  if (bus_ && ours) status = bus_->stop(plan_.unit->name);
  Status removed = remove(created_);
  return status.ok() ? std::move(removed) : std::move(status);
}

std::vector<std::string> Cgroup::directories() const {
  return home().directories;
}

Status join(const std::vector<std::string>& directories, pid_t pid) {
  for (const std::string& path : directories) {
    const std::string file = path + "/cgroup.procs";
    if (const int error = write_at(AT_FDCWD, file.c_str(), std::to_string(pid)); error < 0)
      return fail(-error, kContext, "write ", pid, " to ", file);
  }
  return {};
}

}  // namespace husk::cgroup
