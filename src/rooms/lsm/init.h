#pragma once

#include "rooms/lsm/steps.h"
#include "sys/fault.h"

namespace husk::lsm {

// `procfs`: the caller's.
sys::Fault apply(const Label& step, int procfs);

}  // namespace husk::lsm
