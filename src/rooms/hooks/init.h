#pragma once

#include "base/arena.h"
#include "rooms/hooks/steps.h"
#include "sys/fault.h"

namespace husk::hooks {

// Runs the hook where we are, with the container's state on its standard input.
sys::Fault apply(const Hook& step, Str state, Arena& arena);

}  // namespace husk::hooks
