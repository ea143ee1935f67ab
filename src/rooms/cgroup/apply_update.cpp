#include "rooms/cgroup/stats_files.h"
#include "rooms/cgroup/update.h"

namespace husk::cgroup {
namespace {

// v2 lets a limit be set below what is used, and kills until it fits; v1 refuses by itself. This is the check that
// memory.checkBeforeUpdate asks for.
Status check_usage(const StatFiles& files, const spec::Memory& memory) {
  const std::string current = files.text("memory.current");
  if (current.empty()) return {};
  const uint64_t usage = to_number(current);
  const auto too_low = [usage](int64_t limit) { return limit > 0 && static_cast<uint64_t>(limit) <= usage; };
  if (const int64_t swap = memory.swap.value_or(0); too_low(swap))
    return Error{cat("rejecting memory+swap limit ", swap, ": not above the present usage of ", usage, " bytes")};
  if (const int64_t limit = memory.limit.value_or(0); too_low(limit))
    return Error{cat("rejecting memory limit ", limit, ": not above the present usage of ", usage, " bytes")};
  return {};
}

Status prepare_v2(const std::string& directory, spec::Memory& memory) {
  const StatFiles files(directory);
  if (memory.check_before_update.value_or(false)) HUSK_TRY(check_usage(files, memory));
  // Swap is given together with memory, and v2 wants it alone: the difference needs a memory limit, be it the old one.
  if (memory.swap.value_or(0) <= 0 || memory.limit.value_or(0) != 0) return {};
  const std::string limit = files.text("memory.max");
  if (!limit.empty() && !limit.starts_with("max")) memory.limit = static_cast<int64_t>(to_number(limit));
  return {};
}

}  // namespace

Status update(const Located& cgroup, spec::Resources resources, std::vector<std::string>* not_applied) {
  if (resources.memory && cgroup.mode == Mode::v2)
    HUSK_TRY(prepare_v2(cgroup.directories.front().path, *resources.memory));
  HUSK_LET(ResourcePlan plan, plan_resources(cgroup.mode, &resources, false));
  *not_applied = std::move(plan.not_applied);
  return write_resources(cgroup.directories, plan, true);
}

}  // namespace husk::cgroup
