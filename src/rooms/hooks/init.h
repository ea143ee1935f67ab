#pragma once

#include "base/arena.h"
#include "rooms/hooks/steps.h"
#include "sys/fault.h"

namespace husk::hooks {

// Runs the hook in our namespaces, in directory `root`, with the container's state on its standard input. One
// that brings no environment has `process_env`: that of the container's process, once it is known (runc's habit).
sys::Fault apply(const Hook& step, Str state, int root, const char** process_env, Arena& arena);

}  // namespace husk::hooks
