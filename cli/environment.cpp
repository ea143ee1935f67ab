// From global options to a husk::Environment.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdlib>
#include <cstring>

#include "cli/command.h"

namespace husk::cli {

namespace {

// Without symbolic links in view: /a/b/../c is /a/c.
Result<std::string> absolute(std::string_view path) {
  std::string whole;
  if (path.empty() || path[0] != '/') {
    char here[PATH_MAX];
    if (getcwd(here, sizeof here) == nullptr) return fail(errno, "get the current directory");
    whole = cat(here, '/');
  }
  whole += path;
  std::string clean;
  for (size_t at = 0; at < whole.size();) {
    size_t end = whole.find('/', at);
    if (end == std::string::npos) end = whole.size();
    const std::string_view part = std::string_view(whole).substr(at, end - at);
    if (part == "..")
      clean.resize(clean.empty() ? 0 : clean.rfind('/'));
    else if (!part.empty() && part != ".")
      clean += cat('/', part);
    at = end + 1;
  }
  return clean.empty() ? std::string("/") : clean;
}

// As runc: the real root keeps to /run even when XDG_RUNTIME_DIR is set (sudo and su often leave it); "root" of a user
// namespace takes it unless it is logged in as root there.
bool honour_runtime_dir() {
  if (geteuid() != 0) return true;
  if (!in_user_namespace()) return false;
  const char* user = getenv("USER");
  return user == nullptr || strcmp(user, "root") != 0;
}

Status make_runtime_root(const std::string& root) {
  if (mkdir(root.c_str(), 0700) != 0 && errno != EEXIST)
    return Error{cat("make ", root), errno, "$XDG_RUNTIME_DIR must be writable by the user"};
  // The XDG specification: what has the sticky bit is not removed by a periodic clean-up.
  if (chmod(root.c_str(), 0700 | S_ISVTX) != 0)
    return Error{cat("set the permissions of ", root), errno, "it must belong to the user"};
  return Ok{};
}

Status check_choices(const Globals& globals) {
  const std::string_view manager = globals.cgroup_manager;
  if (!manager.empty() && manager != "cgroupfs" && manager != "systemd" && manager != "disabled")
    return fail(0, "unknown cgroup manager: ", manager, " (cgroupfs, systemd or disabled)");
  if (globals.systemd_cgroup && !manager.empty() && manager != "systemd")
    return fail(0, "--systemd-cgroup contradicts --cgroup-manager=", manager);
  bool value = false;
  const std::string& rootless = globals.rootless;
  if (!rootless.empty() && strcasecmp(rootless.c_str(), "auto") != 0 && !parse(rootless.c_str(), value))
    return fail(0, "invalid value for --rootless: ", rootless, ": must be true, false or auto");
  return Ok{};
}

// Beside the state, and not in it: one for all roots. Not the caller's /run for "root" of a user namespace.
std::string seccomp_cache() {
  if (const char* asked = getenv("HUSK_SECCOMP_CACHE")) return asked[0] == '/' ? asked : "";
  const char* runtime_dir = getenv("XDG_RUNTIME_DIR");
  if (runtime_dir == nullptr || runtime_dir[0] != '/') return geteuid() == 0 ? "/run/husk-cache/seccomp" : "";
  return honour_runtime_dir() ? cat(runtime_dir, "/husk-cache/seccomp") : "/run/husk-cache/seccomp";
}

}  // namespace

Result<std::string> state_root(const Globals& globals) {
  if (!globals.root.empty()) {
    Result<std::string> root = absolute(globals.root);
    if (root.ok() && *root == "/") return fail(0, "Option --root argument should not be set to /");
    return root;
  }
  const char* runtime_dir = getenv("XDG_RUNTIME_DIR");
  if (runtime_dir == nullptr || *runtime_dir == '\0' || !honour_runtime_dir()) return std::string("/run/husk");
  std::string root = cat(runtime_dir, "/husk");
  HUSK_TRY(make_runtime_root(root));
  return root;
}

Result<Environment> make_environment(const Globals& globals, const Log& log) {
  HUSK_TRY(check_choices(globals));
  Environment env;
  HUSK_LET(env.root, state_root(globals));
  env.log = [&log](Level level, const std::string& message) { log.write(level, message); };
  env.debug = log.wants(Level::debug);
  if (globals.systemd_cgroup || globals.cgroup_manager == "systemd") env.cgroup_manager = CgroupManager::systemd;
  if (globals.cgroup_manager == "disabled") env.cgroup_manager = CgroupManager::disabled;
  env.seccomp_cache = seccomp_cache();
  const char* long_start = getenv("HUSK_LONG_START");
  env.force_long_start = globals.long_start || (long_start != nullptr && strcmp(long_start, "1") == 0);
  env.hook_environment = environ;
  return env;
}

}  // namespace husk::cli
