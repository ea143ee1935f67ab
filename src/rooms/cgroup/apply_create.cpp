// Making a container's cgroup and joining it.
//
// In the common case (v2, no limits) this is mkdir and open: nothing is enabled that nobody asked for, and what exists
// is only looked at when mkdir says so.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "rooms/cgroup/cgroup.h"
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

// mkdir -p of a leaf. What is made is added to the two lists; `*existed`: the leaf was there before.
Status make_leaf(const Directory& d, std::vector<std::string>* created, std::vector<std::string>* parents,
                 bool* existed) {
  *existed = false;
  if (::mkdir(d.path.c_str(), 0755) < 0) {
    if (errno == EEXIST) {
      *existed = true;
      return {};
    }
    if (errno != ENOENT) return fail(errno, kContext, "mkdir ", d.path);
    for (const std::string& part : ancestors(d)) {
      if (part == d.mountpoint) continue;
      if (::mkdir(part.c_str(), 0755) == 0)
        parents->push_back(part);
      else if (errno != EEXIST)
        return fail(errno, kContext, "mkdir ", part);
    }
    if (::mkdir(d.path.c_str(), 0755) < 0) return fail(errno, kContext, "mkdir ", d.path);
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

// Controllers of `wanted` that the file (a list of words) does not have.
std::vector<std::string> missing_words(const std::string& text, const std::vector<std::string>& wanted) {
  std::vector<std::string> out;
  const std::string padded = cat(' ', trim(text), ' ');
  for (const std::string& w : wanted)
    if (padded.find(cat(' ', w, ' ')) == std::string::npos) out.push_back(w);
  return out;
}

// v2: a controller's files appear in a cgroup when its parent's subtree_control names it, and so on up to the root.
// Best effort: a controller that cannot be had is found out when its file is written, with a better sentence.
void enable_controllers(const Directory& d, const std::vector<std::string>& wanted) {
  const std::vector<std::string> above = ancestors(d);
  for (size_t i = 0; i <= above.size(); ++i) {
    // The parent first: it can only have what all above it have, so mostly this is the one file looked at.
    const std::string& path = i == 0 ? above.back() : above[i - 1];
    const sys::Fd dir(open_directory_at(AT_FDCWD, path.c_str()));
    std::string enabled;
    if (!dir || read_at(dir.get(), "cgroup.subtree_control", &enabled) < 0) continue;
    const std::vector<std::string> missing = missing_words(enabled, wanted);
    if (i == 0) {
      if (missing.empty()) return;
      continue;
    }
    // One by one: a single unknown name would have the whole write refused.
    for (const std::string& name : missing) (void)write_at(dir.get(), "cgroup.subtree_control", cat('+', name));
  }
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

Result<Cgroup> Cgroup::create(const Plan& plan) {
  Cgroup out;
  out.plan_ = plan;
  const auto make = [&]() -> Status {
    for (const Directory& d : plan.directories) {
      bool existed = false;
      HUSK_TRY(make_leaf(d, &out.created_, &out.created_parents_, &existed));
      if (existed) HUSK_TRY(refuse_busy(d, plan.mode));
      if (has_controller(d.controllers, "cpuset")) HUSK_TRY(fill_cpuset(d));
      if (plan.mode != Mode::v2) continue;
      out.leaf_.reset(::open(d.path.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
      if (!out.leaf_) return fail(errno, kContext, "open ", d.path);
      if (!plan.resources.controllers.empty()) enable_controllers(d, plan.resources.controllers);
    }
    return {};
  };
  if (Status status = make(); !status.ok()) {
    const auto& parents = out.created_parents_;
    for (const std::string& path : out.created_) (void)::rmdir(path.c_str());
    for (auto it = parents.rbegin(); it != parents.rend(); ++it) (void)::rmdir(it->c_str());
    return std::move(status).error();
  }
  return out;
}

Status Cgroup::apply() const {
  return write_resources(plan_.directories, plan_.resources);
}

std::vector<std::string> Cgroup::directories() const {
  std::vector<std::string> out;
  for (const Directory& d : plan_.directories) out.push_back(d.path);
  return out;
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
