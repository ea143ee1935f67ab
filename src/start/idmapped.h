// Idmapped mounts: made by the parent, which has the privilege over the file system that they ask for, and handed to
// init as detached mounts.
#pragma once

#include <vector>

#include "base/result.h"
#include "rooms/rootfs/plan.h"
#include "sys/fd.h"

namespace husk::starting {

// One detached mount for each, in order.
Result<std::vector<sys::Fd>> make_idmapped(const std::vector<rootfs::IdmappedSource>& sources);

}  // namespace husk::starting
