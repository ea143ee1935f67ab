// Giving a cgroup to the container's user.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "host/files.h"
#include "rooms/cgroup/owner.h"
#include "rooms/cgroup/words.h"

namespace husk::cgroup {
namespace {

constexpr const char* kListOfKernel = "/sys/kernel/cgroup/delegate";
constexpr const char* kUsualMount = "/sys/fs/cgroup";

bool is_usual_place(std::string_view destination) {
  std::string clean;
  while (!destination.empty()) {
    const std::string_view part = take(destination, '/');
    if (!part.empty() && part != ".") clean += cat('/', part);
  }
  return clean == kUsualMount;
}

bool is_writable_cgroup(const spec::Mount& m) {
  if (m.type != "cgroup" && m.type != "cgroup2") return false;
  bool writable = true;
  for (const std::string& option : m.options) {
    if (option == "ro" || option == "rro") writable = false;
    if (option == "rw") writable = true;
    if (option == "bind" || option == "rbind") return false;  // somebody's own idea of a cgroup mount
  }
  return writable && is_usual_place(m.destination);
}

}  // namespace

std::optional<uid_t> owner_of(const spec::Spec& spec) {
  const spec::Namespace* cgroups = spec.lx.find(spec::NsType::cgroup);
  if (cgroups == nullptr || !cgroups->path.empty()) return {};
  if (std::none_of(spec.mounts.begin(), spec.mounts.end(), is_writable_cgroup)) return {};
  const uint32_t inside = spec.process ? spec.process->user.uid : 0;
  if (spec.lx.find(spec::NsType::user) == nullptr) return inside;
  for (const spec::IdMapping& m : spec.lx.uid_mappings)
    if (inside >= m.container_id && inside - m.container_id < m.size) return m.host_id + (inside - m.container_id);
  return {};  // nobody on the host
}

std::vector<std::string> delegated_files(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const std::string_view name = take(text, '\n');
    if (!name.empty() && name.find('/') == std::string_view::npos) out.emplace_back(name);
  }
  if (out.empty()) out = {"cgroup.procs", "cgroup.subtree_control", "cgroup.threads"};
  return out;
}

Status give_to(uid_t owner, int directory, const std::string& path) {
  const uid_t own = ::geteuid();
  if (owner == own) return {};  // who makes a cgroup owns it
  constexpr gid_t kSame = static_cast<gid_t>(-1);
  if (::fchownat(directory, "", owner, kSame, AT_EMPTY_PATH) < 0) {
    if (own != 0 && errno == EPERM) return {};
    return fail(errno, "unable to apply cgroup configuration: chown ", path, " to ", owner);
  }
  const Result<std::string> list = host::read_file(kListOfKernel, 1 << 16);
  for (const std::string& name : delegated_files(list.ok() ? *list : std::string()))
    if (::fchownat(directory, name.c_str(), owner, kSame, AT_SYMLINK_NOFOLLOW) < 0 && errno != ENOENT)
      return fail(errno, "unable to apply cgroup configuration: chown ", path, "/", name, " to ", owner);
  return {};
}

}  // namespace husk::cgroup
