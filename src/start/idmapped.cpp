// The kernel takes the mapping of an idmapped mount from a user namespace. One is made for the purpose: a process that
// does nothing but wait gets a new one, its maps are written, the namespace's file is opened, and the process ended.
#include "start/idmapped.h"

#include <linux/sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>

#include <cerrno>

#include "host/files.h"
#include "sys/calls.h"
#include "sys/clone.h"

namespace husk::starting {
namespace {

constexpr size_t kStack = 65536;

// In our memory, on its own stack: system calls and nothing else.
__attribute__((no_sanitize("address", "undefined"))) int wait_for_the_end(void* /*data*/) {
  (void)sys::call(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  for (;;) (void)sys::call(SYS_rt_sigsuspend, nullptr, 0);
}

class Waiter {
 public:
  Waiter() = default;
  Waiter(const Waiter&) = delete;
  Waiter& operator=(const Waiter&) = delete;
  ~Waiter() {
    if (pid_ > 0) {
      (void)sys::call(SYS_kill, pid_, SIGKILL);
      while (sys::call(SYS_wait4, pid_, nullptr, __WALL, nullptr) == -EINTR) continue;
    }
    if (stack_ != MAP_FAILED) munmap(stack_, kStack);
  }

  Status start() {
    stack_ = mmap(nullptr, kStack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
    if (stack_ == MAP_FAILED) return fail(errno, "mmap");
    sigset_t all;
    sigset_t before;
    sigfillset(&all);  // inherited: no handler of the caller runs there
    pthread_sigmask(SIG_SETMASK, &all, &before);
    constexpr long kFlags = CLONE_VM | CLONE_NEWUSER | SIGCHLD;
    const long top = reinterpret_cast<long>(stack_) + static_cast<long>(kStack);
    pid_ = sys::clone_with(SYS_clone, kFlags, top, 0, 0, wait_for_the_end, nullptr);
    pthread_sigmask(SIG_SETMASK, &before, nullptr);
    return pid_ < 0 ? Status(fail(static_cast<int>(-pid_), "make a user namespace")) : Status();
  }
  [[nodiscard]] std::string proc() const { return cat("/proc/", pid_); }

 private:
  void* stack_ = MAP_FAILED;
  long pid_ = -1;
};

}  // namespace

Result<sys::Fd> mapping_of(const rootfs::IdmappedSource& s) {
  if (!s.namespace_path.empty()) {
    sys::Fd given(sys::openat(AT_FDCWD, s.namespace_path.c_str(), O_RDONLY));
    if (!given) return fail(-given.get(), "open ", s.namespace_path);
    return given;
  }
  Waiter waiter;
  HUSK_TRY(waiter.start());
  HUSK_TRY(host::write_file(waiter.proc() + "/uid_map", s.uid_map));
  HUSK_TRY(host::write_file(waiter.proc() + "/gid_map", s.gid_map));
  sys::Fd file(sys::openat(AT_FDCWD, (waiter.proc() + "/ns/user").c_str(), O_RDONLY));
  if (!file) return fail(-file.get(), "open the user namespace");
  return file;
}

}  // namespace husk::starting
