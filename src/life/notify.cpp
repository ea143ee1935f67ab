#include "life/notify.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>
#include <cstring>

#include "base/weakness.h"
#include "host/files.h"
#include "life/sockets.h"
#include "store/store.h"

namespace husk::life {
namespace {

constexpr char kDirectory[] = "/notify";
constexpr char kSocket[] = "notify.sock";
constexpr char kInside[] = "/run/notify";
constexpr std::string_view kVariable = "NOTIFY_SOCKET=";
constexpr int kBarrierPatience = 30'000;  // ms, as runc
constexpr int kTick = 100;                // ms between two looks at a process without a pidfd
constexpr int kAtOnce = 1024;             // datagrams: one who sends without end does not keep us from signals

Status send(int manager, std::string_view text) {
  while (::send(manager, text.data(), text.size(), MSG_NOSIGNAL) < 0)
    if (errno != EINTR) return fail(errno, "send \"", text.substr(0, text.find('\n')), "\" to the notify socket");
  return {};
}

Status send_barrier(int manager, int fd) {
  const int error = send_with_descriptor(manager, "BARRIER=1", fd);
  return error == 0 ? Status() : fail(error, "send \"BARRIER=1\" to the notify socket");
}

int poll_retrying(struct pollfd* polls, nfds_t count, int timeout) {
  int ready = 0;
  do ready = poll(polls, count, timeout);
  while (ready < 0 && errno == EINTR);
  return ready;
}

}  // namespace

Result<UnixAddress> notify_address(const std::string& name) {
  if (name.size() < 2 || (name[0] != '/' && name[0] != '@'))
    return Error{cat("NOTIFY_SOCKET: ", name), 0,
                 "it must be a path or, with @ in front, the name of an abstract socket", 1};
  return unix_address("NOTIFY_SOCKET:", name, true);
}

bool says_ready(std::string_view datagram) {
  while (!datagram.empty()) {
    const size_t end = std::min(datagram.find('\n'), datagram.size());
    if (datagram.substr(0, end) == "READY=1") return true;
    datagram.remove_prefix(std::min(end + 1, datagram.size()));
  }
  return false;
}

bool add_notify(spec::Spec& spec, const std::string& container_directory) {
  const spec::Namespace* mount = spec.lx.find(spec::NsType::mount);
  if (mount == nullptr || !mount->path.empty()) return false;
  spec::Mount m;
  m.destination = kInside;
  m.type = "bind";
  m.source = container_directory + kDirectory;
  m.options = {"bind", "nosuid", "noexec", "nodev", weakened(Weakness::state_private) ? "rw" : "ro"};
  spec.mounts.push_back(std::move(m));
  std::vector<std::string>& env = spec.process->env;
  const auto named = [](const std::string& one) { return one.starts_with(kVariable); };
  env.erase(std::remove_if(env.begin(), env.end(), named), env.end());
  env.push_back(cat(kVariable, kInside, "/", kSocket));
  return true;
}

Status make_notify_directory(const std::string& container_directory) {
  const std::string path = container_directory + kDirectory;
  if (mkdir(path.c_str(), 0755) < 0) return fail(errno, "make ", path);
  // Whatever our umask: every user of the container may look for the socket.
  if (chmod(path.c_str(), 0755) < 0) return fail(errno, "set the permissions of ", path);
  return {};
}

Result<sys::Fd> listen_for_ready(const std::string& container_directory) {
  const std::string path = container_directory + kDirectory;
  const sys::Fd directory(open(path.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!directory) return fail(errno, "open ", path);
  // One of a start that was killed before it let the container through.
  (void)unlinkat(directory.get(), kSocket, 0);
  sys::Fd fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return fail(errno, "socket");
  // By the directory's descriptor: a unix socket's path has at most 107 bytes.
  HUSK_LET(const UnixAddress to, notify_address(cat("/proc/self/fd/", directory.get(), "/", kSocket)));
  if (bind(fd.get(), reinterpret_cast<const struct sockaddr*>(&to.address), to.size) < 0)
    return fail(errno, "bind ", path, "/", kSocket);
  if (fchmodat(directory.get(), kSocket, 0777, 0) < 0)
    return fail(errno, "set the permissions of ", path, "/", kSocket);
  return fd;
}

Result<sys::Fd> connect_to_manager(const std::string& name) {
  HUSK_LET(const UnixAddress to, notify_address(name));
  sys::Fd fd(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd) return fail(errno, "socket");
  if (connect(fd.get(), reinterpret_cast<const struct sockaddr*>(&to.address), to.size) < 0)
    return fail(errno, "connect to the notify socket ", name);
  return fd;
}

bool ready_has_come(int socket) {
  char text[4096];
  for (int count = 0; count < kAtOnce; ++count) {
    // Descriptors that the container sends along are not taken: there is no place for them.
    const ssize_t n = recv(socket, text, sizeof text, MSG_DONTWAIT);
    if (n < 0 && errno != EINTR) return false;
    if (n > 0 && says_ready({text, static_cast<size_t>(n)})) return true;
  }
  return false;
}

Result<sys::Fd> tell_manager(int manager, pid_t main_pid) {
  HUSK_TRY(send(manager, "READY=1\n"));
  HUSK_TRY(send(manager, cat("MAINPID=", main_pid, "\n")));
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) < 0) return fail(errno, "make a pipe");
  sys::Fd ours(ends[0]);
  const sys::Fd theirs(ends[1]);
  HUSK_TRY(send_barrier(manager, theirs.get()));
  return ours;
}

Status relay_ready(int socket, int manager, pid_t pid, int pidfd) {
  const uint64_t start_time = pidfd < 0 ? store::look_at(pid).start_time : 0;
  for (bool ended = false; !ready_has_come(socket);) {
    if (ended) return {};
    struct pollfd polls[2] = {{socket, POLLIN, 0}, {pidfd, POLLIN, 0}};
    if (poll_retrying(polls, 2, pidfd < 0 ? kTick : -1) < 0) return fail(errno, "wait for the container");
    ended = polls[1].revents != 0;
    if (pidfd >= 0) continue;
    const store::ProcessFacts facts = store::look_at(pid);
    ended = facts.ended || facts.start_time != start_time;
  }
  HUSK_LET(const sys::Fd barrier, tell_manager(manager, pid));
  // A manager that does not know the barrier keeps the other end for a while: no reason to fail.
  struct pollfd read = {barrier.get(), POLLIN, 0};
  (void)poll_retrying(&read, 1, kBarrierPatience);
  return {};
}

}  // namespace husk::life
