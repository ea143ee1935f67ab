// pause and resume.
#include "life/container.h"
#include "rooms/cgroup/freezer.h"

namespace husk {

Status pause(const Environment& env, const std::string& id) {
  HUSK_LET(const life::Found found, life::find_locked(env, id));
  if (found.phase != Phase::running && found.phase != Phase::created) return Error{"container not running"};
  if (Status s = cgroup::freeze(found.state.cgroup.directories); !s.ok())
    return std::move(s).error().within(cat("cannot pause container ", id));
  return {};
}

Status resume(const Environment& env, const std::string& id) {
  HUSK_LET(const life::Found found, life::find_locked(env, id));
  if (found.phase != Phase::paused) return Error{"container not paused"};
  if (Status s = cgroup::thaw(found.state.cgroup.directories); !s.ok())
    return std::move(s).error().within(cat("cannot resume container ", id));
  return {};
}

}  // namespace husk
