#pragma once

#include <cstdint>

#include "base/str.h"

namespace husk::seccomp {

struct Load {
  Str program;         // struct sock_filter[], as bytes
  uint64_t flags = 0;  // SECCOMP_FILTER_FLAG_*
  // SECCOMP_FILTER_FLAG_NEW_LISTENER: there is an agent to be asked, who gets the listener before the program runs.
  [[nodiscard]] bool listens() const { return (flags >> 3 & 1) != 0; }
  template <class S, class A>
  static void fields(S& s, A& a) {
    a("program", s.program)("flags", s.flags);
  }
};

}  // namespace husk::seccomp
