// Changing the limits of a cgroup that is in use.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "rooms/cgroup/locate.h"
#include "spec/types.h"

namespace husk::cgroup {

// Writes what `resources` names; the rest stays as it is. When the kernel refuses a value, those before it are put
// back. `not_applied`: what was asked for and is not implemented, as in ResourcePlan.
[[nodiscard]] Status update(const Located& cgroup, spec::Resources resources, std::vector<std::string>* not_applied);

}  // namespace husk::cgroup
