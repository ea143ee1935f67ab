#pragma once

#include "base/arena.h"
#include "rooms/hooks/steps.h"
#include "sys/fault.h"

namespace husk::hooks {

// Runs the hook in our namespaces, in directory `root`, with the container's state on its standard input.
sys::Fault apply(const Hook& step, Str state, int root, Arena& arena);

}  // namespace husk::hooks
