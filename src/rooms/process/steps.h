// What init does to itself before it becomes the container's process.
#pragma once

#include <cstdint>
#include <span>

#include "base/str.h"

namespace husk::process {

struct Keyring {  // a session keyring of its own
  Str name;
  template <class S, class A>
  static void fields(S& s, A& a) {
    a("name", s.name);
  }
};

struct Personality {
  uint64_t domain = 0;  // PER_*
  template <class S, class A>
  static void fields(S& s, A& a) {
    a("domain", s.domain);
  }
};

struct IoPriority {
  uint64_t value = 0;  // class << 13 | level, as ioprio_set(2) takes it
  template <class S, class A>
  static void fields(S& s, A& a) {
    a("value", s.value);
  }
};

struct Scheduler {  // members of struct sched_attr, see sched_setattr(2)
  uint64_t policy = 0, flags = 0;
  int64_t nice = 0;
  uint64_t priority = 0, runtime = 0, deadline = 0, period = 0;
  bool cpus_limited = false;  // by the container's cpuset, which the kernel does not let a deadline task have
  template <class S, class A>
  static void fields(S& s, A& a) {
    a("cpusLimited", s.cpus_limited)("policy", s.policy)("flags", s.flags)("nice", s.nice)("priority", s.priority)(
        "runtime", s.runtime)("deadline", s.deadline)("period", s.period);
  }
};

struct MemoryPolicy {
  uint64_t mode = 0;                // MPOL_* with its flags
  std::span<const uint64_t> nodes;  // bit mask
  template <class S, class A>
  static void fields(S& s, A& a) {
    a("mode", s.mode)("nodes", s.nodes);
  }
};

struct Umask {
  uint64_t value = 0;
  template <class S, class A>
  static void fields(S& s, A& a) {
    a("value", s.value);
  }
};

struct NoNewPrivileges {
  template <class S, class A>
  static void fields(S& /*s*/, A& /*a*/) {}
};

// Capabilities and user. The sets are bit masks by capability number.
struct Credentials {
  uint64_t uid = 0, gid = 0;
  bool set_groups = true;  // false where the user namespace forbids setgroups(2)
  std::span<const uint32_t> groups;
  bool set_capabilities = true;
  uint64_t bounding = 0, effective = 0, permitted = 0, inheritable = 0, ambient = 0;
  template <class S, class A>
  static void fields(S& s, A& a) {
    a("uid", s.uid)("gid", s.gid)("setGroups", s.set_groups)("groups", s.groups)("setCapabilities", s.set_capabilities)(
        "bounding", s.bounding)("effective", s.effective)("permitted", s.permitted)("inheritable", s.inheritable)(
        "ambient", s.ambient);
  }
};

// Twice: first with all privileges, where failing for lack of permission is no error yet, then as the user.
struct WorkingDirectory {
  Str path;
  bool may_fail = false;
  template <class S, class A>
  static void fields(S& s, A& a) {
    a("path", s.path)("mayFail", s.may_fail);
  }
};

// Environment, PATH look-up. The program is found here, as the user it runs as, and started by Exec.
struct Program {
  std::span<const Str> args, env;
  bool set_home = false;  // HOME from the container's /etc/passwd
  uint64_t uid = 0;
  template <class S, class A>
  static void fields(S& s, A& a) {
    a("args", s.args)("env", s.env)("setHome", s.set_home)("uid", s.uid);
  }
};

// The last one: descriptors from `first_closed` on are closed by execve.
struct Exec {
  uint64_t first_closed = 3;
  template <class S, class A>
  static void fields(S& s, A& a) {
    a("firstClosed", s.first_closed);
  }
};

}  // namespace husk::process
