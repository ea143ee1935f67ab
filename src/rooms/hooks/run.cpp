// Running a hook: a child with three pipes, watched by poll(2).
//
// The caller may have threads, so the child is born by vfork semantics and does nothing but system calls on memory that
// was prepared before: another thread may hold the allocator's lock at that moment. SIGCHLD and its handlers belong to
// the caller: the end is learned from a pidfd (from clone's CLONE_PIDFD, Linux 5.2), and where there is none by asking
// waitpid every few milliseconds.
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstring>
#include <ctime>
#include <vector>

#include "host/clock.h"
#include "rooms/hooks/hooks.h"
#include "sys/fd.h"
#include "sys/raw.h"

namespace husk::hooks {
namespace {

using sys::Fd;

constexpr size_t kOutputLimit = size_t{64} << 10;  // of what a hook prints; the rest is read and dropped
constexpr int kPollWithoutPidfd = 5;               // milliseconds

struct Pipe {
  Fd read, write;
};

Result<Pipe> make_pipe() {
  int fds[2];
  if (::pipe2(fds, O_CLOEXEC) < 0) return fail(errno, "pipe for a hook");
  return Pipe{Fd(fds[0]), Fd(fds[1])};
}

// Everything the child needs, made before it is born.
struct Launch {
  const char* path = nullptr;
  std::vector<char*> argv, envp;
  char* const* environment = nullptr;
  const char* directory = nullptr;
  int stdio[3] = {-1, -1, -1};
  unsigned descriptor_limit = 0;
  int error = 0;  // written by the child (it shares our memory): errno of what failed
};

// Moves the three descriptors to 0, 1, 2 even when they sit among those numbers already.
long move_stdio(const int* fds) {
  int high[3];
  for (int i = 0; i < 3; ++i) {
    const long fd = sys::call(SYS_fcntl, fds[i], F_DUPFD_CLOEXEC, 3);
    if (fd < 0) return fd;
    high[i] = static_cast<int>(fd);
  }
  for (int i = 0; i < 3; ++i)
    if (const long r = sys::call(SYS_dup3, high[i], i, 0); r < 0) return r;
  return 0;
}

// In the child, on the parent's memory with the parent's calling thread stopped. System calls only.
int child_main(void* data) {
  auto& launch = *static_cast<Launch*>(data);
  // Signals are blocked here (see spawn). Handlers would run in the parent's memory: none may be left.
  struct {
    void (*handler)(int) = nullptr;
    unsigned long flags = 0;
    void (*restorer)() = nullptr;
    unsigned long mask = 0;
  } default_action;
  for (int s = 1; s <= 64; ++s) (void)sys::call(SYS_rt_sigaction, s, &default_action, nullptr, 8);
  long r = move_stdio(launch.stdio);
  if (r == 0 && launch.directory != nullptr) r = sys::call(SYS_chdir, launch.directory);
  if (r == 0) {
#ifdef SYS_close_range
    r = sys::call(SYS_close_range, 3U, ~0U, 4U /* CLOSE_RANGE_CLOEXEC */);
#else
    r = -ENOSYS;
#endif
    if (r < 0)
      for (unsigned fd = 3; fd < launch.descriptor_limit; ++fd) (void)sys::call(SYS_fcntl, fd, F_SETFD, FD_CLOEXEC);
    const unsigned long none = 0;
    (void)sys::call(SYS_rt_sigprocmask, SIG_SETMASK, &none, nullptr, 8);
    r = sys::call(SYS_execve, launch.path, launch.argv.data(), launch.environment);
  }
  launch.error = static_cast<int>(-r);
  (void)sys::call(SYS_exit, 127);
  return 0;  // not reached
}

struct Child {
  pid_t pid = -1;
  Fd pidfd;
};

// Returns once the child has executed its program or failed to (launch.error).
Result<Child> spawn(Launch* launch) {
  constexpr size_t kStack = size_t{64} << 10;
  std::vector<char> stack(kStack);
  char* top = stack.data() + kStack;
  top -= reinterpret_cast<uintptr_t>(top) % 16;
  // No handler of the program may run in the child, which shares its memory.
  sigset_t all;
  sigset_t old;
  (void)::sigfillset(&all);
  (void)::pthread_sigmask(SIG_SETMASK, &all, &old);
  int pidfd = -1;
  constexpr int kFlags = CLONE_VM | CLONE_VFORK | SIGCHLD;
  pid_t pid = ::clone(child_main, top, kFlags | CLONE_PIDFD, launch, &pidfd);
  if (pid < 0 && errno == EINVAL) pid = ::clone(child_main, top, kFlags, launch);
  const int error = errno;
  (void)::pthread_sigmask(SIG_SETMASK, &old, nullptr);
  if (pid < 0) return fail(error, "fork/exec ", launch->path);
  return Child{pid, Fd(pidfd)};
}

// How a process ended that somebody else has waited for, or nobody may: a pidfd knows it, since Linux 6.15.
bool status_of_reaped(const Fd& pidfd, int* status) {
  struct {                             // struct pidfd_info of linux/pidfd.h, as far as its first version goes
    uint64_t mask = uint64_t{1} << 3;  // PIDFD_INFO_EXIT
    uint64_t cgroup = 0;
    uint32_t ids[11] = {};
    int32_t exit_code = 0;
  } info;
  static_assert(sizeof info == 64);
  constexpr unsigned long kGetInfo = _IOWR(0xFF, 11, decltype(info));
  if (!pidfd || ::ioctl(pidfd.get(), kGetInfo, &info) < 0 || (info.mask & uint64_t{1} << 3) == 0) return false;
  *status = info.exit_code;
  return true;
}

void reap(pid_t pid, int* status) {
  while (::waitpid(pid, status, 0) < 0 && errno == EINTR) {
  }
}

// One of the child's pipes while it runs.
void set_nonblocking(int fd) {
  (void)::fcntl(fd, F_SETFL, ::fcntl(fd, F_GETFL) | O_NONBLOCK);
}

// Reads what is there. Closes the descriptor at its end.
void drain(Fd* fd, std::string* out) {
  char buffer[4096];
  while (*fd) {
    const ssize_t n = ::read(fd->get(), buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0 && errno == EAGAIN) return;
    if (n <= 0) {
      fd->reset();
      return;
    }
    out->append(buffer, std::min(static_cast<size_t>(n), kOutputLimit - out->size()));
  }
}

// write(2) that cannot kill the caller: SIGPIPE is blocked in this thread and taken away again if we caused it.
ssize_t write_without_sigpipe(int fd, const char* data, size_t size) {
  sigset_t pipe_only;
  sigset_t old;
  sigset_t pending;
  (void)::sigemptyset(&pipe_only);
  (void)::sigaddset(&pipe_only, SIGPIPE);
  (void)::sigpending(&pending);
  const bool was_pending = ::sigismember(&pending, SIGPIPE) == 1;
  (void)::pthread_sigmask(SIG_BLOCK, &pipe_only, &old);
  const ssize_t n = ::write(fd, data, size);
  const int error = errno;
  if (n < 0 && error == EPIPE && !was_pending) {
    const timespec zero = {};
    (void)::sigtimedwait(&pipe_only, nullptr, &zero);
  }
  (void)::pthread_sigmask(SIG_SETMASK, &old, nullptr);
  errno = error;
  return n;
}

class Watch {
 public:
  Watch(Child child, Fd in, Fd out, Fd err, const std::string& input)
      : child_(std::move(child)), in_(std::move(in)), out_(std::move(out)), err_(std::move(err)), input_(input) {
    for (const Fd* fd : {&in_, &out_, &err_}) set_nonblocking(fd->get());
  }

