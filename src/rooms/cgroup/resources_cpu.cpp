// linux.resources.cpu.
#include "rooms/cgroup/convert.h"
#include "rooms/cgroup/resources_plan.h"

namespace husk::cgroup {
namespace {

void cpuset(const spec::Cpu& c, Draft* draft) {
  if (!c.cpus.empty()) draft->write("cpuset", "cpuset.cpus", c.cpus);
  if (!c.mems.empty()) draft->write("cpuset", "cpuset.mems", c.mems);
}

// An idle cgroup takes no shares: it stops being one before they are set, and becomes one after.
void idle(const spec::Cpu& c, bool before_shares, Draft* draft) {
  if (c.idle && (*c.idle == 0) == before_shares) draft->write("cpu", "cpu.idle", std::to_string(*c.idle));
}

// The kernel takes any number and makes it one of these.
Status shares_v1(uint64_t shares, Draft* draft) {
  constexpr uint64_t kMin = 2;
  constexpr uint64_t kMax = 262144;
  if (shares < kMin) return Error{cat("/linux/resources/cpu/shares: the minimum allowed cpu-shares is ", kMin)};
  if (shares > kMax) return Error{cat("/linux/resources/cpu/shares: the maximum allowed cpu-shares is ", kMax)};
  draft->write("cpu", "cpu.shares", std::to_string(shares));
  return {};
}

Status cpu_v1(const spec::Cpu& c, Draft* draft) {
  idle(c, true, draft);
  if (c.shares.value_or(0) != 0) HUSK_TRY(shares_v1(*c.shares, draft));
  const bool quota = c.quota.value_or(0) != 0;
  if (c.period.value_or(0) != 0)
    draft->write("cpu", "cpu.cfs_period_us", std::to_string(*c.period)).either_order = quota;
  if (quota) draft->write("cpu", "cpu.cfs_quota_us", std::to_string(*c.quota)).either_order = c.burst.has_value();
  if (c.burst) draft->write("cpu", "cpu.cfs_burst_us", std::to_string(*c.burst));
  const bool realtime = c.realtime_runtime.value_or(0) != 0;
  if (c.realtime_period.value_or(0) != 0)
    draft->write("cpu", "cpu.rt_period_us", std::to_string(*c.realtime_period)).either_order = realtime;
  if (realtime) draft->write("cpu", "cpu.rt_runtime_us", std::to_string(*c.realtime_runtime));
  idle(c, false, draft);
  return {};
}

Status cpu_v2(const spec::Cpu& c, Draft* draft) {
  constexpr const char* kNoRealtime = "realtime processes have no limits there";
  if (c.realtime_runtime.value_or(0) != 0) return Draft::not_on_v2("cpu/realtimeRuntime", kNoRealtime);
  if (c.realtime_period.value_or(0) != 0) return Draft::not_on_v2("cpu/realtimePeriod", kNoRealtime);
  idle(c, true, draft);
  if (c.shares.value_or(0) != 0) draft->write("cpu", "cpu.weight", std::to_string(weight_of(*c.shares)));
  const int64_t quota = c.quota.value_or(0);
  const uint64_t period = c.period.value_or(0);
  if (quota != 0 || period != 0) {
    std::string value = quota > 0 ? std::to_string(quota) : "max";
    // The kernel keeps the present period when none is given; a new cgroup's is 100000.
    if (period != 0) value += cat(' ', period);
    draft->write("cpu", "cpu.max", std::move(value)).either_order = c.burst.has_value();
  }
  if (c.burst) draft->write("cpu", "cpu.max.burst", std::to_string(*c.burst));
  idle(c, false, draft);
  return {};
}

}  // namespace

Status plan_cpu(const spec::Cpu& cpu, Draft* draft) {
  cpuset(cpu, draft);
  return draft->v2() ? cpu_v2(cpu, draft) : cpu_v1(cpu, draft);
}

}  // namespace husk::cgroup
