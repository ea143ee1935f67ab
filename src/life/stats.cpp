// The numbers of a container, once.
#include "rooms/cgroup/stats.h"

#include "life/container.h"

namespace husk {

Result<std::string> life::rdt_stats(const store::State& state) {
  if (state.rdt.group.empty()) return std::string("{}");
  HUSK_LET(const std::string root, intelrdt::root());
  return intelrdt::stats_json(root, state.rdt);
}

Result<std::string> stats(const Environment& env, const std::string& id) {
  HUSK_LET(const life::Found found, life::find(env, id));
  if (found.phase == Phase::stopped) return Error{cat("container with id ", id, " is not running")};
  Result<cgroup::Located> cgroup = cgroup::locate(found.state.cgroup.directories);
  if (!cgroup.ok()) return std::move(cgroup).error().within(cat("cannot read the numbers of container ", id));
  HUSK_LET(const std::string rdt, life::rdt_stats(found.state));
  return cgroup::stats_json(cgroup::read_stats(*cgroup), rdt);
}

}  // namespace husk