  // Feeds and listens until the process has ended. False: it outlived `timeout_ms` (-1: no limit) and was killed.
  // A process that it left behind may still hold the pipes: nobody waits for that.
  bool until_end(int64_t timeout_ms, int* status) {
    const int64_t end = host::monotonic_ms() + timeout_ms;
    for (;;) {
      feed();
      drain(&out_, &stdout_text);
      drain(&err_, &stderr_text);
      const pid_t done = ::waitpid(child_.pid, status, WNOHANG);
      if (done == child_.pid) break;
      if (done < 0 && errno != EINTR) {
        lost = !status_of_reaped(child_.pidfd, status);
        break;
      }
      int64_t wait = child_.pidfd ? -1 : kPollWithoutPidfd;
      if (timeout_ms >= 0) {
        const int64_t left = end - host::monotonic_ms();
        if (left <= 0) {
          (void)::kill(child_.pid, SIGKILL);  // not reaped yet, so the pid is still its own
          reap(child_.pid, status);
          return false;
        }
        wait = wait < 0 ? left : std::min(wait, left);
      }
      sleep(static_cast<int>(wait));
    }
    drain(&out_, &stdout_text);
    drain(&err_, &stderr_text);
    return true;
  }

  std::string stdout_text, stderr_text;
  bool lost = false;  // somebody else waited for the child, or SIGCHLD is ignored, on an old kernel

