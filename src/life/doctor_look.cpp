// What `husk doctor` looks at. Nothing is made or changed.
#include <linux/magic.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "host/files.h"
#include "life/doctor.h"

namespace husk::life {
namespace {

constexpr size_t kMaxFile = 1 << 20;

std::string text_of(const char* path) {
  Result<std::string> text = host::read_file(path, kMaxFile);
  return text.ok() ? *std::move(text) : std::string();
}

bool exists(const std::string& path) {
  return access(path.c_str(), F_OK) == 0;
}

// As husk-systemd will be looked up by the dynamic linker of the host, which is the one to say where libraries are.
bool has_libsystemd() {
  for (const char* directory :
       {"/lib/x86_64-linux-gnu", "/lib/aarch64-linux-gnu", "/usr/lib64", "/lib64", "/usr/lib", "/lib"})
    if (exists(cat(directory, "/libsystemd.so.0"))) return true;
  return false;
}

starting::Helper helper(bool for_groups) {
  const int error = exists(for_groups ? "/usr/bin/newgidmap" : "/usr/bin/newuidmap") ? 0 : ENOENT;
  return starting::look_at_helper(for_groups, error);
}

uint64_t soft_limit(int resource) {
  struct rlimit limit = {};
  if (getrlimit(static_cast<__rlimit_resource>(resource), &limit) < 0) return 0;
  return limit.rlim_cur == RLIM_INFINITY ? UINT64_MAX : limit.rlim_cur;
}

std::optional<std::string> known_text(const char* path) {
  Result<std::string> text = host::read_file(path, kMaxFile);
  if (!text.ok()) return std::nullopt;
  return *std::move(text);
}

bool is_mounted(const std::string& path, unsigned long type) {
  struct statfs fs = {};
  return statfs(path.c_str(), &fs) == 0 && static_cast<unsigned long>(fs.f_type) == type;
}

void look_at_cgroups(Seen& seen) {
  Result<cgroup::Host> host = cgroup::probe(true);
  if (!host.ok()) return;
  seen.cgroups = *std::move(host);
  cgroup::drop_covered(&seen.cgroups);
  if (seen.cgroups.mode == cgroup::Mode::none) return;
  cgroup::find_writable(&seen.cgroups);
  for (const cgroup::Hierarchy& h : seen.cgroups.hierarchies) seen.cgroup_writable = seen.cgroup_writable || h.writable;
  if (seen.cgroups.mode == cgroup::Mode::v2) seen.controllers = text_of("/sys/fs/cgroup/cgroup.controllers");
}

}  // namespace

Seen look_at_host(const std::string& runtime_dir) {
  Seen seen;
  seen.facts = host::probe();
  seen.circumstances = starting::look_around();
  seen.users = helper(false);
  seen.groups = helper(true);
  struct utsname name = {};
  if (uname(&name) == 0) seen.release = name.release;
  for (const char* kind : {"mnt", "pid", "net", "ipc", "uts", "user", "cgroup", "time"})
    if (exists(cat("/proc/self/ns/", kind))) seen.namespaces.emplace_back(kind);
  seen.procfs = is_mounted("/proc", PROC_SUPER_MAGIC);
  seen.sysfs = is_mounted("/sys", SYSFS_MAGIC);
  seen.filesystems = known_text("/proc/filesystems");
  seen.seccomp_actions = known_text("/proc/sys/kernel/seccomp/actions_avail");
  if (!seen.seccomp_actions && exists("/proc/sys/kernel")) seen.seccomp_actions.emplace();  // a kernel without it
  look_at_cgroups(seen);
  seen.systemd = exists("/run/systemd/system");
  seen.libsystemd = has_libsystemd();
  seen.apparmor = host::apparmor_enabled();
  seen.selinux = host::selinux_enabled();
  seen.runtime_dir = runtime_dir;
  seen.runtime_dir_usable = !seen.runtime_dir.empty() && access(seen.runtime_dir.c_str(), W_OK | X_OK) == 0;
  seen.max_files = soft_limit(RLIMIT_NOFILE);
  seen.max_processes = soft_limit(RLIMIT_NPROC);
  return seen;
}

}  // namespace husk::life
