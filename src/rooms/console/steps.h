#pragma once

#include <cstdint>

#include "base/str.h"

namespace husk::console {

// A pseudo-terminal of the container's devpts: the master goes to the parent, the slave becomes stdio.
struct Open {
  bool has_size = false;
  uint64_t rows = 0, columns = 0;
  bool own_devpts = true;  // false: no mount namespace, the host's /dev/ptmx
  uint64_t uid = 0;        // owner of the slave
  bool added = false;      // of a further process (exec): /dev/console is the container's own process's
  template <class S, class A>
  static void fields(S& s, A& a) {
    a("hasSize", s.has_size)("rows", s.rows)("columns", s.columns)("ownDevpts", s.own_devpts)("uid", s.uid)("added",
                                                                                                            s.added);
  }
};

}  // namespace husk::console