 private:
  void feed() {
    while (in_ && written_ < input_.size()) {
      const ssize_t n = write_without_sigpipe(in_.get(), input_.data() + written_, input_.size() - written_);
      if (n < 0 && errno == EINTR) continue;
      if (n < 0 && errno == EAGAIN) return;
      if (n < 0) break;  // EPIPE: a hook need not read its input
      written_ += static_cast<size_t>(n);
    }
    in_.reset();
  }

  void sleep(int timeout_ms) {
    pollfd fds[4];
    nfds_t n = 0;
    if (in_) fds[n++] = {in_.get(), POLLOUT, 0};
    for (const Fd* fd : {&out_, &err_, &child_.pidfd})
      if (*fd) fds[n++] = {fd->get(), POLLIN, 0};
    (void)::poll(fds, n, timeout_ms);
  }

  Child child_;
  Fd in_, out_, err_;
  const std::string& input_;
  size_t written_ = 0;
};

std::string status_text(int status) {
  if (WIFEXITED(status)) return cat("exit status ", WEXITSTATUS(status));
  const char* name = ::sigdescr_np(WTERMSIG(status));
  std::string out = "signal: ";
  if (name == nullptr)
    out += cat("signal ", WTERMSIG(status));
  else
    for (const char* c = name; *c != 0; ++c) out += *c >= 'A' && *c <= 'Z' ? static_cast<char>(*c - 'A' + 'a') : *c;
  if (WCOREDUMP(status)) out += " (core dumped)";
  return out;
}

std::vector<char*> pointers(const std::vector<std::string>& strings) {
  std::vector<char*> out;
  out.reserve(strings.size() + 2);
  for (const std::string& s : strings) out.push_back(const_cast<char*>(s.c_str()));  // execve(2) changes none of them
  return out;
}

Launch prepare(const spec::Hook& hook, const Options& options) {
  Launch launch;
  launch.path = hook.path.c_str();
  launch.argv = pointers(hook.args);
  if (launch.argv.empty()) launch.argv.push_back(const_cast<char*>(launch.path));
  launch.argv.push_back(nullptr);
  launch.envp = pointers(hook.env);
  launch.envp.push_back(nullptr);
  launch.environment = hook.env.empty() && options.environment != nullptr ? options.environment : launch.envp.data();
  launch.directory = options.directory.empty() ? nullptr : options.directory.c_str();
  rlimit limit = {};
  (void)::getrlimit(RLIMIT_NOFILE, &limit);
  launch.descriptor_limit = static_cast<unsigned>(std::min<rlim_t>(limit.rlim_cur, 1 << 20));
  return launch;
}

Status run_one(const spec::Hook& hook, const std::string& state_json, const Options& options) {
  if (!hook.path.starts_with('/')) return Error{cat("hook path \"", hook.path, "\" is not absolute")};
  HUSK_LET(Pipe in, make_pipe());
  HUSK_LET(Pipe out, make_pipe());
  HUSK_LET(Pipe err, make_pipe());
  Launch launch = prepare(hook, options);
  launch.stdio[0] = in.read.get();
  launch.stdio[1] = out.write.get();
  launch.stdio[2] = err.write.get();
  HUSK_LET(Child child, spawn(&launch));
  int status = 0;
  if (launch.error != 0) {
    reap(child.pid, &status);
    return fail(launch.error, "fork/exec ", hook.path);
  }
  in.read.reset();
  out.write.reset();
  err.write.reset();
  Watch watch(std::move(child), std::move(in.write), std::move(out.read), std::move(err.read), state_json);
  if (!watch.until_end(hook.timeout ? int64_t{*hook.timeout} * 1000 : -1, &status))
    return Error{cat("hook ran past specified timeout of ", *hook.timeout, ".0s")};
  if (watch.lost) return Error{"its exit status was taken by another part of the program"};
  if (WIFEXITED(status) && WEXITSTATUS(status) == 0) return {};
  return Error{cat(status_text(status), ", stdout: ", watch.stdout_text, ", stderr: ", watch.stderr_text)};
}

}  // namespace

Status run(std::span<const spec::Hook> hooks, std::string_view kind, const std::string& state_json,
           const Options& options) {
  for (size_t i = 0; i < hooks.size(); ++i) {
    Status status = run_one(hooks[i], state_json, options);
    if (options.ran) options.ran(i, status);
    if (status.ok()) continue;
    status.error().more = cat("the hook is ", hooks[i].path);
    return std::move(status).error().within(cat("error running ", kind, " hook #", i));
  }
  return {};
}

}  // namespace husk::hooks
