// What the host can tell about why it refused.
#include <linux/capability.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/xattr.h>
#include <unistd.h>

#include <cstdlib>

#include "host/facts.h"
#include "host/files.h"
#include "host/lines.h"
#include "start/obstacles.h"

namespace husk::starting {
namespace {

constexpr size_t kMaxFile = 1 << 20;

std::vector<host::IdRange> own_ids(const char* file) {
  std::vector<host::IdRange> out;
  if (const Result<std::string> text = host::read_file(file, kMaxFile); text.ok())
    for (const MapLine& line : map_lines(*text)) out.push_back({line.inside, line.count});
  return out;
}

// No mount of ours is at "/": our root is a folder of one that we do not see. (A chroot to a mount point looks like any
// other root.)
bool is_chrooted() {
  const Result<std::string> text = host::read_file("/proc/self/mountinfo", kMaxFile);
  if (!text.ok()) return false;
  std::string_view rest = *text;
  while (!rest.empty()) {
    std::string_view line = host::take(rest, '\n');
    for (int field = 0; field < 4; ++field) (void)host::take(line, ' ');
    if (host::take(line, ' ') == "/") return false;
  }
  return true;
}

}  // namespace

Circumstances look_around() {
  Circumstances c;
  c.uid = geteuid();
  c.gid = getegid();
  c.privileged = (host::probe().capabilities >> CAP_SYS_ADMIN & 1) != 0;
  c.has_kind = access("/proc/self/ns/user", F_OK) == 0;
  c.chrooted = is_chrooted();
  c.filtered = prctl(PR_GET_SECCOMP) == 2;
  c.no_new_privileges = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 1;
  c.max_user_namespaces = host::read_number("/proc/sys/user/max_user_namespaces");
  c.unprivileged_clone = host::read_number("/proc/sys/kernel/unprivileged_userns_clone");
  c.apparmor_restriction = host::read_number("/proc/sys/kernel/apparmor_restrict_unprivileged_userns");
  for (const char* kind : {"pid", "net", "mnt", "ipc", "uts", "cgroup", "time"})
    if (host::read_number(cat("/proc/sys/user/max_", kind, "_namespaces")) == 0)
      c.no_more_of.push_back(cat("user.max_", kind, "_namespaces"));
  c.own_uids = own_ids("/proc/self/uid_map");
  c.own_gids = own_ids("/proc/self/gid_map");
  return c;
}

Helper look_at_helper(bool for_groups, int spawn_error) {
  Helper h;
  h.for_groups = for_groups;
  h.spawn_error = spawn_error;
  const char* file = for_groups ? "/usr/bin/newgidmap" : "/usr/bin/newuidmap";
  struct stat st = {};
  if (stat(file, &st) == 0) {
    const bool set_user_id = (st.st_mode & S_ISUID) != 0 && st.st_uid == 0;
    h.privileged_file = set_user_id || getxattr(file, "security.capability", nullptr, 0) > 0;
  }
  struct statvfs fs = {};
  h.nosuid = statvfs(file, &fs) == 0 && (fs.f_flag & ST_NOSUID) != 0;
  h.user = host::user_name(geteuid());
  h.ranges = host::id_ranges_of(for_groups ? "/etc/subgid" : "/etc/subuid", geteuid());
  return h;
}

}  // namespace husk::starting
