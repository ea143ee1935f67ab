// Signals of a process that waits for its start.
#include <signal.h>

#include "rooms/process/init.h"
#include "sys/calls.h"

namespace husk::process {
namespace {

[[noreturn]] void end(int signal) {
  (void)sys::call(SYS_exit_group, 128 + signal);
  __builtin_trap();
}

bool ends_by_default(int signal) {
  switch (signal) {
    case SIGKILL:
    case SIGSTOP:
    case SIGCHLD:
    case SIGCONT:
    case SIGTSTP:
    case SIGTTIN:
    case SIGTTOU:
    case SIGURG:
    case SIGWINCH:
      return false;
    default:
      return true;
  }
}

}  // namespace

void end_by_signals(bool on) {
  struct {  // the kernel's struct sigaction
    uint64_t handler, flags, restorer, mask;
  } action = {};
  if (on) {
    // The handler does not come back, so what the kernel would return to is never used; x86 insists on there being one.
    constexpr uint64_t kHasRestorer = 0x04000000;
    action = {reinterpret_cast<uint64_t>(&end), kHasRestorer, reinterpret_cast<uint64_t>(&end), 0};
  }
  for (int s = 1; s <= 64; ++s)
    if (ends_by_default(s)) (void)sys::call(SYS_rt_sigaction, s, &action, nullptr, sizeof(uint64_t));
  const uint64_t none = 0;
  if (on) (void)sys::call(SYS_rt_sigprocmask, SIG_SETMASK, &none, nullptr, sizeof none);
}

}  // namespace husk::process
