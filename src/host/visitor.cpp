#include "host/visitor.h"

#include <linux/sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include <cerrno>
#include <cstddef>

#include "sys/calls.h"
#include "sys/clone.h"

namespace husk::host {

long send_visitor(int (*run)(void*), void* data) {
  constexpr size_t kStack = 65536;
  void* stack = mmap(nullptr, kStack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
  if (stack == MAP_FAILED) return -errno;
  sigset_t all;
  sigset_t before;
  sigfillset(&all);  // no handler of the caller may run there
  pthread_sigmask(SIG_SETMASK, &all, &before);
  constexpr long kFlags = CLONE_VM | CLONE_VFORK | CLONE_FILES;
  const long top = reinterpret_cast<long>(stack) + static_cast<long>(kStack);
  const long pid = sys::clone_with(SYS_clone, kFlags, top, 0, 0, run, data);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  while (pid > 0 && sys::call(SYS_wait4, pid, nullptr, __WALL, nullptr) == -EINTR) continue;
  munmap(stack, kStack);
  return pid;
}

}  // namespace husk::host
