// The caller's side of a container's terminal: its own terminal in raw mode, and the bytes that go back and forth.
//
//     caller's stdin  ──► to_master_ ──► master ══ slave (the container's stdio)
//     caller's stdout ◄── to_caller_ ◄── master
//
// Nothing here may block, or a signal for the container would wait behind a slow reader. The master is ours alone, so
// it is made non-blocking. The caller's stdin and stdout are not ours: O_NONBLOCK belongs to the file description,
// which the shell that started us shares and would stumble over later. So for a pipe or a terminal a description of
// our own is opened through /proc/self/fd; a socket has MSG_DONTWAIT; a regular file never blocks for long. Where the
// opening is refused (a terminal of another user after su), poll(2) is asked before each read and each write of a few
// bytes, which a pipe promises to take at once and a terminal nearly always does.
//
// Line ends are translated once. A terminal in cooked mode turns \n into \r\n on output (ONLCR). In raw mode the
// caller's no longer does, so the container's terminal takes over exactly what the caller's was set to. When the
// output goes anywhere else (a file, a pipe), the container's does not translate, and the bytes arrive as written.
#pragma once

#include <poll.h>
#include <sys/types.h>
#include <termios.h>

#include <cstddef>
#include <span>

#include "sys/fd.h"

namespace husk::console {

// The descriptors that a container's terminal is relayed to.
struct Caller {
  int in = 0;
  int out = 1;
  int err = 2;
};

// The caller's terminal, if it has one. It is given back as it was found by restore() and by the destructor.
class Terminal {
 public:
  explicit Terminal(const Caller& caller);
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;
  ~Terminal() { restore(); }

  // Sets up the container's terminal for the relay: line ends and size. Best before anything is written to it.
  void prepare(int master) const;
  void copy_size(int master) const;

  // Whether stdin may be read and is in raw mode now. In a background job neither may happen: the shell owns the
  // terminal then, and touching it would stop us (or fail, as SIGTTIN is blocked).
  bool take();
  // Somebody stopped and continued us: the shell has set its own modes in between.
  void lost() { raw_ = false; }
  void restore();

  [[nodiscard]] bool present() const { return input_is_terminal_; }

 private:
  [[nodiscard]] bool in_foreground() const;

  Caller caller_;
  bool input_is_terminal_ = false;
  bool output_is_same_ = false;  // stdout is the terminal that stdin is
  bool raw_ = false;
  struct termios found_ = {};
};

class Relay {
 public:
  static constexpr size_t kPolls = 3;

  Relay(int master, const Caller& caller);

  // What to wait for; afterwards pump() with what poll(2) answered.
  void want(std::span<struct pollfd, kPolls> polls) const;
  void pump(std::span<const struct pollfd, kPolls> polls);
  // How long to wait at most, in ms: a master whose other side is closed by all cannot be polled (it answers POLLHUP
  // at once, always), but somebody may open it again.
  [[nodiscard]] int timeout() const { return hung_up_ ? 100 : -1; }

  void pause_input(bool paused) { input_paused_ = paused; }
  // The container's process has ended: what it wrote is still to be delivered, nothing more is read from the caller.
  void finish();
  [[nodiscard]] bool finished() const;
  // Whoever read our output has gone: there is nobody to show the container's terminal to.
  [[nodiscard]] bool output_lost() const { return output_lost_; }

 private:
  static constexpr size_t kOutput = 8192;
  static constexpr size_t kInput = 1024;
  // More than the kernel keeps for a terminal (640 KiB): a process that outlives init and writes on is not waited for.
  static constexpr size_t kLastBytes = size_t{1} << 20;

  // A description of a caller's end that can be used without blocking, or how else to do it.
  struct End {
    int fd = -1;
    sys::Fd own;
    bool socket = false;
    bool may_block = false;
    void open(int caller_fd, int mode);
  };

  void read_master();
  void read_caller();
  void write_master();
  void write_caller(bool polled);

  int master_;
  End in_, out_;
  bool input_open_ = true;
  bool input_paused_ = false;
  bool output_lost_ = false;
  bool hung_up_ = false;  // all have closed the container's side
  bool finishing_ = false;
  bool drained_ = false;   // finishing, and the master is empty
  size_t last_bytes_ = 0;  // read since finish()
  size_t out_begin_ = 0, out_end_ = 0;
  size_t in_begin_ = 0, in_end_ = 0;
  char to_caller_[kOutput];
  char to_master_[kInput];
};

}  // namespace husk::console
