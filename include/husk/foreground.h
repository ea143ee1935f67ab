// Staying with a container until its process ends: terminal relay, window size, signals, zombies.
#pragma once

#include "husk/husk.h"

namespace husk {

// Takes over the caller's terminal and signals for the time of one foreground container, and gives both back when it
// is destroyed. Make it before run(), so that no signal is lost in between; the signal mask of the calling thread is
// changed, so use it in a program (or a thread arrangement) that wants this: the husk command does. Signals that come
// after the container's end stay pending for the caller.
class Foreground {
 public:
  struct Options {
    bool subreaper = true;  // orphans of the container come to us and are reaped, like any child that ends meanwhile
    // The process is in the caller's session and has its terminal: what is typed there reaches both, and when it is
    // stopped, so are we.
    bool shared_terminal = false;
    // The caller's ends of a terminal. Nothing about them is changed for longer than wait() takes.
    int in = 0, out = 1, err = 2;
  };
  static Result<Foreground> enter(const Options& options);
  Foreground(Foreground&&) noexcept;
  Foreground& operator=(Foreground&&) noexcept;
  Foreground(const Foreground&) = delete;
  Foreground& operator=(const Foreground&) = delete;
  ~Foreground();

  // Gives the container's terminal the caller's window size and line ends. Meant for CreateOptions::on_console, so that
  // it is done before the container's process writes; wait() makes up for it otherwise.
  void prepare_console(int master);

  // Relays until the process has ended. Returns its exit code: its status, or 128+n when signal n ended it. The
  // console's master is closed: at the end, or once nobody reads our output any more (a terminal without anybody in
  // front of it is hung up). On an error the process has been killed.
  Result<int> wait(Launched& container);

  // Takes the exit status of every child that has ended: the container's orphans came to us as their subreaper.
  void reap();

 private:
  struct State;
  explicit Foreground(State* state);
  State* state_ = nullptr;
};

}  // namespace husk
