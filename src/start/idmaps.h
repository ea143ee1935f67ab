// uid_map and gid_map of a user namespace that a process of ours has just unshared.
#pragma once

#include <sys/types.h>

#include "base/result.h"
#include "rooms/namespaces/plan.h"

namespace husk::starting {

// Only the parent may do this: it sits in the user namespace above. Directly, or by newuidmap and newgidmap.
Status write_id_maps(pid_t pid, const namespaces::NamespacePlan& plan);

}  // namespace husk::starting
