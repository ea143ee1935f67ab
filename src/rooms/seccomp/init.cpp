#include "rooms/seccomp/init.h"

#include <linux/filter.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <sys/socket.h>

#include <cerrno>

#include "base/weakness.h"
#include "sys/calls.h"
#include "sys/clone.h"
#include "sys/fd.h"

namespace husk::seccomp {
namespace {

using sys::check;
using sys::Fault;

Fault load(const Load& step, long& listener) {
  struct sock_fprog program = {};
  program.len = static_cast<unsigned short>(step.program.size() / sizeof(struct sock_filter));
  program.filter = reinterpret_cast<struct sock_filter*>(const_cast<char*>(step.program.c_str()));  // NOLINT
  listener = sys::call(SYS_seccomp, SECCOMP_SET_MODE_FILTER, step.flags, &program);
  return check(listener, "load seccomp filter", {});
}

// Once the filter is loaded, every call that it is to ask about waits for an agent that has no listener yet. So a
// thread that was there before, and has no filter, hands it over: all that the filtered one must be able to do is
// write(2) and read(2). Memory and descriptors are shared, so none of the listener is left when the thread has closed
// it.
struct Messenger {
  int wire;  // its end of a socket pair
  const GiveListener& to;
};

int hand_over(void* data) {
  const auto* m = static_cast<const Messenger*>(data);
  int listener = -1;
  if (sys::read(m->wire, &listener, sizeof listener) != sizeof listener) return 0;  // the load failed
  const int answer = m->to.give(m->to.whom, listener);
  if (weakened(Weakness::listener_closed))
    (void)sys::call(SYS_fcntl, listener, F_SETFD, 0);
  else
    (void)sys::close(listener);
  (void)sys::write(m->wire, &answer, sizeof answer);
  return 0;
}

alignas(16) char messenger_stack[32768];

Fault start_thread(Messenger& messenger) {
  constexpr long kThread = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM;
  const long top = reinterpret_cast<long>(messenger_stack) + static_cast<long>(sizeof messenger_stack);
  return check(sys::clone_with(SYS_clone, kThread, top, 0, 0, hand_over, &messenger),
               "start a thread for the seccomp listener, for which a limit of processes must leave room", {});
}

Fault load_and_give(const Load& step, const GiveListener& to) {
  int pair[2];
  HUSK_CHECK(check(sys::call(SYS_socketpair, AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), "socketpair", {}));
  const sys::Fd ours(pair[0]);
  const sys::Fd theirs(pair[1]);
  Messenger messenger{theirs.get(), to};
  HUSK_CHECK(start_thread(messenger));
  long listener = -1;
  // (If this fails the process ends, and the thread with it.)
  HUSK_CHECK(load(step, listener));
  const int number = static_cast<int>(listener);
  int answer = -EPROTO;
  if (long ret = sys::write(ours.get(), &number, sizeof number); ret < 0)
    return check(ret, "hand the seccomp listener over", {});
  if (long ret = sys::read(ours.get(), &answer, sizeof answer); ret != sizeof answer)
    return check(ret < 0 ? ret : -EPROTO, "wait for the seccomp agent", {});
  return check(answer, "hand the seccomp listener over", {});
}

}  // namespace

Fault apply(const Load& step, const GiveListener& to) {
  long listener = -1;
  return step.listens() ? load_and_give(step, to) : load(step, listener);
}

}  // namespace husk::seccomp
