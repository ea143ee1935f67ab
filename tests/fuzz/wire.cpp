// What arrives from another process: frames and texts of a start, the plan as init receives it, the fifo of a start's
// gate, the messages of husk-systemd. The other side says anything at all; the answer is an error, and no descriptor
// stays.
//
// An input is a letter and bytes.
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "fuzz.h"
#include "memory_files.h"
#include "rooms/cgroup/systemd_protocol.h"
#include "start/gate.h"
#include "start/protocol.h"
#include "travel.h"

namespace husk::fuzz {
namespace {

using namespace starting;

// The lowest free number tells whether descriptors were left open.
int lowest_free() {
  const int fd = dup(0);
  demand(fd >= 0, "there is a descriptor left");
  close(fd);
  return fd;
}

// One message, with up to three descriptors.
void send_message(int socket, std::string_view bytes, unsigned descriptors) {
  alignas(cmsghdr) char control[CMSG_SPACE(3 * sizeof(int))] = {};
  iovec part = {const_cast<char*>(bytes.data()), bytes.size()};
  msghdr message = {};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (descriptors != 0) {
    const int fds[3] = {socket, socket, socket};
    message.msg_control = control;
    message.msg_controllen = CMSG_SPACE(descriptors * sizeof(int));
    cmsghdr* c = CMSG_FIRSTHDR(&message);
    c->cmsg_level = SOL_SOCKET;
    c->cmsg_type = SCM_RIGHTS;
    c->cmsg_len = CMSG_LEN(descriptors * sizeof(int));
    std::memcpy(CMSG_DATA(c), fds, descriptors * sizeof(int));
  }
  (void)sendmsg(socket, &message, MSG_DONTWAIT | MSG_NOSIGNAL);
}

// A control byte (descriptors, and whether a frame's head is to be put in front), then kind, sender and value, or a
// length and as many bytes.
void send_all(int socket, Input& in) {
  for (int count = 0; count < 40 && !in.empty(); ++count) {
    const uint8_t control = in.byte();
    if ((control & 4) != 0) {
      Frame frame;
      frame.kind = static_cast<Kind>(in.byte() % 20);
      frame.who = static_cast<Who>(control >> 4 & 3);
      frame.value = in.number<int16_t>();
      if ((control & 8) != 0) frame.value = in.number<int64_t>();
      if ((control & 64) != 0) {
        const std::string_view text = in.take(in.byte());
        std::memset(frame.what, 'x', sizeof frame.what);  // no end, unless the input has one
        std::memset(frame.path, 'y', sizeof frame.path);
        std::memcpy(frame.what, text.data(), text.size());
        std::memcpy(frame.path, text.data(), text.size());
      }
      send_message(socket, {reinterpret_cast<const char*>(&frame), sizeof frame}, control & 3);
    } else {
      const std::string_view bytes = in.take(in.number<uint16_t>());
      if (!bytes.empty()) send_message(socket, bytes, control & 3);
    }
  }
}

void demand_errno(int err) {
  demand(err <= 0 && err > -4096, "the answer is 0 or an errno");
}

void hear_as_parent(sys::Fd socket) {
  const ParentEnd child(std::move(socket));
  for (;;) {
    Frame frame;
    sys::Fd came;
    pid_t sender = -1;
    const int err = child.receive(frame, came, sender);
    demand_errno(err);
    if (err < 0) {
      demand(!came, "no descriptor without a frame");
      if (err == -EPIPE) return;
      continue;
    }
    demand(frame.magic == kMagic && frame.version == kVersion, "a frame is one of ours");
    demand(strnlen(frame.what, sizeof frame.what) < sizeof frame.what, "a text has an end");
    demand(strnlen(frame.path, sizeof frame.path) < sizeof frame.path, "a path has an end");
  }
}

void demand_text(int err, const Str& text) {
  demand_errno(err);
  if (err == 0) demand(text.c_str()[text.size()] == '\0', "a text has an end");
}

void hear_as_init(int socket, uint8_t choice) {
  const InitEnd parent(socket);
  const ChildEnd child(socket);
  Arena arena;
  Str text;
  sys::Fd fd;
  switch (choice % 8) {
    case 0:
      if (const int err = parent.receive_plan(arena, text); err == 0) (void)recode(text);
      return;
    case 1:
      return demand_errno(child.ask_for_maps());
    case 2:
      return demand_errno(child.receive_pidfd(fd));
    case 3: {
      const int err = parent.ask_for_source(3, -1, fd);
      demand_errno(err);
      return demand(err != 0 || fd, "a source is a descriptor");
    }
    case 4: {
      const int err = parent.ask_for_hooks(arena, text);
      return demand_text(err, text);
    }
    case 5:
      demand_errno(parent.ready(fd));
      return demand_errno(parent.give_listener(-1));
    default: {
      demand_text(child.receive_plan(arena, text), text);
      demand_errno(parent.ask_for_source(0, -1, fd));
      demand_errno(parent.ask_for_hooks(arena, text));
      return demand_errno(parent.ready(fd));
    }
  }
}

void frames(Input& in) {
  const int before = lowest_free();
  {
    int ends[2] = {-1, -1};
    demand(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0, "there are sockets");
    sys::Fd ours(ends[0]);
    const sys::Fd theirs(ends[1]);
    const uint8_t who = in.byte();
    const int on = 1;
    if ((who & 16) != 0) setsockopt(ours.get(), SOL_SOCKET, SO_PASSCRED, &on, sizeof on);
    send_all(theirs.get(), in);
    shutdown(theirs.get(), SHUT_WR);  // nothing more: whoever listens comes to an end
    if ((who & 8) != 0)
      hear_as_parent(std::move(ours));
    else
      hear_as_init(ours.get(), who);
  }
  demand(lowest_free() == before, "no descriptor stays open");
}

void plan_text(std::string_view text) {
  const std::optional<std::string> once = recode(text);
  if (!once) return;
  demand(once->size() == text.size(), "a plan is as long as what it was read from");
  demand(recode(*once) == once, "a plan is encoded in one way");
}

// The fifo as `start` finds it, with whatever somebody has put into it.
void gate(std::string_view text) {
  static const MemoryFiles files({"unused"}, "gate");
  const int before = lowest_free();
  const std::string fifo = files.directory() + "/exec.fifo";
  (void)unlink(fifo.c_str());
  demand(mkfifo(fifo.c_str(), 0600) == 0, "there are fifos");
  {
    const sys::Fd keeps(open(fifo.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));  // or the pipe forgets what is in it
    sys::Fd writes(open(fifo.c_str(), O_WRONLY | O_NONBLOCK | O_CLOEXEC));
    demand(keeps && writes, "a fifo opens");
    (void)!write(writes.get(), text.data(), text.size());
    writes.reset();
    const Status passed = open_gate(files.directory());
    if (!good(passed)) demand(passed.error().text().find('\0') == std::string::npos, "an error is a text");
    (void)gate_state(files.directory());
  }
  demand(lowest_free() == before, "no descriptor stays open");
}

void messages(std::string_view text) {
  cgroup::systemd::Texts words(text.data(), text.size());
  cgroup::systemd::Texts numbers(text.data(), text.size());
  size_t length = 0;
  while (!words.done() && !words.bad()) {
    const Str one = words.next();
    if (words.bad()) break;
    demand(one.c_str()[one.size()] == '\0', "a text has an end");
    length += one.size() + 1;
  }
  demand(length <= text.size(), "no more than there was");
  while (!numbers.done() && !numbers.bad()) (void)numbers.number();
}

}  // namespace
}  // namespace husk::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  husk::fuzz::Input in(data, size);
  switch (in.byte()) {
    case 'f':
      husk::fuzz::frames(in);
      break;
    case 'p':
      husk::fuzz::plan_text(in.rest());
      break;
    case 'g':
      husk::fuzz::gate(in.rest());
      break;
    case 't':
      husk::fuzz::messages(in.rest());
      break;
    default:
      break;
  }
  return 0;
}
