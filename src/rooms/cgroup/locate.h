// The cgroup of a container that exists, found again from the directories in its state.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "rooms/cgroup/cgroup.h"

namespace husk::cgroup {

struct Located {
  Mode mode = Mode::none;
  std::vector<Directory> directories;  // each with its controllers
};

// Which hierarchy each directory belongs to. An error when there is none, or when the host's cgroups are mounted
// elsewhere now.
[[nodiscard]] Result<Located> locate(const std::vector<std::string>& paths);

// The same for a host that was looked at already. Pure; what belongs to no hierarchy is left out.
[[nodiscard]] Located locate_on(const Host& host, const std::vector<std::string>& paths);

// The directory with this controller; on v2 the only one there is. Null when it is not there.
[[nodiscard]] const Directory* directory_of(const std::vector<Directory>& directories, std::string_view controller);

}  // namespace husk::cgroup
