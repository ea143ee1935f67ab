#include "start/idmaps.h"

#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <vector>

#include "host/files.h"
#include "start/obstacles.h"

namespace husk::starting {
namespace {

// "0 1000 1\n1 100000 65536\n" as the helper's arguments.
std::vector<std::string> words(const std::string& text) {
  std::vector<std::string> out;
  std::string one;
  for (char c : text) {
    if (c != ' ' && c != '\n') {
      one += c;
    } else if (!one.empty()) {
      out.push_back(std::move(one));
      one.clear();
    }
  }
  return out;
}

Status run_helper(bool for_groups, pid_t pid, const std::string& map) {
  const char* name = for_groups ? "newgidmap" : "newuidmap";
  std::vector<std::string> args = {name, cat(pid)};
  for (std::string& w : words(map)) args.push_back(std::move(w));
  std::vector<char*> argv;
  argv.reserve(args.size() + 1);
  for (std::string& a : args) argv.push_back(a.data());
  argv.push_back(nullptr);
  char path[] = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  char* env[] = {path, nullptr};
  pid_t helper = -1;
  // Set-user-id programs are looked for in fixed places, never in the caller's PATH.
  const std::string file = cat("/usr/bin/", name);
  // With no signal blocked, whatever the caller (a foreground run: all of them) has blocked.
  posix_spawnattr_t attributes;
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_init(&attributes);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
  const int err = posix_spawn(&helper, file.c_str(), nullptr, &attributes, argv.data(), env);
  posix_spawnattr_destroy(&attributes);
  if (err != 0) return no_map_by(look_at_helper(for_groups, err), map, look_around());
  int status = 0;
  while (waitpid(helper, &status, 0) < 0)
    if (errno != EINTR) return fail(errno, "wait for ", name);
  if (status != 0) return no_map_by(look_at_helper(for_groups, 0), map, look_around());
  return {};
}

Status write_map(const std::string& path, const std::string& map, bool groups) {
  if (map.empty()) return {};
  Status written = host::write_file(path, map);
  return written.ok() ? Status() : no_map(written.error(), groups, map, look_around());
}

}  // namespace

Status write_id_maps(pid_t pid, const namespaces::NamespacePlan& plan) {
  const std::string proc = cat("/proc/", pid);
  if (plan.by_helper) {
    HUSK_TRY(run_helper(false, pid, plan.uid_map));
    return run_helper(true, pid, plan.gid_map);
  }
  if (plan.deny_setgroups) HUSK_TRY(host::write_file(proc + "/setgroups", "deny"));
  HUSK_TRY(write_map(proc + "/gid_map", plan.gid_map, true));
  return write_map(proc + "/uid_map", plan.uid_map, false);
}

}  // namespace husk::starting
