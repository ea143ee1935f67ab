// What init does to itself. Order matters: see plan/build.cpp, which has the reasons.
#include "rooms/process/init.h"

#include <linux/capability.h>
#include <linux/keyctl.h>
#include <linux/prctl.h>

#include <cerrno>
#include <cstring>

#include "base/weakness.h"
#include "sys/calls.h"
#include "sys/fd.h"

namespace husk::process {

using sys::check;
using sys::Fault;

Fault apply(const Keyring& step) {
  if (weakened(Weakness::keyring_own)) return {};
  const long id = sys::call(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, step.name.c_str());
  if (id == -ENOSYS) return {};  // a kernel without keys has none to leak
  if (id < 0) return check(id, "join session keyring", step.name);
  // Searchable by its own user, so that a program inside can look keys up in it.
  constexpr unsigned kUserSearch = 0x00080000;
  struct {
    char text[256];
  } info = {};
  const long n = sys::call(SYS_keyctl, KEYCTL_DESCRIBE, id, info.text, sizeof info.text);
  if (n < 0) return check(n, "describe session keyring", step.name);
  unsigned perm = 0;  // "type;uid;gid;perm;description", perm in hexadecimal
  int field = 0;
  for (const char* p = info.text; *p != '\0' && field < 4; ++p) {
    if (*p == ';') {
      ++field;
    } else if (field == 3) {
      const unsigned digit =
          *p <= '9' ? static_cast<unsigned>(*p - '0') : static_cast<unsigned>((*p | 0x20) - 'a' + 10);
      perm = perm << 4 | digit;
    }
  }
  return check(sys::call(SYS_keyctl, KEYCTL_SETPERM, id, perm | kUserSearch), "permit search of session keyring",
               step.name);
}

Fault set_oom_score(int64_t value) {
  const Str path = "/proc/self/oom_score_adj";
  const sys::Fd fd(sys::openat(AT_FDCWD, path.c_str(), O_WRONLY));
  HUSK_CHECK(check(fd.get(), "open", path));
  Text<24> text;
  text.number(value);
  return check(sys::write(fd.get(), text.c_str(), text.size()), "write", path);
}

Fault set_affinity(std::span<const uint64_t> cpus) {
  if (!cpus.empty())
    return check(sys::call(SYS_sched_setaffinity, 0, cpus.size() * sizeof(uint64_t), cpus.data()), "set CPU affinity",
                 {});
  unsigned char all[1024];  // 8192: what x86 kernels can be built for; the kernel takes as many as it knows
  std::memset(all, 0xff, sizeof all);
  (void)sys::call(SYS_sched_setaffinity, 0, sizeof all, all);
  return {};
}

Fault apply(const Personality& step) {
  return check(sys::call(SYS_personality, step.domain), "personality", {});
}

Fault apply(const IoPriority& step) {
  constexpr int kThisProcess = 1;  // IOPRIO_WHO_PROCESS
  return check(sys::call(SYS_ioprio_set, kThisProcess, 0, step.value), "ioprio_set", {});
}

Fault apply(const Scheduler& step) {
  // With a flag for utilization the kernel wants its second form. The specification has no values for the two: they
  // stay 0, as in runc.
  constexpr uint32_t kFirstForm = 48;
  constexpr uint64_t kClamps = 0x20 | 0x40;  // SCHED_FLAG_UTIL_CLAMP_MIN, _MAX
  struct {                                   // struct sched_attr of linux/sched/types.h
    uint32_t size, policy;
    uint64_t flags;
    int32_t nice;
    uint32_t priority;
    uint64_t runtime, deadline, period;
    uint32_t util_min, util_max;
  } attr = {(step.flags & kClamps) != 0 ? uint32_t{sizeof attr} : kFirstForm,
            static_cast<uint32_t>(step.policy),
            step.flags,
            static_cast<int32_t>(step.nice),
            static_cast<uint32_t>(step.priority),
            step.runtime,
            step.deadline,
            step.period,
            0,
            0};
  static_assert(sizeof attr == 56);
  const long ret = sys::call(SYS_sched_setattr, 0, &attr, 0);
  if (ret == -EPERM && step.cpus_limited)
    return {EPERM, "process scheduler can't be used together with AllowedCPUs (/linux/resources/cpu/cpus)", {}, true};
  const bool real_time = step.policy == 1 || step.policy == 2;  // SCHED_FIFO, SCHED_RR
  if (ret == -EPERM && real_time)
    return check(ret, "sched_setattr (is there a /linux/resources/cpu/realtimeRuntime, which cgroup v1 may want)", {});
  return check(ret, "sched_setattr", {});
}

Fault apply(const MemoryPolicy& step) {
  const unsigned long bits = step.nodes.size() * 64;
  // The kernel reads one bit less than it is told.
  return check(
      sys::call(SYS_set_mempolicy, step.mode, bits == 0 ? nullptr : step.nodes.data(), bits == 0 ? 0 : bits + 1),
      "set_mempolicy", {});
}

Fault apply(const Umask& step) {
  (void)sys::call(SYS_umask, step.value);
  return {};
}

Fault apply(const NoNewPrivileges& /*step*/) {
  if (weakened(Weakness::no_new_privs)) return {};
  return check(sys::prctl(PR_SET_NO_NEW_PRIVS, 1), "no_new_privs", {});
}

namespace {

Fault set_caps(uint64_t effective, uint64_t permitted, uint64_t inheritable) {
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct data[2] = {};
  for (unsigned i = 0; i < 2; ++i) {
    data[i].effective = static_cast<uint32_t>(effective >> (32 * i));
    data[i].permitted = static_cast<uint32_t>(permitted >> (32 * i));
    data[i].inheritable = static_cast<uint32_t>(inheritable >> (32 * i));
  }
  return check(sys::call(SYS_capset, &header, data), "capset", {});
}

Fault drop_bounding(uint64_t keep) {
  if (weakened(Weakness::bounding_dropped)) return {};
  for (unsigned cap = 0; cap < 64; ++cap) {
    if ((keep >> cap & 1) != 0) continue;
    const long ret = sys::prctl(PR_CAPBSET_DROP, cap);
    if (ret == -EINVAL) return {};  // past the kernel's last one
    HUSK_CHECK(check(ret, "drop a capability from the bounding set", {}));
  }
  return {};
}

// An ambient capability the process may not have is not an error of the start: runc warns and goes on.
void raise_ambient(uint64_t ambient) {
  (void)sys::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL);
  for (unsigned cap = 0; cap < 64; ++cap)
    if ((ambient >> cap & 1) != 0) (void)sys::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, cap);
}

