// A start must work when called from a program with threads: after a fork, only the calling thread exists in the copy,
// and whatever lock another one held stays locked there for ever. So the process we make shares the caller's memory
// for a moment (CLONE_VM | CLONE_VFORK: the calling thread sleeps meanwhile) and does nothing but system calls: adjust
// descriptors, execve husk-init. No copy of the caller is made, not even of its page tables.
//
// husk-init is a file without a name: a memfd with our embedded copy in it, sealed against writing. Whoever follows
// /proc/PID/exe from inside a container finds that, and nothing of the host (CVE-2019-5736).
#include "start/spawn.h"

#include <linux/sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>

#include "base/weakness.h"
#include "host/sealed_file.h"
#include "sys/calls.h"
#include "sys/clone.h"

extern "C" const char husk_init_blob[];
extern "C" const char husk_init_blob_end[];

namespace husk::starting {
namespace {

// All the child needs, put together before it exists.
struct Child {
  int init;
  int socket;
  int first_private;  // descriptors from here on are not inherited
  const char* argv[3];
  int err;
};

// Runs in the caller's memory: system calls and its own stack, nothing else (and nothing that a sanitizer adds).
__attribute__((no_sanitize("address", "undefined"))) int become_init(void* data) {
  auto* c = static_cast<Child*>(data);
  if (!weakened(Weakness::close_descriptors)) sys::close_on_exec_from(static_cast<unsigned>(c->first_private));
  (void)sys::call(SYS_fcntl, c->socket, F_SETFD, 0);
  const char* const env[] = {nullptr};
  c->err = static_cast<int>(-sys::call(SYS_execveat, c->init, "", c->argv, env, AT_EMPTY_PATH));
  return 127;
}

constexpr size_t kStack = 65536;

long clone_child(const SpawnOptions& options, Child& child, int& pidfd) {
  void* stack = mmap(nullptr, kStack, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK, -1, 0);
  if (stack == MAP_FAILED) return -errno;
  long pid = 0;
  if (options.clone3) {
    struct clone_args args = {};
    args.flags = options.namespaces;
    args.flags |= CLONE_VM | CLONE_VFORK | CLONE_PIDFD | CLONE_CLEAR_SIGHAND;
    args.pidfd = reinterpret_cast<uint64_t>(&pidfd);
    args.exit_signal = SIGCHLD;
    args.stack = reinterpret_cast<uint64_t>(stack);
    args.stack_size = kStack;
    if (options.cgroup >= 0) {
      args.flags |= CLONE_INTO_CGROUP;
      args.cgroup = static_cast<unsigned>(options.cgroup);
    }
    pid = sys::clone_with(SYS_clone3, reinterpret_cast<long>(&args), sizeof args, 0, 0, become_init, &child);
  } else {
    const uint64_t flags = CLONE_VM | CLONE_VFORK | SIGCHLD | options.namespaces;
    pid = sys::clone_with(SYS_clone, static_cast<long>(flags),
                          reinterpret_cast<long>(stack) + static_cast<long>(kStack), 0, 0, become_init, &child);
  }
  munmap(stack, kStack);
  return pid;
}

// A new process has the affinity of the thread that makes it. What the thread had it gets back.
class Affinity {
 public:
  Status set(std::span<const uint64_t> cpus) {
    if (cpus.empty()) return {};
    const long size = sys::call(SYS_sched_getaffinity, 0, sizeof before_, before_);
    if (size < 0) return fail(static_cast<int>(-size), "get CPU affinity");
    const long ret = sys::call(SYS_sched_setaffinity, 0, cpus.size() * sizeof(uint64_t), cpus.data());
    if (ret < 0) return fail(static_cast<int>(-ret), "error setting initial CPU affinity");
    size_ = size;
    return {};
  }
  Affinity() = default;
  Affinity(const Affinity&) = delete;
  Affinity& operator=(const Affinity&) = delete;
  ~Affinity() {
    if (size_ > 0) (void)sys::call(SYS_sched_setaffinity, 0, size_, before_);
  }

 private:
  uint64_t before_[1024];  // 65536 CPUs; what the kernel knows is written, and `size_` says how much that is
  long size_ = 0;
};

Result<sys::Fd> above(sys::Fd fd, int lowest) {
  if (fd.get() >= lowest) return fd;
  const int moved = fcntl(fd.get(), F_DUPFD_CLOEXEC, lowest);
  if (moved < 0) return fail(errno, "duplicate a descriptor");
  return sys::Fd(moved);
}

// Only in a weak build: husk-init as a file beside husk, which is what /proc/PID/exe of a container then leads to.
Result<sys::Fd> file_of_the_host() {
  char self[4096] = {};
  if (readlink("/proc/self/exe", self, sizeof self - 1) < 0) return fail(errno, "read /proc/self/exe");
  const std::string path = cat(static_cast<const char*>(self), ".init");
  const sys::Fd made(open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755));
  const auto size = static_cast<size_t>(husk_init_blob_end - husk_init_blob);
  if (made && write(made.get(), husk_init_blob, size) != static_cast<ssize_t>(size)) return fail(errno, "write ", path);
  sys::Fd out(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!out) return fail(errno, "open ", path);
  return out;
}

}  // namespace

Result<SocketPair> make_sockets(int preserve_fds) {
  int pair[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0) return fail(errno, "socketpair");
  SocketPair out;
  out.ours.reset(pair[0]);
  const int on = 1;
  if (setsockopt(pair[0], SOL_SOCKET, SO_PASSCRED, &on, sizeof on) < 0) {
    (void)close(pair[1]);
    return fail(errno, "ask for the senders of messages");
  }
  HUSK_LET(out.theirs, above(sys::Fd(pair[1]), 3 + preserve_fds));
  return out;
}

Result<Spawned> spawn(const SpawnOptions& options, const sys::Fd& socket) {
  HUSK_LET(sys::Fd init, weakened(Weakness::init_sealed)
                             ? file_of_the_host()
                             : host::sealed_file("husk-init", husk_init_blob, husk_init_blob_end));
  const int lowest = 3 + options.preserve_fds;
  HUSK_LET(init, above(std::move(init), lowest));
  Spawned out;
  Affinity affinity;
  HUSK_TRY(affinity.set(options.affinity));
  const std::string number = cat(socket.get());
  Child child = {init.get(), socket.get(), lowest, {"husk-init", number.c_str(), nullptr}, 0};
  // No handler of the caller may run on the child's side while the memory is shared.
  sigset_t all;
  sigset_t before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  int pidfd = -1;
  const long pid = clone_child(options, child, pidfd);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (pid < 0) return fail(static_cast<int>(-pid), "clone init");
  out.pid = static_cast<pid_t>(pid);
  out.pidfd.reset(pidfd);
  if (child.err != 0) {
    (void)sys::call(SYS_wait4, pid, nullptr, 0, nullptr);
    return fail(child.err, "execute husk-init");
  }
  return out;
}

}  // namespace husk::starting
