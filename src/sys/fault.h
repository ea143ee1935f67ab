// What went wrong in child or init: an errno, what was tried (a literal) and on what. The step it belongs to is known
// to the loop that carries the plan out.
#pragma once

#include "base/str.h"

namespace husk::sys {

struct [[nodiscard]] Fault {
  int err = 0;  // 0: all is well
  Str what;     // "open", "mount_setattr"; must outlive the fault: a literal or text in the arena
  Str path;
  bool whole = false;  // `what` is the whole sentence, as clients know it from runc

  explicit operator bool() const { return err != 0; }
};

// A fault if the kernel answered -errno.
inline Fault check(long ret, Str what, Str path = {}) {
  if (ret >= 0 || ret < -4095) return {};
  return {static_cast<int>(-ret), what, path};
}

}  // namespace husk::sys

#define HUSK_CHECK(expr)                                   \
  do {                                                     \
    if (::husk::sys::Fault fault_ = (expr)) return fault_; \
  } while (false)
