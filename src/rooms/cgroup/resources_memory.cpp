// linux.resources.memory.
#include "rooms/cgroup/convert.h"
#include "rooms/cgroup/resources_plan.h"

namespace husk::cgroup {
namespace {

std::string number_or_max(int64_t n) {
  return n < 0 ? "max" : std::to_string(n);
}

void plan_v1(const spec::Memory& m, Draft* draft) {
  const int64_t limit = m.limit.value_or(0);
  int64_t swap = m.swap.value_or(0);
  if (limit == -1 && swap == 0) swap = -1;  // "no limit" means both
  // Since Linux 5.11 there is nothing else, and before it has to be said while the cgroup is empty. Not to want it is
  // no wish that any kernel of today grants, nor one that runc hears.
  if (m.use_hierarchy.value_or(false)) draft->write("memory", "memory.use_hierarchy", "1").optional = true;
  if (limit != 0) draft->write("memory", "memory.limit_in_bytes", std::to_string(limit)).either_order = swap != 0;
  // Without swap accounting there is no such file, and no limit on swap either.
  if (swap != 0) draft->write("memory", "memory.memsw.limit_in_bytes", std::to_string(swap)).optional = swap == -1;
  if (m.reservation.value_or(0) != 0)
    draft->write("memory", "memory.soft_limit_in_bytes", std::to_string(*m.reservation));
  if (m.kernel_tcp.value_or(0) != 0)
    draft->write("memory", "memory.kmem.tcp.limit_in_bytes", std::to_string(*m.kernel_tcp));
  if (m.disable_oom_killer.value_or(false)) draft->write("memory", "memory.oom_control", "1");
  if (m.swappiness) draft->write("memory", "memory.swappiness", std::to_string(*m.swappiness));
}

Status plan_v2(const spec::Memory& m, Draft* draft) {
  const int64_t limit = m.limit.value_or(0);
  HUSK_LET(const std::optional<int64_t> swap, swap_of(limit, m.swap.value_or(0)));
  // Where swap is not accounted for, there is no such file: then there is no limit, and no use of swap for 0.
  if (swap) draft->write("memory", "memory.swap.max", number_or_max(*swap)).optional = *swap <= 0;
  if (limit != 0) draft->write("memory", "memory.max", number_or_max(limit));
  if (m.reservation.value_or(0) != 0) draft->write("memory", "memory.low", number_or_max(*m.reservation));
  if (m.kernel_tcp.value_or(0) > 0)
    return Draft::not_on_v2("memory/kernelTCP", "buffers of TCP count as memory like all other");
  if (m.swappiness) return Draft::not_on_v2("memory/swappiness", "swap has a limit there, and no inclination");
  if (m.disable_oom_killer.value_or(false))
    return Draft::not_on_v2("memory/disableOOMKiller", "the kernel always kills when the limit is reached");
  return {};
}

}  // namespace

Status plan_memory(const spec::Memory& memory, Draft* draft) {
  constexpr uint64_t kMaxSwappiness = 100;
  if (memory.swappiness.value_or(0) > kMaxSwappiness)
    return Error{cat("/linux/resources/memory/swappiness: invalid memory swappiness value: ", *memory.swappiness,
                     " (valid range is 0-100)")};
  if (draft->v2()) return plan_v2(memory, draft);
  plan_v1(memory, draft);
  return {};
}

}  // namespace husk::cgroup
