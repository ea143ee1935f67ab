// Limits that the kernel would refuse.
#include <algorithm>

#include "json/document.h"
#include "spec/foresee.h"
#include "spec/validate_detail.h"

namespace husk::spec {
namespace {

using json::shown;

void memory(const Memory& m, bool v1, Report& report) {
  const auto look = [&](const char* name, const std::optional<int64_t>& value) {
    if (!v1 || value.value_or(0) >= -1) return;
    report.add(cat("/linux/resources/memory/", name), *value, " is below -1 (no limit), which cgroup v1 refuses");
    report.of_host();
  };
  look("limit", m.limit);
  look("reservation", m.reservation);
  look("swap", m.swap);
  look("kernelTCP", m.kernel_tcp);
  // Measured: at this limit init, or the program at its first instruction, is killed.
  constexpr int64_t kLeast = 128 << 10;
  if (const int64_t limit = m.limit.value_or(0); limit > 0 && limit <= kLeast)
    report.add("/linux/resources/memory/limit", limit, " bytes are too little for any process to begin");
  const int64_t swap = m.swap.value_or(0);
  const int64_t limit = m.limit.value_or(0);
  if (swap <= 0) return;
  if (limit == 0) {
    report.add("/linux/resources/memory/swap", "needs a limit of memory: it is the sum of both");
    report.needs("/linux/resources/memory/limit");
  } else if (limit > 0 && swap < limit) {
    report.add("/linux/resources/memory/swap", swap, " is below the limit of memory (", limit,
               "): it is the sum of both");
    report.needs("/linux/resources/memory/limit");
  } else if (v1 && limit < 0) {
    report.add("/linux/resources/memory/swap", "is below the limit of memory, which there is none of");
    report.needs("/linux/resources/memory/limit");
    report.of_host();
  }
}

// What the kernel reads: "0-3,7", and "0-15:2/4" for two of each four.
bool is_set(std::string_view text) {
  const auto number = [&text] {
    if (text.starts_with('N')) {  // the last one
      text.remove_prefix(1);
      return true;
    }
    const size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
    text.remove_prefix(digits);
    return digits != 0 && digits <= 9;
  };
  const auto take = [&text](char c) {
    if (!text.starts_with(c)) return false;
    text.remove_prefix(1);
    return true;
  };
  while (!text.empty()) {
    text.remove_prefix(std::min(text.find_first_not_of(" \t\n,"), text.size()));
    if (text.empty()) break;
    if (text.starts_with("all")) {
      text.remove_prefix(3);
    } else if (!number()) {
      return false;
    }
    if (take('-') && !number()) return false;
    if (take(':') && (!number() || !take('/') || !number())) return false;
    if (!text.empty() && std::string_view(" \t\n,").find(text[0]) == std::string_view::npos) return false;
  }
  return true;
}

void times(const Cpu& c, bool v1, Report& report) {
  constexpr uint64_t kLeast = 1000;  // microseconds
  constexpr uint64_t kMost = 1000000;
  constexpr uint64_t kUsual = 100000;
  const uint64_t period = c.period.value_or(0);
  const int64_t quota = c.quota.value_or(0);
  if (period != 0 && (period < kLeast || period > kMost))
    report.add("/linux/resources/cpu/period", period, " is out of range (", kLeast, "..", kMost, " microseconds)");
  if (quota > 0 && static_cast<uint64_t>(quota) < kLeast)
    report.add("/linux/resources/cpu/quota", quota, " is below the ", kLeast, " microseconds that the kernel wants");
  if (const uint64_t burst = c.burst.value_or(0); quota > 0 && burst > static_cast<uint64_t>(quota)) {
    report.add("/linux/resources/cpu/burst", burst, " is above the quota ", quota);
    report.needs("/linux/resources/cpu/quota");
  }
  const uint64_t rt_period = c.realtime_period.value_or(0) == 0 ? 10 * kUsual : *c.realtime_period;
  if (const int64_t rt = c.realtime_runtime.value_or(0); v1 && rt > 0 && static_cast<uint64_t>(rt) > rt_period) {
    report.add("/linux/resources/cpu/realtimeRuntime", rt, " is above the period ", rt_period);
    report.needs("/linux/resources/cpu/realtimePeriod");
  }
}

void cpu(const Cpu& c, bool v1, Report& report) {
  constexpr uint64_t kLeastShares = 2;
  constexpr uint64_t kMostShares = 262144;
  times(c, v1, report);
  const uint64_t shares = c.shares.value_or(0);
  if (v1 && shares != 0 && (shares < kLeastShares || shares > kMostShares)) {
    report.add("/linux/resources/cpu/shares", shares, " is out of range (", kLeastShares, "..", kMostShares,
               ") on cgroup v1");
    report.of_host();
  }
  if (const int64_t idle = c.idle.value_or(0); idle < 0 || idle > 1)
    report.add("/linux/resources/cpu/idle", idle, " is out of range (0..1)");
  if (c.idle.value_or(0) == 1 && shares != 0) return;
  if (!is_set(c.cpus)) report.add("/linux/resources/cpu/cpus", shown(c.cpus), " is not a list of CPUs such as 0-3,7");
  if (!is_set(c.mems))
    report.add("/linux/resources/cpu/mems", shown(c.mems), " is not a list of memory nodes such as 0-3,7");
}

void block(const BlockIo& b, bool v1, Report& report) {
  constexpr uint16_t kMost = 1000;
  if (!v1 || b.weight.value_or(0) <= kMost) return;
  report.add("/linux/resources/blockIO/weight", *b.weight, " is out of range (1..", kMost, ") on cgroup v1");
  report.of_host();
}

}  // namespace

void foresee_resources(const Resources& resources, const Around& around, Report& report) {
  const bool v1 = around.cgroups == Around::Cgroups::v1;
  if (resources.memory) memory(*resources.memory, v1, report);
  if (resources.cpu) cpu(*resources.cpu, v1, report);
  if (resources.block_io) block(*resources.block_io, v1, report);
  constexpr int64_t kMostPids = 4194304;  // PID_MAX_LIMIT
  if (const int64_t pids = resources.pids_limit.value_or(0); pids > kMostPids)
    report.add("/linux/resources/pids/limit", pids, " is above what the kernel takes (", kMostPids, ")");
}

}  // namespace husk::spec
