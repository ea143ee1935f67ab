// The mapping of an idmapped mount.
#pragma once

#include "base/result.h"
#include "rooms/rootfs/plan.h"
#include "sys/fd.h"

namespace husk::starting {

// A user namespace that has it.
Result<sys::Fd> mapping_of(const rootfs::IdmappedSource& source);

}  // namespace husk::starting
