#include "life/sockets.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "sys/fd.h"

namespace husk::life {
namespace {

Result<sys::Fd> connect_to(const std::string& path, const char* what, bool abstract) {
  HUSK_LET(const UnixAddress to, unix_address(what, path, abstract));
  // Somebody who does not accept, or read, is an error, and not a container that cannot be ended.
  sys::Fd fd(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd) return fail(errno, "socket");
  if (connect(fd.get(), reinterpret_cast<const struct sockaddr*>(&to.address), to.size) < 0)
    return fail(errno, "connect to ", what, " ", path);
  return fd;
}

Status send_fd(const std::string& path, const char* what, std::string_view text, int fd) {
  if (fd < 0) return Error{cat(what, " ", path, ": there is no descriptor to send"), 0, {}, 1};
  HUSK_LET(const sys::Fd to, connect_to(path, what, false));
  const int error = send_with_descriptor(to.get(), text, fd);
  return error == 0 ? Status() : fail(error, "send to ", what, " ", path);
}

}  // namespace

Result<UnixAddress> unix_address(const char* what, const std::string& name, bool abstract) {
  UnixAddress out;
  if (name.size() >= sizeof out.address.sun_path)
    return Error{cat(what, " ", name), ENAMETOOLONG, "a unix socket's path has at most 107 bytes", 1};
  out.address.sun_family = AF_UNIX;
  std::memcpy(out.address.sun_path, name.data(), name.size());
  const bool is_abstract = abstract && name.starts_with('@');
  if (is_abstract) out.address.sun_path[0] = '\0';
  // The name of an abstract socket ends where the address does, without a zero byte.
  out.size = static_cast<socklen_t>(offsetof(struct sockaddr_un, sun_path) + name.size() + (is_abstract ? 0 : 1));
  return out;
}

int send_with_descriptor(int socket, std::string_view text, int fd) {
  struct iovec part = {const_cast<char*>(text.data()), text.size()};
  alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = {};
  struct msghdr message = {};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof control;
  struct cmsghdr* c = CMSG_FIRSTHDR(&message);
  c->cmsg_level = SOL_SOCKET;
  c->cmsg_type = SCM_RIGHTS;
  c->cmsg_len = CMSG_LEN(sizeof(int));
  std::memcpy(CMSG_DATA(c), &fd, sizeof(int));
  ssize_t sent = -1;
  while ((sent = sendmsg(socket, &message, MSG_NOSIGNAL)) < 0)
    if (errno != EINTR) return errno;
  return static_cast<size_t>(sent) == text.size() ? 0 : EMSGSIZE;
}

Status send_console(const std::string& socket_path, int master) {
  return send_fd(socket_path, "console socket", "/dev/ptmx", master);
}

Status send_pidfd(const std::string& socket_path, int pidfd) {
  return send_fd(socket_path, "pidfd socket", "pidfd", pidfd);
}

Status send_listener(const std::string& socket_path, const std::string& text, int listener) {
  Result<sys::Fd> agent = connect_to(socket_path, "seccomp listenerPath", true);
  if (!agent.ok()) return std::move(agent).error().within("failed to connect with seccomp agent");
  const int error = send_with_descriptor(agent->get(), text, listener);
  return error == 0 ? Status() : fail(error, "send to seccomp agent ", socket_path);
}

Status check_passed_on(int count, const char* to) {
  for (int fd = 3; fd < 3 + count; ++fd)
    if (fcntl(fd, F_GETFD) < 0)
      return Error{cat("descriptor ", fd, " is to be passed to the ", to, " and is not open"), 0,
                   "--preserve-fds and LISTEN_FDS count from descriptor 3", 1};
  return {};
}

}  // namespace husk::life
