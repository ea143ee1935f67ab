#include "rooms/cgroup/controllers.h"
#include "rooms/cgroup/devices_update.h"
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

// A limit as a number; nothing where there is none.
std::optional<int64_t> limit_in(const StatFiles& files, const char* file) {
  const std::string text = files.text(file);
  if (text.empty() || text.starts_with("max")) return {};
  return static_cast<int64_t>(to_number(text));
}

// The configuration's limit of swap includes memory, and v2 keeps swap alone. So whichever of the two is changed, the
// other one's present value is needed, as if it had been given again. Swap that is forbidden (0) stays forbidden.
void complete_v2(const StatFiles& files, bool swap_is_given, spec::Memory& memory) {
  const int64_t limit = memory.limit.value_or(0);
  const int64_t swap = memory.swap.value_or(0);
  if (swap > 0 && limit == 0) memory.limit = limit_in(files, "memory.max");
  if (limit <= 0 || swap != 0 || swap_is_given) return;
  const int64_t old = limit_in(files, "memory.swap.max").value_or(0);
  if (old != 0) memory.swap = old + limit_in(files, "memory.max").value_or(0);
}

// Quota and period are one file, and one property of systemd.
void complete_v2(const StatFiles& files, spec::Cpu& cpu) {
  const bool quota = cpu.quota.value_or(0) != 0;
  const bool period = cpu.period.value_or(0) != 0;
  if (quota == period) return;
  const std::string text = files.text("cpu.max");  // "max 100000"
  std::string_view rest = text;
  const std::string_view old = take(rest, ' ');
  if (old.empty()) return;
  if (period)
    cpu.quota = old == "max" ? -1 : static_cast<int64_t>(to_number(old));
  else if (const uint64_t n = to_number(rest); n != 0)
    cpu.period = n;
}

}  // namespace

Status complete(const Located& cgroup, spec::Resources* resources) {
  if (cgroup.mode != Mode::v2 || cgroup.directories.empty()) return {};
  const StatFiles files(cgroup.directories.front().path);
  if (resources->cpu) complete_v2(files, *resources->cpu);
  if (!resources->memory) return {};
  spec::Memory& memory = *resources->memory;
  if (memory.check_before_update.value_or(false)) HUSK_TRY(check_usage(files, memory));
  bool swap_is_given = false;
  for (const auto& [file, value] : resources->unified) swap_is_given = swap_is_given || file == "memory.swap.max";
  complete_v2(files, swap_is_given, memory);
  return {};
}

Status update(const Located& cgroup, spec::Resources resources, const std::vector<spec::DeviceRule>* configured) {
  if (cgroup.directories.empty()) return Error{"the container has no cgroup"};
  HUSK_TRY(complete(cgroup, &resources));
  HUSK_LET(const ResourcePlan plan, plan_resources(cgroup.mode, &resources, false));
  if (cgroup.mode == Mode::v2 && !plan.controllers.empty())
    enable_controllers(cgroup.directories.front(), plan.controllers, false);
  DeviceChange devices(cgroup);
  if (configured != nullptr && !resources.devices.empty()) {
    HUSK_LET(const DeviceList asked, fold_devices(resources.devices));
    const Result<DeviceList> before = fold_devices(*configured);
    if (!before.ok() || asked != *before) HUSK_TRY(devices.apply(asked, before.ok() ? &*before : nullptr));
  }
  Status written = write_resources(cgroup.directories, plan, true);
  if (!written.ok()) devices.revert();
  return written;
}

}  // namespace husk::cgroup
