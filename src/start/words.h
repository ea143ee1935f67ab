// What a launch says of messages and failures.
#pragma once

#include "start/protocol.h"

namespace husk::starting {

// For the timeline: a message by name, and what the parent does about it.
struct Words {
  Kind kind;
  const char *waited, *work;
};
[[nodiscard]] const Words& words_for(Kind kind);

// The likely cause of an execve that has failed, or "".
[[nodiscard]] const char* why_no_program(const Frame& frame);

}  // namespace husk::starting
