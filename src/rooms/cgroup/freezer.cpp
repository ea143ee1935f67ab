#include "rooms/cgroup/freezer.h"

#include <fcntl.h>

#include "rooms/cgroup/tree.h"

namespace husk::cgroup {

bool is_frozen(const std::vector<std::string>& directories) {
  for (const std::string& path : directories) {
    std::string text;
    if (read_at(AT_FDCWD, (path + "/cgroup.freeze").c_str(), &text) == 0 && text.starts_with('1')) return true;
    if (path.find("/freezer/") == std::string::npos) continue;
    if (read_at(AT_FDCWD, (path + "/freezer.state").c_str(), &text) == 0 && text.starts_with("FR")) return true;
  }
  return false;
}

}  // namespace husk::cgroup
