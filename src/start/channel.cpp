#include <sys/socket.h>
#include <sys/uio.h>

#include <cerrno>

#include "start/protocol.h"

namespace husk::starting {
namespace {

struct Control {  // room for one descriptor and the sender's credentials
  alignas(struct cmsghdr) char bytes[CMSG_SPACE(sizeof(int)) + CMSG_SPACE(sizeof(struct ucred))] = {};
};

// CMSG_NXTHDR() is a function of the C library.
struct cmsghdr* next_header(struct msghdr& message, struct cmsghdr* c) {
  auto* next = reinterpret_cast<char*>(c) + CMSG_ALIGN(c->cmsg_len);
  const auto* end = static_cast<char*>(message.msg_control) + message.msg_controllen;
  return next + sizeof(struct cmsghdr) <= end ? reinterpret_cast<struct cmsghdr*>(next) : nullptr;
}

// Takes what came along with a message: the first descriptor is kept, others are closed. False if there were others.
bool take_along(struct msghdr& message, sys::Fd& first, pid_t& sender) {
  size_t count = 0;
  for (struct cmsghdr* c = CMSG_FIRSTHDR(&message); c != nullptr; c = next_header(message, c)) {
    if (c->cmsg_level != SOL_SOCKET) continue;
    if (c->cmsg_type == SCM_CREDENTIALS && c->cmsg_len == CMSG_LEN(sizeof(struct ucred))) {
      struct ucred who = {};
      std::memcpy(&who, CMSG_DATA(c), sizeof who);
      sender = who.pid;
    }
    if (c->cmsg_type != SCM_RIGHTS) continue;
    for (size_t i = 0; i < (c->cmsg_len - CMSG_LEN(0)) / sizeof(int); ++i, ++count) {
      int number = -1;
      std::memcpy(&number, CMSG_DATA(c) + i * sizeof(int), sizeof(int));
      sys::Fd one(number);
      if (count == 0) first = std::move(one);
    }
  }
  return count <= 1;
}

long again(long (*once)(int, struct msghdr*, int), int socket, struct msghdr* message, int flags) {
  long ret = -EINTR;
  while (ret == -EINTR) ret = once(socket, message, flags);
  return ret;
}
long send_once(int socket, struct msghdr* message, int flags) {
  return sys::call(SYS_sendmsg, socket, message, flags);
}
long receive_once(int socket, struct msghdr* message, int flags) {
  return sys::call(SYS_recvmsg, socket, message, flags);
}

void put(char* to, size_t size, std::string_view text) {
  const size_t n = text.size() < size ? text.size() : size - 1;
  std::memcpy(to, text.data(), n);
  to[n] = '\0';
}

}  // namespace

int send_frame(int socket, const Frame& frame, int ride_along) {
  struct iovec part = {const_cast<Frame*>(&frame), sizeof frame};  // NOLINT(cppcoreguidelines-pro-type-const-cast)
  struct msghdr message = {};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  Control control;
  if (ride_along >= 0) {
    message.msg_control = control.bytes;
    message.msg_controllen = CMSG_SPACE(sizeof(int));
    struct cmsghdr* c = CMSG_FIRSTHDR(&message);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(sizeof(int));
    std::memcpy(CMSG_DATA(c), &ride_along, sizeof(int));
  }
  const long ret = again(send_once, socket, &message, MSG_NOSIGNAL);
  return ret < 0 ? static_cast<int>(ret) : 0;
}

int receive_frame(int socket, Frame& frame, sys::Fd* fd, pid_t* sender) {
  struct iovec part = {&frame, sizeof frame};
  struct msghdr message = {};
  Control control;
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control.bytes;
  message.msg_controllen = sizeof control.bytes;
  const long ret = again(receive_once, socket, &message, MSG_CMSG_CLOEXEC);
  if (ret == 0 || ret == -ECONNRESET) return -EPIPE;
  if (ret < 0) return static_cast<int>(ret);
  sys::Fd came;
  pid_t from = -1;
  if (!take_along(message, came, from) || (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0) return -EPROTO;
  if (ret != sizeof frame || frame.magic != kMagic || frame.version != kVersion) return -EPROTO;
  frame.what[sizeof frame.what - 1] = frame.path[sizeof frame.path - 1] = '\0';
  if (fd != nullptr) *fd = std::move(came);
  if (sender != nullptr) *sender = from;
  return 0;
}

int send_text(int socket, std::string_view text) {
  while (!text.empty()) {
    const std::string_view piece = text.substr(0, kPiece);
    struct iovec part = {const_cast<char*>(piece.data()), piece.size()};
    struct msghdr message = {};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    const long ret = again(send_once, socket, &message, MSG_NOSIGNAL);
    if (ret < 0) return static_cast<int>(ret);
    text.remove_prefix(piece.size());
  }
  return 0;
}

int receive_text(int socket, char* to, size_t size) {
  while (size > 0) {
    struct iovec part = {to, size};
    struct msghdr message = {};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    const long ret = again(receive_once, socket, &message, 0);
    if (ret < 0) return static_cast<int>(ret);
    if (ret == 0) return -EPIPE;
    to += ret;
    size -= static_cast<size_t>(ret);
  }
  return 0;
}

int Started::say(Kind kind, int64_t value, int fd) const {
  Frame frame;
  frame.kind = kind;
  frame.who = who_;
  frame.value = value;
  return send_frame(socket_, frame, fd);
}

int Started::expect(Kind kind, int64_t* value, sys::Fd* fd) const {
  Frame frame;
  if (int err = receive_frame(socket_, frame, fd); err < 0) return err;
  if (frame.kind != kind || frame.who != Who::parent) return -EPROTO;
  if (value != nullptr) *value = frame.value;
  return 0;
}

int Started::expect_text(Kind kind, Arena& arena, Str& text) const {
  int64_t size = 0;
  if (int err = expect(kind, &size); err < 0) return err;
  if (size < 0 || static_cast<uint64_t>(size) > kMaxText) return -EPROTO;
  char* to = static_cast<char*>(arena.take(static_cast<size_t>(size) + 1, 8));
  text = Str(to, static_cast<size_t>(size));
  return receive_text(socket_, to, text.size());
}

void Started::error(uint32_t step, const sys::Fault& fault) const {
  Frame frame;
  frame.kind = Kind::error;
  frame.who = who_;
  frame.step = step;
  frame.err = fault.err;
  frame.whole = fault.whole ? 1 : 0;
  put(frame.what, sizeof frame.what, fault.what);
  put(frame.path, sizeof frame.path, fault.path);
  if (pipe_)
    (void)sys::write(socket_, &frame, sizeof frame);  // shorter than PIPE_BUF: all or nothing
  else
    (void)send_frame(socket_, frame);
}

int ParentEnd::say(Kind kind, int64_t value, int fd) const {
  Frame frame;
  frame.kind = kind;
  frame.value = value;
  return send_frame(socket_.get(), frame, fd);
}

int ParentEnd::say_text(Kind kind, std::string_view text) const {
  const int err = say(kind, static_cast<int64_t>(text.size()));
  return err < 0 ? err : send_text(socket_.get(), text);
}

}  // namespace husk::starting
