// v2: which controllers a cgroup has is up to those above it.
#pragma once

#include <string>
#include <vector>

#include "rooms/cgroup/cgroup.h"

namespace husk::cgroup {

// Has the cgroups above a leaf hand down the controllers `wanted`, and with `all` every one that there is. Best effort:
// a controller that cannot be had is found out when its file is written, with a better sentence.
void enable_controllers(const Directory& leaf, const std::vector<std::string>& wanted, bool all);

}  // namespace husk::cgroup
