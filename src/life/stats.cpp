// The numbers of a container, once.
#include "rooms/cgroup/stats.h"

#include "life/container.h"

namespace husk {

Result<std::string> stats(const Environment& env, const std::string& id) {
  HUSK_LET(const life::Found found, life::find(env, id));
  if (found.phase == Phase::stopped) return Error{cat("container with id ", id, " is not running")};
  Result<cgroup::Located> cgroup = cgroup::locate(found.state.cgroups);
  if (!cgroup.ok()) return std::move(cgroup).error().within(cat("cannot read the numbers of container ", id));
  return cgroup::stats_json(cgroup::read_stats(*cgroup));
}

}  // namespace husk
