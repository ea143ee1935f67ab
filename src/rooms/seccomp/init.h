#pragma once

#include "rooms/seccomp/steps.h"
#include "sys/fault.h"

namespace husk::seccomp {

sys::Fault apply(const Load& step);

}  // namespace husk::seccomp
