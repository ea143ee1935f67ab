// Stopping all processes of a cgroup where they are: v1's freezer.state, v2's cgroup.freeze.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace husk::cgroup {

// Whether the cgroup in these directories (of one container, one for each hierarchy) is frozen, or about to be. False
// where there is no freezer.
[[nodiscard]] bool is_frozen(const std::vector<std::string>& directories);

// Freezes or thaws and waits, up to some seconds, until the kernel has done it. An error where there is no freezer.
[[nodiscard]] Status freeze(const std::vector<std::string>& directories);
[[nodiscard]] Status thaw(const std::vector<std::string>& directories);

}  // namespace husk::cgroup
