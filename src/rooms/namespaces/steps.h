// What child and init do about namespaces.
#pragma once

#include <cstdint>
#include <span>

#include "base/str.h"

namespace husk::namespaces {

struct Join {         // an existing namespace, by its file
  uint64_t type = 0;  // CLONE_NEW*
  Str path;
  template <class S, class A>
  static void fields(S& s, A& a) {
    a("type", s.type)("path", s.path);
  }
};

struct ClockOffset {
  int64_t clock = 0;  // CLOCK_MONOTONIC or CLOCK_BOOTTIME
  int64_t seconds = 0;
  int64_t nanoseconds = 0;
  template <class S, class A>
  static void fields(S& s, A& a) {
    a("clock", s.clock)("seconds", s.seconds)("nanoseconds", s.nanoseconds);
  }
};

// How the process gets into its namespaces before it is init. On the short way clone3 has done all of it.
struct Bootstrap {
  bool long_way = false;
  std::span<const Join> joins;  // in the order of joining: mount last
  // CLONE_NEW* of the kinds in `joins`, when all are those of one process and a pidfd of it comes after the plan: then
  // one setns(2) joins them. 0: there is no pidfd.
  uint64_t join_flags = 0;
  bool new_user = false;  // unshared on its own, before the rest
  uint64_t unshare = 0;   // CLONE_NEW* of the others; never CLONE_NEWCGROUP (see UnshareCgroup)
  // Once the user namespace has maps: become its root; where it has none, `uid` and `gid`.
  bool become = false;
  uint64_t uid = 0, gid = 0;
  std::span<const ClockOffset> clocks;
  template <class S, class A>
  static void fields(S& s, A& a) {
    a("longWay", s.long_way)("joins", s.joins)("joinFlags", s.join_flags)("newUser", s.new_user)("unshare", s.unshare)(
        "become", s.become)("uid", s.uid)("gid", s.gid)("clocks", s.clocks);
  }
};

// The root of a cgroup namespace is the cgroup its creator sits in: so init makes it, once it sits in its own.
struct UnshareCgroup {
  template <class S, class A>
  static void fields(S& /*s*/, A& /*a*/) {}
};

struct Hostname {
  Str name;
  template <class S, class A>
  static void fields(S& s, A& a) {
    a("name", s.name);
  }
};

struct Domainname {
  Str name;
  template <class S, class A>
  static void fields(S& s, A& a) {
    a("name", s.name);
  }
};

struct Sysctl {
  Str path;  // "net/ipv4/ip_forward", below /proc/sys
  Str value;
  template <class S, class A>
  static void fields(S& s, A& a) {
    a("path", s.path)("value", s.value);
  }
};

}  // namespace husk::namespaces
