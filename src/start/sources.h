// Sources of bind mounts that init cannot open itself.
#pragma once

#include "base/result.h"
#include "rooms/rootfs/plan.h"
#include "rooms/rootfs/steps.h"
#include "sys/fd.h"

namespace husk::starting {

// A detached copy of what the mount's source is in the mount namespace, or -errno.
sys::Fd copy_source(const rootfs::Mount& mount, int mount_namespace);

// The same with the owners of its files mapped.
Result<sys::Fd> copy_mapped_source(const rootfs::Mount& mount, const rootfs::IdmappedSource& mapping,
                                   int mount_namespace);

}  // namespace husk::starting
