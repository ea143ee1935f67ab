#include "rooms/hooks/init.h"

#include <linux/sched.h>
#include <poll.h>
#include <signal.h>
#include <time.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "sys/calls.h"
#include "sys/fd.h"

namespace husk::hooks {

using sys::check;
using sys::Fault;
using sys::Fd;

namespace {

// What the hook process is given, and what it leaves.
struct Channels {
  Fd input;                   // the state
  Fd output, errors;          // kept for the error text: the container's own streams are not the hook's
  Fd output_end, errors_end;  // where these are pipes
  Fd failure, report;         // a pipe that execve closes: errno, if there was no execve
};

[[noreturn]] void become_hook(const Hook& step, const char** args, const char** env, const Channels& c, int root) {
  (void)sys::dup3(c.input.get(), 0, 0);
  (void)sys::dup3(c.output.get(), 1, 0);
  (void)sys::dup3(c.errors.get(), 2, 0);
  sys::close_on_exec_from(3);
  (void)sys::call(SYS_umask, 022);  // ours is 0 while we make things
  (void)sys::call(SYS_fchdir, root);
  const uint64_t none = 0;
  (void)sys::call(SYS_rt_sigprocmask, SIG_SETMASK, &none, nullptr, sizeof none);
  const int err = static_cast<int>(-sys::call(SYS_execve, step.path.c_str(), args, env));
  (void)sys::write(c.report.get(), &err, sizeof err);
  (void)sys::call(SYS_exit_group, 127);
  __builtin_trap();
}

Fault open_pipe(Fd& from, Fd& to) {
  int pipe[2];
  HUSK_CHECK(check(sys::call(SYS_pipe2, pipe, O_CLOEXEC | O_NONBLOCK), "pipe", {}));
  from.reset(pipe[0]);
  to.reset(pipe[1]);
  return {};
}

// Files without a name: however much is written, nobody has to read in time. The filter of a container may not let them
// be made; pipes hold some 64 KB, and then a hook is told that there is no more room.
Fault memory_file(Fd& file, Fd& end) {
  file.reset(static_cast<int>(sys::call(SYS_memfd_create, "hook", 1U /* MFD_CLOEXEC */)));
  return file ? Fault() : open_pipe(end, file);
}

Fault open_channels(Str state, Channels& c) {
  Fd end;
  HUSK_CHECK(memory_file(c.input, end));
  HUSK_CHECK(check(sys::write(c.input.get(), state.c_str(), state.size()), "write state", {}));
  if (end) {
    HUSK_CHECK(check(sys::call(SYS_fcntl, end.get(), F_SETFL, 0), "fcntl", {}));  // the hook shall not wait in vain
    c.input = std::move(end);
  } else {
    HUSK_CHECK(check(sys::call(SYS_lseek, c.input.get(), 0, 0), "lseek", {}));
  }
  HUSK_CHECK(memory_file(c.output, c.output_end));
  HUSK_CHECK(memory_file(c.errors, c.errors_end));
  return open_pipe(c.failure, c.report);
}

// Puts `fresh` in place of the member that starts with `key` and ends with one of ",}".
Str with_member(Str state, std::string_view key, std::string_view fresh, Arena& arena) {
  const size_t at = state.view().find(key);
  if (at == std::string_view::npos) return state;
  const size_t end = state.view().find_first_of(",}", at);
  if (end == std::string_view::npos) return state;
  const std::string_view rest = state.view().substr(end);
  char* text = static_cast<char*>(arena.take(at + fresh.size() + rest.size() + 1, 1));
  std::memcpy(text, state.c_str(), at);
  std::memcpy(text + at, fresh.data(), fresh.size());
  std::memcpy(text + at + fresh.size(), rest.data(), rest.size());
  return {text, at + fresh.size() + rest.size()};
}

// The text the parent sent is its own view, at the moment before the change of root. A hook in the container sees the
// pid of this side; and when startContainer hooks run, the container has been created.
Str state_for(const Hook& step, Str state, Arena& arena) {
  Text<32> pid;
  pid.add("\"pid\":").number(sys::call(SYS_getpid));
  state = with_member(state, "\"pid\":", pid.str(), arena);
  if (step.kind.view() != "startContainer") return state;
  return with_member(state, "\"status\":\"creating\"", "\"status\":\"created\"", arena);
}

void add_output(Text<408>& text, std::string_view name, const Fd& file, const Fd& end) {
  char part[100];
  if (!end) (void)sys::call(SYS_lseek, file.get(), 0, 0);
  const long n = sys::read(end ? end.get() : file.get(), part, sizeof part);
  text.add(", ").add(name).add(": ").add(std::string_view(part, n > 0 ? static_cast<size_t>(n) : 0));
}

struct Outcome {
  std::string_view why;
  long number = -1;
  std::string_view after;
  int err = ECANCELED;
  bool output = true;
};

Fault failed(const Hook& step, const Outcome& outcome, const Channels& c, Arena& arena) {
  Text<408> text;
  text.add("error running ").add(step.kind).add(" hook #").number(static_cast<long>(step.number)).add(": ");
  text.add(outcome.why);
  if (outcome.number >= 0) text.number(outcome.number);
  text.add(outcome.after);
  if (outcome.output) {
    add_output(text, "stdout", c.output, c.output_end);
    add_output(text, "stderr", c.errors, c.errors_end);
  }
  return {outcome.err, arena.copy(text.str()), {}, true};
}

// The wait status, or an outcome that ends the start.
Fault wait_for(const Hook& step, long pid, int pidfd, const Channels& c, int& status, Arena& arena) {
  if (step.timeout != 0 && pidfd >= 0) {
    struct pollfd poll = {pidfd, POLLIN, 0};
    struct timespec limit = {static_cast<time_t>(step.timeout), 0};
    if (sys::call(SYS_ppoll, &poll, 1, &limit, nullptr, 0) == 0) {
      (void)sys::call(SYS_kill, pid, SIGKILL);
      (void)sys::call(SYS_wait4, pid, nullptr, 0x40000000 /* __WALL */, nullptr);
      return failed(step,
                    {"hook ran past specified timeout of ", static_cast<long>(step.timeout), ".0s", ETIMEDOUT, false},
                    c, arena);
    }
  }
  long waited = -EINTR;
  while (waited == -EINTR) waited = sys::call(SYS_wait4, pid, &status, 0x40000000 /* __WALL */, nullptr);
  return check(waited, "wait for hook", step.path);
}

std::string_view signal_name(int signal) {
  switch (signal) {
    case SIGKILL:
      return "signal: killed";
    case SIGTERM:
      return "signal: terminated";
    case SIGSEGV:
      return "signal: segmentation fault";
    case SIGABRT:
      return "signal: aborted";
    case SIGSYS:
      return "signal: bad system call";
    default:
      return "signal: ";
  }
}

}  // namespace

Fault apply(const Hook& step, Str state, int root, const char** process_env, Arena& arena) {
  Channels c;
  HUSK_CHECK(open_channels(state_for(step, state, arena), c));
  const char** args = arena.argv(step.args);
  const char** env = step.env.empty() && process_env != nullptr ? process_env : arena.argv(step.env);
  int pidfd = -1;
  const long pid = sys::call(SYS_clone, CLONE_PIDFD | SIGCHLD, 0, &pidfd, 0, 0);
  if (pid == 0) become_hook(step, args, env, c, root);
  HUSK_CHECK(check(pid, "clone for hook", step.path));
  const Fd process(pidfd);
  int status = 0;
  HUSK_CHECK(wait_for(step, pid, pidfd, c, status, arena));
  if (status == 0) return {};
  int err = 0;
  if (sys::read(c.failure.get(), &err, sizeof err) == sizeof err) {
    Text<300> why;
    why.add("fork/exec ").add(step.path).add(err == ENOENT ? ": no such file or directory" : ": permission denied");
    return failed(step, {why.str(), -1, "", err, false}, c, arena);
  }
  const int signal = status & 0x7f;
  if (signal == 0) return failed(step, {"exit status ", status >> 8 & 0xff}, c, arena);
  const std::string_view name = signal_name(signal);
  return failed(step, {name, name.ends_with(' ') ? signal : -1}, c, arena);
}

}  // namespace husk::hooks
