// As with husk-init (start/spawn.cpp), the caller may be a program with threads: the new process shares its memory for
// a moment, does nothing but system calls, and executes a file without a name. It inherits one thing, the socket, as
// its standard input, output and error: so what the dynamic loader has to say (a library is missing) comes to us, and
// not to whoever reads the error output of our caller.
#include "rooms/cgroup/systemd_program.h"

#include <linux/sched.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <cerrno>
#include <string>

#include "host/sealed_file.h"
#include "sys/calls.h"
#include "sys/clone.h"

extern "C" const char husk_systemd_blob[];
extern "C" const char husk_systemd_blob_end[];

namespace husk::cgroup::systemd {
namespace {

constexpr int kFirstPrivate = 3;

Result<sys::Fd> above_standard(sys::Fd fd) {
  if (fd.get() >= kFirstPrivate) return fd;
  const int moved = fcntl(fd.get(), F_DUPFD_CLOEXEC, kFirstPrivate);
  if (moved < 0) return fail(errno, "duplicate a descriptor");
  return sys::Fd(moved);
}

struct Child {
  int file;
  int socket;
  const char* argv[3];
  const char* env[4];
  int err;
};

// Runs in the caller's memory: system calls and its own stack, nothing else (and nothing that a sanitizer adds).
__attribute__((no_sanitize("address", "undefined"))) int become_program(void* data) {
  auto* c = static_cast<Child*>(data);
  // A terminal's interrupt is for who waits for us, and not for us.
  (void)sys::call(SYS_setsid);
  sys::close_on_exec_from(kFirstPrivate);
  for (int fd = 0; fd < kFirstPrivate; ++fd) (void)sys::dup3(c->socket, fd, 0);
  c->err = static_cast<int>(-sys::call(SYS_execveat, c->file, "", c->argv, c->env, AT_EMPTY_PATH));
  return 127;
}

constexpr size_t kStack = 65536;

long clone_child(Child& child, int& pidfd) {
  void* stack = mmap(nullptr, kStack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
  if (stack == MAP_FAILED) return -errno;
  struct clone_args args = {};
  args.flags = CLONE_VM | CLONE_VFORK | CLONE_PIDFD | CLONE_CLEAR_SIGHAND;
  args.pidfd = reinterpret_cast<uint64_t>(&pidfd);
  args.exit_signal = SIGCHLD;
  args.stack = reinterpret_cast<uint64_t>(stack);
  args.stack_size = kStack;
  long pid = sys::clone_with(SYS_clone3, reinterpret_cast<long>(&args), sizeof args, 0, 0, become_program, &child);
  if (pid == -ENOSYS || pid == -EINVAL) {
    const long top = reinterpret_cast<long>(stack) + static_cast<long>(kStack);
    pid = sys::clone_with(SYS_clone, CLONE_VM | CLONE_VFORK | SIGCHLD, top, 0, 0, become_program, &child);
  }
  munmap(stack, kStack);
  return pid;
}

// What says where systemd is; nothing else of our caller's environment is of use there.
class Environment {
 public:
  explicit Environment(const char* (&pointers)[4]) {
    constexpr const char* kNames[] = {"DBUS_SYSTEM_BUS_ADDRESS", "DBUS_SESSION_BUS_ADDRESS", "XDG_RUNTIME_DIR"};
    size_t n = 0;
    for (size_t i = 0; i < 3; ++i) {
      const char* value = getenv(kNames[i]);
      if (value == nullptr || *value == '\0') continue;
      texts_[i] = cat(kNames[i], "=", value);
      pointers[n++] = texts_[i].c_str();
    }
    pointers[n] = nullptr;
  }

 private:
  std::string texts_[3];
};

}  // namespace

Result<Program> start_program(bool user) {
  HUSK_LET(sys::Fd file, host::sealed_file("husk-systemd", husk_systemd_blob, husk_systemd_blob_end));
  HUSK_LET(file, above_standard(std::move(file)));
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) return fail(errno, "socketpair");
  Program out;
  out.socket.reset(pair[0]);
  HUSK_LET(const sys::Fd theirs, above_standard(sys::Fd(pair[1])));
  Child child = {file.get(), theirs.get(), {"husk-systemd", user ? "user" : "system", nullptr}, {}, 0};
  const Environment environment(child.env);
  // No handler of the caller may run on the child's side while the memory is shared.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int pidfd = -1;
  const long pid = clone_child(child, pidfd);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (pid < 0) return fail(static_cast<int>(-pid), "clone husk-systemd");
  out.pid = static_cast<pid_t>(pid);
  out.pidfd.reset(pidfd);
  if (child.err == 0) return out;
  end_program(out);
  if (child.err == ENOENT)
    return Error{"the systemd cgroup manager needs the dynamic loader of the C library, and there is none", 0,
                 "apt install libc6 libsystemd0, or do without --systemd-cgroup"};
  return fail(child.err, "execute husk-systemd");
}

void end_program(Program& program) {
  program.socket.reset();
  if (program.pid < 0) return;
  // By its descriptor: should the caller have waited for every child it has, the number may be somebody else's now.
  if (program.pidfd)
    (void)sys::call(SYS_pidfd_send_signal, program.pidfd.get(), SIGKILL, nullptr, 0);
  else
    (void)::kill(program.pid, SIGKILL);
  while (sys::call(SYS_wait4, program.pid, nullptr, __WALL, nullptr) == -EINTR) continue;
  program.pidfd.reset();
  program.pid = -1;
}

}  // namespace husk::cgroup::systemd
