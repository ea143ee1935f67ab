#pragma once

#include "base/str.h"

namespace husk::lsm {

// A security context that the kernel is to use from now on, written to /proc/thread-self/attr/<file>: for the next
// execve, or (SELinux) for new keys.
struct Label {
  Str file;                // "apparmor/exec", "exec", "keycreate"
  Str value;               // "exec PROFILE" for AppArmor, the label itself for SELinux; empty: as if none had been set
  bool fall_back = false;  // AppArmor before Linux 5.8: attr/exec
  template <class S, class A>
  static void fields(S& s, A& a) {
    a("file", s.file)("value", s.value)("fallBack", s.fall_back);
  }
};

}  // namespace husk::lsm
