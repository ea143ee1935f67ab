// clang-format off
// The conversation of a start, over one SOCK_SEQPACKET socket pair. Frames have one size; a text that is longer (the
// plan, the state for hooks) follows its frame in pieces of kPiece bytes.
//
//   frame        from            to      answer     value / rides along
//   plan         parent          child   -          size in bytes; the plan follows
//   pidfd        parent          child   -          a pidfd of the process whose namespaces are joined, if the plan says so
//   timeline     parent          child   -          memory to write down what was done when, if the plan says so
//   maps_please  child           parent  maps_done  -  (has unshared the user namespace)
//   maps_done    parent          child   -          -  (uid_map and gid_map are written)
//   init_pid     child           parent  -          pid of init, as the parent's PID namespace numbers it
//   network_please init          parent  network_   init's network namespace; once, before mounts are made, and only if
//                                        done       the plan says so
//   network_done parent          init    -          -  (its devices are there)
//   source_please init           parent  source     index of a bind mount in the plan; init's mount namespace rides along.
//                                                   Only before the root is changed, and once for each
//   source       parent          init    -          0 and the source as a detached mount, or -errno
//   hooks_please init            parent  state      -  (namespaces and mounts are there, the root not yet changed)
//   state        parent          init    -          size in bytes; the state for hooks follows
//   console      init            parent  -          the terminal's master
//   ready        init            parent  run        -  (left: seccomp, cwd, user and capabilities, look-up, execve)
//   listener     init            parent  listener_  the listener of a filter that asks an agent; once, after run
//                                        given
//   listener_given parent        init    -          -  (the agent has it)
//   run          parent          init    -          the exec fifo, when the program is to wait for `start`
//   error        child or init   parent  -          process, step, errno, what, path; the sender exits
//   (end)        execve closes init's end: the program runs. With an exec fifo init closes it when it begins to wait,
//                and what it has to say after that goes through the fifo (gate.h)
//
// Who says something is told by the kernel (SO_PASSCRED) and not by the frame: a process of a container that may trace
// ours can write to their socket. So init may be heard before init_pid, and its pid is then known already.
// clang-format on
//
// On the short way there is no child, and init receives the plan itself. When a side finds the socket closed where it
// expects a frame, the other one has died: init and child exit, the parent looks at the wait status.
//
// Each process has its own type of end, which has only the lines that are its to say.
#pragma once

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/arena.h"
#include "base/str.h"
#include "sys/fault.h"
#include "sys/fd.h"

namespace husk::starting {

enum class Kind : uint32_t {
  none,
  plan,
  pidfd,
  maps_please,
  maps_done,
  init_pid,
  network_please,
  network_done,
  source_please,
  source,
  hooks_please,
  state,
  console,
  ready,
  run,
  listener,
  listener_given,
  timeline,
  error
};
enum class Who : uint32_t { parent, child, init };

inline constexpr uint32_t kMagic = 0x6b737568;  // "husk"
inline constexpr uint32_t kVersion = 1;
inline constexpr uint32_t kNoStep = 0xffffffff;
inline constexpr size_t kPiece = 65536;
inline constexpr size_t kMaxText = 64UL << 20;

struct Frame {
  uint32_t magic = kMagic, version = kVersion;
  Kind kind = Kind::none;
  Who who = Who::parent;
  uint32_t step = kNoStep;  // index in the plan
  int32_t err = 0;          // errno, > 0
  uint32_t whole = 0;       // `what` is the whole sentence
  uint32_t unused = 0;
  int64_t value = 0;
  char what[408] = {};
  char path[1024] = {};
};
static_assert(sizeof(Frame) == 1472);

// -errno, or 0. No SIGPIPE.
int send_frame(int socket, const Frame& frame, int ride_along = -1);
// -errno; -EPIPE when the other end is gone; -EPROTO for something that is no frame. A descriptor that came along is
// put into `fd` when asked for, closed otherwise. `sender`: by the kernel's word, where the socket has SO_PASSCRED.
int receive_frame(int socket, Frame& frame, sys::Fd* fd = nullptr, pid_t* sender = nullptr);
int send_text(int socket, std::string_view text);
int receive_text(int socket, char* to, size_t size);

// What child and init have in common: they receive texts and report errors.
class Started {
 public:
  Started(int socket, Who who) : socket_(socket), who_(who) {}
  [[nodiscard]] int socket() const { return socket_; }
  void error(uint32_t step, const sys::Fault& fault) const;

