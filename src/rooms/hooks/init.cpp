#include "rooms/hooks/init.h"

#include <linux/close_range.h>
#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <time.h>

#include <cerrno>
#include <cstring>

#include "sys/calls.h"
#include "sys/fd.h"

namespace husk::hooks {

using sys::check;
using sys::Fault;
using sys::Fd;

namespace {

const char** vector(std::span<const Str> from, Arena& arena) {
  const std::span<const char*> to = arena.array<const char*>(from.size() + 1);
  for (size_t i = 0; i < from.size(); ++i) to[i] = from[i].c_str();
  return to.data();
}

[[noreturn]] void become_hook(const Hook& step, const char** args, const char** env, int input) {
  (void)sys::dup3(input, 0, 0);
  (void)sys::call(SYS_close_range, 3, ~0U, CLOSE_RANGE_CLOEXEC);
  const uint64_t none = 0;
  (void)sys::call(SYS_rt_sigprocmask, SIG_SETMASK, &none, nullptr, sizeof none);
  const long ret = sys::call(SYS_execve, step.path.c_str(), args, env);
  (void)sys::call(SYS_exit_group, ret == -ENOENT ? 127 : 126);
  __builtin_trap();
}

// The state goes into a file without a name: however long it is, no reader is needed to take it in time.
Fault state_file(Str state, Fd& file) {
  file.reset(static_cast<int>(sys::call(SYS_memfd_create, "state", 1U /* MFD_CLOEXEC */)));
  HUSK_CHECK(check(file.get(), "memfd_create", {}));
  HUSK_CHECK(check(sys::write(file.get(), state.c_str(), state.size()), "write state", {}));
  return check(sys::call(SYS_lseek, file.get(), 0, 0), "lseek", {});
}

// The one text the parent sent is of the moment before the change of root; when startContainer hooks run, the container
// has been created.
Str state_for(const Hook& step, Str state, Arena& arena) {
  constexpr std::string_view kCreating = "\"status\":\"creating\"";
  constexpr std::string_view kCreated = "\"status\":\"created\"";
  const size_t at = state.view().find(kCreating);
  if (step.kind.view() != "startContainer" || at == std::string_view::npos) return state;
  char* text = static_cast<char*>(arena.take(state.size() + 1, 1));
  const size_t after = at + kCreating.size();
  std::memcpy(text, state.c_str(), at);
  std::memcpy(text + at, kCreated.data(), kCreated.size());
  std::memcpy(text + at + kCreated.size(), state.c_str() + after, state.size() - after);
  return {text, state.size() - kCreating.size() + kCreated.size()};
}

Fault failed(const Hook& step, std::string_view why, long number, int err, Arena& arena) {
  Text<408> text;
  text.add("error running ").add(step.kind).add(" hook #").number(static_cast<long>(step.number)).add(": ").add(why);
  if (number >= 0) text.number(number);
  return {err, arena.copy(text.str()), {}, true};
}

}  // namespace

Fault apply(const Hook& step, Str state, Arena& arena) {
  Fd input;
  HUSK_CHECK(state_file(state_for(step, state, arena), input));
  const char** args = vector(step.args, arena);
  const char** env = vector(step.env, arena);
  int pidfd = -1;
  const long pid = sys::call(SYS_clone, CLONE_PIDFD | SIGCHLD, 0, &pidfd, 0, 0);
  if (pid == 0) become_hook(step, args, env, input.get());
  HUSK_CHECK(check(pid, "clone for hook", step.path));
  const Fd process(pidfd);
  if (step.timeout != 0) {
    struct pollfd poll = {pidfd, POLLIN, 0};
    struct timespec limit = {static_cast<time_t>(step.timeout), 0};
    if (sys::call(SYS_ppoll, &poll, 1, &limit, nullptr, 0) == 0) {
      (void)sys::call(SYS_kill, pid, SIGKILL);
      (void)sys::call(SYS_wait4, pid, nullptr, 0x40000000 /* __WALL */, nullptr);
      return failed(step, "hook ran past specified timeout of (s) ", static_cast<long>(step.timeout), ETIMEDOUT, arena);
    }
  }
  int status = 0;
  long waited = -EINTR;
  while (waited == -EINTR) waited = sys::call(SYS_wait4, pid, &status, 0x40000000 /* __WALL */, nullptr);
  HUSK_CHECK(check(waited, "wait for hook", step.path));
  if ((status & 0x7f) != 0) return failed(step, "signal ", status & 0x7f, ECANCELED, arena);
  if (status != 0) return failed(step, "exit status ", status >> 8 & 0xff, ECANCELED, arena);
  return {};
}

}  // namespace husk::hooks
