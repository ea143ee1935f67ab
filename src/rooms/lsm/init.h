#pragma once

#include "rooms/lsm/steps.h"
#include "sys/fault.h"

namespace husk::lsm {

sys::Fault apply(const ExecLabel& step, int procfs);

}  // namespace husk::lsm
