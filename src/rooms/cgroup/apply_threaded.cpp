// v2: cgroups below one that has processes and hands down controllers that can tell threads apart (pids, cpu ...).
//
// Such a one is the root of a threaded domain, as the root of a container is in which a second container engine runs
// beside other processes. What is made below it is neither domain nor threaded, and takes no process (EOPNOTSUPP) until
// it is made threaded. That is all that can be done for it; controllers of memory, io and huge pages are not to be had.
#include <fcntl.h>

#include <algorithm>
#include <cerrno>

#include "rooms/cgroup/cgroup.h"
#include "rooms/cgroup/tree.h"

namespace husk::cgroup {
namespace {

constexpr const char* kDomainControllers[] = {"memory", "io", "hugetlb"};

std::string type_of(const std::string& path) {
  std::string text;
  (void)read_at(AT_FDCWD, cat(path, "/cgroup.type").c_str(), &text);
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

bool needs_domain(const std::vector<std::string>& controllers) {
  return std::any_of(controllers.begin(), controllers.end(), [](const std::string& c) {
    return std::find(std::begin(kDomainControllers), std::end(kDomainControllers), c) != std::end(kDomainControllers);
  });
}

}  // namespace

Status Cgroup::become_threaded() {
  std::vector<std::string> made = created_parents_;
  const std::vector<std::string> leaves = directories();
  made.insert(made.end(), leaves.begin(), leaves.end());
  for (const std::string& path : made) {
    const std::string type = type_of(path);
    if (type == "domain" || type == "domain threaded") continue;
    if (needs_domain(plan_.resources.controllers))
      return Error{
          cat("unable to apply cgroup configuration: cannot enter cgroupv2 \"", path,
              "\" with domain controllers -- it is in ", type == "threaded" ? "threaded mode" : "an invalid state"),
          EOPNOTSUPP, "a cgroup above it has processes in it: move those into a cgroup of their own"};
    if (type != "domain invalid") continue;
    if (const int error = write_at(AT_FDCWD, cat(path, "/cgroup.type").c_str(), "threaded"); error < 0)
      return fail(-error, "unable to apply cgroup configuration: make ", path, " threaded");
  }
  return {};
}

}  // namespace husk::cgroup
