// The numbers of cgroup v2, put into the places that v1's have: clients know these.
#include <algorithm>

#include "rooms/cgroup/stats_files.h"

namespace husk::cgroup {
namespace {

constexpr uint64_t kMicrosecond = 1000;  // ns

void read_cpu(const StatFiles& files, CpuStats* out) {
  for (const auto& [key, value] : files.keyed("cpu.stat")) {
    if (key == "usage_usec") out->total = value * kMicrosecond;
    if (key == "user_usec") out->user = value * kMicrosecond;
    if (key == "system_usec") out->kernel = value * kMicrosecond;
    if (key == "nr_periods") out->periods = value;
    if (key == "nr_throttled") out->throttled_periods = value;
    if (key == "throttled_usec") out->throttled_time = value * kMicrosecond;
  }
  out->pressure = files.pressure("cpu.pressure");
}

void read_memory(const StatFiles& files, MemoryStats* out) {
  out->pressure = files.pressure("memory.pressure");
  out->raw = files.keyed("memory.stat");
  if (out->raw.empty()) return;  // no memory controller here
  if (const auto cache = out->raw.find("file"); cache != out->raw.end()) out->cache = cache->second;
  out->memory.usage = files.number("memory.current");
  out->memory.max = files.number("memory.peak");
  out->memory.limit = files.number("memory.max");
  // v1 counts memory and swap together. Two highest marks make no sum, so there is none.
  out->swap.usage = files.number("memory.swap.current") + out->memory.usage;
  out->swap.limit = files.number("memory.swap.max");
  if (out->swap.limit != UINT64_MAX)
    out->swap.limit = out->memory.limit == UINT64_MAX ? UINT64_MAX : out->swap.limit + out->memory.limit;
}

// Lines "8:0 rbytes=1 wbytes=2 rios=3 wios=4 dbytes=5 dios=6".
void read_block(const StatFiles& files, BlockStats* out) {
  const std::string all = files.text("io.stat");
  for (std::string_view rest = all; !rest.empty();) {
    std::string_view line = take(rest, '\n');
    std::string_view device = take(line, ' ');
    BlockEntry entry;
    entry.major = to_number(take(device, ':'));
    entry.minor = to_number(device);
    while (!line.empty()) {
      std::string_view value = take(line, ' ');
      const std::string_view key = take(value, '=');
      const bool bytes = key == "rbytes" || key == "wbytes";
      if (!bytes && key != "rios" && key != "wios") continue;
      entry.op = key.front() == 'r' ? "Read" : "Write";
      entry.value = to_number(value);
      (bytes ? out->service_bytes : out->serviced).push_back(entry);
    }
  }
  out->pressure = files.pressure("io.pressure");
}

void read_pids(const StatFiles& files, Stats* out) {
  const std::string current = files.text("pids.current");
  if (!current.empty()) {
    out->pids = to_number(current);
    out->pids_limit = files.number("pids.max");
    return;
  }
  // Without the controller: the processes that are in the cgroup itself.
  const std::string procs = files.text("cgroup.procs");
  out->pids = static_cast<uint64_t>(std::count(procs.begin(), procs.end(), '\n'));
}

void read_hugetlb(const StatFiles& files, std::map<std::string, Usage>* out) {
  for (const std::string& size : files.page_sizes(".current")) {
    const std::string reserved = files.text(cat("hugetlb.", size, ".rsvd.current"));
    Usage& usage = (*out)[size];
    usage.usage = reserved.empty() ? files.number(cat("hugetlb.", size, ".current")) : to_number(reserved);
    usage.failcnt = files.keyed(cat("hugetlb.", size, ".events"))["max"];
  }
}

}  // namespace

void read_stats_v2(const std::string& directory, Stats* out) {
  const StatFiles files(directory);
  read_cpu(files, &out->cpu);
  read_memory(files, &out->memory);
  read_block(files, &out->block);
  read_pids(files, out);
  read_hugetlb(files, &out->hugetlb);
}

}  // namespace husk::cgroup
