// The cgroup of a container that exists, for a process that is added to it.
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/vfs.h>

#include <algorithm>
#include <cerrno>

#include "base/weakness.h"
#include "host/files.h"
#include "rooms/cgroup/cgroup.h"
#include "rooms/cgroup/systemd.h"
#include "rooms/cgroup/tree.h"
#include "rooms/cgroup/words.h"

namespace husk::cgroup {
namespace {

// runc's words, which clients know.
constexpr const char* kContext = "error adding pid of the new process to cgroups: ";

// Path below a directory, "" or "/a/b". What would lead out of it is refused: the new process would not be the
// container's any more.
Result<std::string> clean(std::string_view path) {
  if (weakened(Weakness::exec_cgroup_beneath)) return cat("/", path);
  if (std::optional<std::string> out = clean_path(path)) return *std::move(out);
  return Error{cat("bad sub cgroup path: ", path, " is not a sub cgroup path"), 0,
               "name a cgroup below that of the container"};
}

// Which directory belongs to a controller: the state file does not say it, the mounts do.
class V1Directories {
 public:
  explicit V1Directories(std::vector<std::string>& directories) : directories_(directories), before_(directories) {}

  Status descend(std::string_view controllers, std::string_view path, std::string_view argument) {
    if (hierarchies_.empty()) {
      HUSK_LET(Host host, probe(false));
      if (host.mode != Mode::v2) hierarchies_ = std::move(host.hierarchies);
    }
    HUSK_LET(const std::string below, clean(path));
    for (bool more = true; more;) {
      const size_t comma = controllers.find(',');
      const std::string_view one = controllers.substr(0, comma);
      more = comma != std::string_view::npos;
      if (more) controllers.remove_prefix(comma + 1);
      if (one.empty()) return fail(0, "invalid --cgroup argument: ", argument, " (empty <controller> prefix)");
      HUSK_TRY(move(one, below));
    }
    return {};
  }

 private:
  Status move(std::string_view controller, const std::string& below) {
    if (std::find(seen_.begin(), seen_.end(), controller) != seen_.end())
      return fail(0, "invalid --cgroup argument(s): controller ", controller, " specified multiple times");
    seen_.emplace_back(controller);
    for (const Hierarchy& h : hierarchies_) {
      if (h.controllers.empty() || !has_controller(h.controllers, controller)) continue;
      for (size_t i = 0; i < before_.size(); ++i) {
        if (!is_below(before_[i], h.mountpoint)) continue;
        directories_[i] = before_[i] + below;
        return {};
      }
    }
    return fail(0, "unknown controller ", controller, " in sub cgroup path");
  }

  std::vector<std::string>& directories_;
  const std::vector<std::string> before_;
  std::vector<Hierarchy> hierarchies_;
  std::vector<std::string> seen_;
};

Status descend(std::vector<std::string>& directories, const std::vector<std::string>& below) {
  V1Directories v1(directories);
  for (const std::string& argument : below) {
    const size_t colon = argument.find(':');
    if (colon != std::string::npos) {
      if (colon == 0) return fail(0, "invalid --cgroup argument: ", argument, " (empty <controller> prefix)");
      const std::string_view text = argument;
      HUSK_TRY(v1.descend(text.substr(0, colon), text.substr(colon + 1), argument));
      continue;
    }
    if (below.size() != 1) return fail(0, "invalid --cgroup argument: ", argument, " (missing <controller>: prefix)");
    HUSK_LET(const std::string path, clean(argument));
    for (std::string& directory : directories) directory += path;
  }
  return {};
}

bool is_v2(int fd) {
  struct statfs fs = {};
  return ::fstatfs(fd, &fs) == 0 && static_cast<unsigned long>(fs.f_type) == CGROUP2_SUPER_MAGIC;
}

}  // namespace

Result<Cgroup> Cgroup::open(const std::vector<std::string>& directories, const std::vector<std::string>& below) {
  if (directories.empty() && !below.empty())
    return fail(0, "bad sub cgroup path: the container has no cgroup of its own");
  std::vector<std::string> paths = directories;
  HUSK_TRY(descend(paths, below));
  Cgroup out;
  out.existed_ = true;
  for (std::string& path : paths) out.plan_.directories.push_back({{}, {}, std::move(path)});
  if (out.plan_.directories.size() != 1) return out;  // v1: there are several, and each is written to
  const std::string& path = out.plan_.directories[0].path;
  sys::Fd leaf(::open(path.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!leaf) return fail(errno, kContext, "open ", path, "/cgroup.procs");
  if (is_v2(leaf.get())) out.leaf_ = std::move(leaf);
  return out;
}

Result<Cgroup> Cgroup::open_unit(const Home& home, const std::vector<std::string>& below) {
  std::vector<std::string> inner{""};
  HUSK_TRY(descend(inner, below));
  Cgroup out;
  out.existed_ = true;
  out.below_ = inner.front();
  for (const std::string& path : home.directories) out.plan_.directories.push_back({{}, {}, path + out.below_});
  out.plan_.unit = Unit{home.unit, {}, home.user_manager, {}};
  HUSK_LET(Bus bus, Bus::open(home.user_manager));
  out.bus_ = std::make_unique<Bus>(std::move(bus));
  return out;
}

Result<Cgroup> Cgroup::open_of_process(const std::string& directory, pid_t pid) {
  HUSK_LET(const std::string text, host::read_file(cat("/proc/", pid, "/cgroup"), 1 << 20));
  std::string_view line = text;
  if (const size_t at = line.find("0::/"); at == 0 || (at != std::string_view::npos && line[at - 1] == '\n')) {
    line.remove_prefix(at + 3);
    line = line.substr(0, line.find('\n'));
    // As our cgroup namespace shows it, and so does our mount of the tree.
    const std::string path = cat("/sys/fs/cgroup", line);
    if (is_below(path, directory) && line.find("/../") == std::string_view::npos) return open({path}, {});
  }
  return fail(EBUSY, kContext, directory, "/cgroup.procs");
}

Status Cgroup::join(pid_t pid) {
  if (bus_) return join_unit(pid);
  if (!existed_) return cgroup::join(directories(), pid);
  const std::string number = std::to_string(pid);
  for (const Directory& d : plan_.directories) {
    const std::string file = d.path + "/cgroup.procs";
    if (const int error = write_at(AT_FDCWD, file.c_str(), number); error < 0)
      return fail(-error, "error adding pid ", pid, " to cgroups: ", file);
  }
  return {};
}

}  // namespace husk::cgroup