 protected:
  bool pipe_ = false;
  [[nodiscard]] int say(Kind kind, int64_t value = 0, int fd = -1) const;
  [[nodiscard]] int expect(Kind kind, int64_t* value = nullptr, sys::Fd* fd = nullptr) const;
  [[nodiscard]] int expect_text(Kind kind, Arena& arena, Str& text) const;

  int socket_;

 private:
  Who who_;
};

class ChildEnd : public Started {
 public:
  explicit ChildEnd(int socket) : Started(socket, Who::child) {}
  [[nodiscard]] int receive_plan(Arena& arena, Str& plan) const { return expect_text(Kind::plan, arena, plan); }
  [[nodiscard]] int ask_for_maps() const {
    const int err = say(Kind::maps_please);
    return err < 0 ? err : expect(Kind::maps_done);
  }
  [[nodiscard]] int receive_pidfd(sys::Fd& fd) const { return expect(Kind::pidfd, nullptr, &fd); }
  [[nodiscard]] int receive_timeline(sys::Fd& fd) const { return expect(Kind::timeline, nullptr, &fd); }
  [[nodiscard]] int tell_init_pid(int pid) const { return say(Kind::init_pid, pid); }
};

class InitEnd : public Started {
 public:
  explicit InitEnd(int socket) : Started(socket, Who::init) {}
  [[nodiscard]] int receive_plan(Arena& arena, Str& plan) const { return expect_text(Kind::plan, arena, plan); }
  [[nodiscard]] int ask_for_network(int network_namespace) const {
    const int err = say(Kind::network_please, 0, network_namespace);
    return err < 0 ? err : expect(Kind::network_done);
  }
  [[nodiscard]] int ask_for_source(uint32_t step, int mount_namespace, sys::Fd& source) const {
    if (const int err = say(Kind::source_please, step, mount_namespace); err < 0) return err;
    int64_t result = 0;
    if (const int err = expect(Kind::source, &result, &source); err < 0) return err;
    constexpr int64_t kLastErrno = 4095;
    if (result < 0 && result >= -kLastErrno) return static_cast<int>(result);
    return result == 0 && source ? 0 : -EPROTO;
  }
  [[nodiscard]] int ask_for_hooks(Arena& arena, Str& state) const {
    const int err = say(Kind::hooks_please);
    return err < 0 ? err : expect_text(Kind::state, arena, state);
  }
  [[nodiscard]] int give_console(int master) const { return say(Kind::console, 0, master); }
  [[nodiscard]] int ready(sys::Fd& fifo) const {
    const int err = say(Kind::ready);
    return err < 0 ? err : expect(Kind::run, nullptr, &fifo);
  }
  // Comes back when the agent has it.
  [[nodiscard]] int give_listener(int listener) const {
    const int err = say(Kind::listener, 0, listener);
    return err < 0 ? err : expect(Kind::listener_given);
  }
  // The parent is let go; errors go to whoever opens the fifo.
  void speak_through(int fifo) {
    (void)sys::close(socket_);
    socket_ = fifo;
    pipe_ = true;
  }
};

class ParentEnd {
 public:
  explicit ParentEnd(sys::Fd socket) : socket_(std::move(socket)) {}
  [[nodiscard]] int give_plan(std::string_view plan) const { return say_text(Kind::plan, plan); }
  [[nodiscard]] int give_pidfd(int fd) const { return say(Kind::pidfd, 0, fd); }
  [[nodiscard]] int give_timeline(int fd) const { return say(Kind::timeline, 0, fd); }
  [[nodiscard]] int maps_done() const { return say(Kind::maps_done); }
  [[nodiscard]] int network_done() const { return say(Kind::network_done); }
  [[nodiscard]] int give_source(int fd) const { return say(Kind::source, fd < 0 ? fd : 0, fd); }
  [[nodiscard]] int give_state(std::string_view state) const { return say_text(Kind::state, state); }
  [[nodiscard]] int run(int fifo) const { return say(Kind::run, 0, fifo); }
  [[nodiscard]] int listener_given() const { return say(Kind::listener_given); }
  [[nodiscard]] int receive(Frame& frame, sys::Fd& fd, pid_t& sender) const {
    return receive_frame(socket_.get(), frame, &fd, &sender);
  }

 private:
  [[nodiscard]] int say(Kind kind, int64_t value = 0, int fd = -1) const;
  [[nodiscard]] int say_text(Kind kind, std::string_view text) const;
  sys::Fd socket_;
};

}  // namespace husk::starting
