#pragma once

#include "rooms/seccomp/steps.h"
#include "sys/fault.h"

namespace husk::seccomp {

// Hands a listener over, to an agent in the end: 0 or -errno.
struct GiveListener {
  int (*give)(void* whom, int listener) = nullptr;
  void* whom = nullptr;
};

// Without a listener `to` is not used. With one the call needs room for a second thread, for a moment, and comes back
// when the agent has the listener; in this process no descriptor of it is left.
sys::Fault apply(const Load& step, const GiveListener& to);

}  // namespace husk::seccomp
