// Starts husk-systemd, the program that is linked with libsystemd (src/systemd, docs/adr/0006).
#pragma once

#include <sys/types.h>

#include "base/result.h"
#include "sys/fd.h"

namespace husk::cgroup::systemd {

struct Program {
  sys::Fd socket;  // to talk with it: systemd_protocol.h
  sys::Fd pidfd;   // where the kernel has them
  pid_t pid = -1;
};

// For the system's systemd, or for that of the user. Does not wait for it to come up.
[[nodiscard]] Result<Program> start_program(bool user);

// Ends it, whatever it does, and waits for that.
void end_program(Program& program);

}  // namespace husk::cgroup::systemd
