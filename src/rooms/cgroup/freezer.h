// Stopping all processes of a cgroup where they are: v1's freezer.state, v2's cgroup.freeze.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace husk::cgroup {

// Whether the cgroup in these directories (of one container, one for each hierarchy) is frozen, or about to be. False
// where there is no freezer.
[[nodiscard]] bool is_frozen(const std::vector<std::string>& directories);

// v1: whether a cgroup inside that of the container is frozen, as the container can do where its mount is not
// read-only. Whoever is in there does not even die of SIGKILL; kill_all() helps. (On v2 the frozen die.)
[[nodiscard]] bool is_frozen_below(const std::vector<std::string>& directories);

// Freezes or thaws and waits, up to some seconds, until the kernel has done it. An error where there is no freezer.
[[nodiscard]] Status freeze(const std::vector<std::string>& directories);
[[nodiscard]] Status thaw(const std::vector<std::string>& directories);

}  // namespace husk::cgroup
