#pragma once

#include <csignal>

#include "husk/foreground.h"
#include "rooms/console/relay.h"
#include "sys/fd.h"

namespace husk {

// What Foreground has taken over, and what it was before.
struct Foreground::State {
  console::Caller caller;
  sys::Fd signals;  // signalfd of all that is blocked
  sigset_t found_mask = {};
  struct sigaction found_child = {};
  bool child_changed = false;
  bool subreaper = false;  // all children that end are reaped, not only the container's process
  int found_subreaper = 0;
  bool console_prepared = false;
  bool shared_terminal = false;

  State() = default;
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State();
  Status take_signals();
  void take_orphans();
  void reap() const;
};

}  // namespace husk
