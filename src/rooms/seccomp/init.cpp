#include "rooms/seccomp/init.h"

#include <linux/filter.h>
#include <linux/seccomp.h>

#include "sys/calls.h"

namespace husk::seccomp {

using sys::check;
using sys::Fault;

Fault apply(const Load& step) {
  struct sock_fprog program = {};
  program.len = static_cast<unsigned short>(step.program.size() / sizeof(struct sock_filter));
  program.filter = reinterpret_cast<struct sock_filter*>(const_cast<char*>(step.program.c_str()));  // NOLINT
  return check(sys::call(SYS_seccomp, SECCOMP_SET_MODE_FILTER, step.flags, &program), "load seccomp filter", {});
}

}  // namespace husk::seccomp
