#pragma once

#include "base/str.h"

namespace husk::lsm {

// The security context execve changes to, written to /proc/thread-self/attr/<file>.
struct ExecLabel {
  Str file;                // "apparmor/exec", "exec"
  Str value;               // "exec PROFILE" for AppArmor, the label itself for SELinux
  bool fall_back = false;  // AppArmor before Linux 5.8: attr/exec
  template <class S, class A>
  static void fields(S& s, A& a) {
    a("file", s.file)("value", s.value)("fallBack", s.fall_back);
  }
};

}  // namespace husk::lsm
