// What a cgroup has used: read from the files of v1 and v2, written as the JSON that clients of runc know.
//
// A file that is not there or cannot be read counts as zero, and what is zero is mostly left out of the JSON: the same
// object comes from every host, with more or less in it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "rooms/cgroup/locate.h"

namespace husk::cgroup {

// Pressure stall information: the share of time (percent) in which some or all processes waited, and microseconds.
struct PressureLine {
  double avg10 = 0, avg60 = 0, avg300 = 0;
  uint64_t total = 0;
};
struct Pressure {
  PressureLine some, full;
};

struct CpuStats {
  uint64_t total = 0;                                        // nanoseconds, as the others
  std::vector<uint64_t> percpu, percpu_kernel, percpu_user;  // v1
  uint64_t kernel = 0, user = 0;                             // v1 counts in ticks of 10 ms
  uint64_t periods = 0, throttled_periods = 0, throttled_time = 0;
  std::optional<Pressure> pressure;  // v2, as the others
};

struct CpusetStats {  // v1
  std::vector<uint32_t> cpus, mems;
  uint64_t cpu_exclusive = 0, mem_hardwall = 0, mem_exclusive = 0, memory_migrate = 0, memory_spread_page = 0,
           memory_spread_slab = 0, memory_pressure = 0, sched_load_balance = 0;
  int64_t sched_relax_domain_level = 0;
};

struct Usage {
  uint64_t limit = 0, usage = 0, max = 0, failcnt = 0;  // no limit: 2^64-1 on v2, about 2^63 on v1
};

struct MemoryStats {
  uint64_t cache = 0;
  Usage memory, swap, kernel, kernel_tcp;  // swap: memory and swap together; the last two are v1's
  std::map<std::string, uint64_t> raw;     // memory.stat
  std::optional<Pressure> pressure;
};

struct BlockEntry {
  uint64_t major = 0, minor = 0;
  std::string op;  // "Read"; may be empty
  uint64_t value = 0;
};

struct BlockStats {
  std::vector<BlockEntry> service_bytes, serviced, queued, service_time, wait_time, merged, time, sectors;
  std::optional<Pressure> pressure;
};

struct Stats {
  CpuStats cpu;
  CpusetStats cpuset;
  MemoryStats memory;
  uint64_t pids = 0, pids_limit = 0;  // limit 0: none
  BlockStats block;
  std::map<std::string, Usage> hugetlb;  // by page size: "2MB"
};

[[nodiscard]] Stats read_stats(const Located& cgroup);
void read_stats_v1(const std::vector<Directory>& directories, Stats* out);
void read_stats_v2(const std::string& directory, Stats* out);

// The object that `runc events` has under "data". `intel_rdt`: the member of that name, as JSON.
[[nodiscard]] std::string stats_json(const Stats& stats, std::string_view intel_rdt = "{}");

}  // namespace husk::cgroup
