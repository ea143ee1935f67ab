// update: other limits for a container that exists.
#include "rooms/cgroup/update.h"

#include "life/container.h"
#include "spec/parse.h"
#include "spec/validate.h"

namespace husk {

Status update(const Environment& env, const std::string& id, const std::string& resources_json) {
  HUSK_LET(const life::Found found, life::find_locked(env, id));
  HUSK_LET(spec::Resources resources, spec::parse_resources(resources_json));
  HUSK_TRY(spec::validate_resources(resources));
  if (found.phase == Phase::stopped) return Error{"container not running"};
  Result<cgroup::Located> cgroup = cgroup::locate(found.state.cgroups);
  if (!cgroup.ok()) return std::move(cgroup).error().within(cat("cannot update container ", id));
  std::vector<std::string> not_applied;
  HUSK_TRY(cgroup::update(*cgroup, std::move(resources), &not_applied));
  for (const std::string& what : not_applied)
    life::say(env, Level::warning, cat(what, " is not applied by this version"));
  return {};
}

}  // namespace husk
