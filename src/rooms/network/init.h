#pragma once

#include "rooms/network/steps.h"
#include "sys/fault.h"

namespace husk::network {

sys::Fault apply(const LoopbackUp& step);

}  // namespace husk::network