// The program may open /dev/stdout, which is our pipe or file, as the user it runs as.
void give_stdio(uint64_t uid) {
  for (int fd = 0; fd < 3; ++fd) {
    struct stat st = {};
    if (sys::stat_fd(fd, &st) < 0 || st.st_uid == uid) continue;
    if (S_ISCHR(st.st_mode) && st.st_rdev == sys::device_number(1, 3)) continue;  // everybody's /dev/null
    (void)sys::call(SYS_fchown, fd, uid, static_cast<unsigned>(-1));
  }
}

// Where the user namespace's owner has given up setgroups(2), no groups is all there can be.
Fault set_groups(const Credentials& step) {
  if (!step.set_groups || weakened(Weakness::groups_dropped)) return {};
  const long ret = sys::call(SYS_setgroups, step.groups.size(), step.groups.data());
  if (ret == -EPERM && step.groups.empty()) return {};
  return check(ret, "setgroups", {});
}

// Only in a weak build: the number is first taken for a name of the image's /etc/passwd.
uint64_t uid_of_name(uint64_t number) {
  char text[4096] = "\n";
  const sys::Fd file(sys::openat(AT_FDCWD, "/etc/passwd", O_RDONLY));
  if (!file || sys::read(file.get(), text + 1, sizeof text - 2) <= 0) return number;
  Text<32> line;
  line.add('\n').number(static_cast<long>(number)).add(':');
  const std::string_view all(text);
  const size_t at = all.find(line.str().view());
  const size_t password = at == std::string_view::npos ? at : all.find(':', at + line.size());
  if (password == std::string_view::npos) return number;
  uint64_t uid = 0;
  for (const char* c = text + password + 1; *c >= '0' && *c <= '9'; ++c)
    uid = uid * 10 + static_cast<uint64_t>(*c - '0');
  return uid;
}

}  // namespace

Fault apply(const Credentials& step) {
  give_stdio(step.uid);
  if (step.set_capabilities) {
    HUSK_CHECK(drop_bounding(step.bounding));
    HUSK_CHECK(check(sys::prctl(PR_SET_KEEPCAPS, 1), "keep capabilities", {}));
  }
  HUSK_CHECK(set_groups(step));
  HUSK_CHECK(check(sys::call(SYS_setresgid, step.gid, step.gid, step.gid), "setgid", {}));
  const uint64_t uid = weakened(Weakness::numeric_user) ? uid_of_name(step.uid) : step.uid;
  HUSK_CHECK(check(sys::call(SYS_setresuid, uid, uid, uid), "setuid", {}));
  if (!step.set_capabilities) return {};
  HUSK_CHECK(check(sys::prctl(PR_SET_KEEPCAPS, 0), "keep capabilities", {}));
  // What we do not have cannot be given: the kernel refuses the whole set, so ask for the part there is.
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct now[2] = {};
  HUSK_CHECK(check(sys::call(SYS_capget, &header, now), "capget", {}));
  const uint64_t have = now[0].permitted | static_cast<uint64_t>(now[1].permitted) << 32;
  HUSK_CHECK(set_caps(step.effective & have, step.permitted & have, step.inheritable & have));
  raise_ambient(step.ambient);
  return {};
}

Fault apply(const WorkingDirectory& step, bool& done) {
  if (done) return {};
  const long ret = sys::call(SYS_chdir, step.path.c_str());
  if (step.may_fail && (ret == -EACCES || ret == -EPERM)) return {};
  HUSK_CHECK(check(ret, "chdir to cwd", step.path));
  done = true;
  // A descriptor of the host as /proc/self/fd/N leads outside: then the kernel names no path from our root.
  char here[4096] = {};
  const long size = sys::call(SYS_getcwd, here, sizeof here);
  if (size == -ERANGE) return {};  // deeper than a path is long: inside
  HUSK_CHECK(check(size, "getcwd", step.path));
  if (here[0] != '/' && !weakened(Weakness::cwd_inside))
    return {EPERM, "current working directory is outside of container mount namespace root", step.path};
  return {};
}

}  // namespace husk::process
