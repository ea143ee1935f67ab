// The numbers of cgroup v1: a tree for each controller.
#include "rooms/cgroup/stats_files.h"
#include "spec/number_list.h"

namespace husk::cgroup {
namespace {

constexpr uint64_t kTick = 10'000'000;  // ns: cpuacct.stat counts in USER_HZ, which is 100 on every architecture

void read_cpuacct(const StatFiles& files, CpuStats* out) {
  out->total = files.number("cpuacct.usage");
  for (const auto& [key, ticks] : files.keyed("cpuacct.stat")) {
    if (key == "user") out->user = ticks * kTick;
    if (key == "system") out->kernel = ticks * kTick;
  }
  const std::string percpu = files.text("cpuacct.usage_percpu");
  for (std::string_view rest = percpu; !rest.empty();)
    if (const std::string_view n = take(rest, ' '); !n.empty() && n != "\n") out->percpu.push_back(to_number(n));
  // "cpu user system", then a line for each processor.
  const std::string all = files.text("cpuacct.usage_all");
  std::string_view rest = all;
  take(rest, '\n');
  while (!rest.empty()) {
    std::string_view line = take(rest, '\n');
    take(line, ' ');
    out->percpu_user.push_back(to_number(take(line, ' ')));
    out->percpu_kernel.push_back(to_number(take(line, ' ')));
  }
}

void read_cpu(const StatFiles& files, CpuStats* out) {
  for (const auto& [key, value] : files.keyed("cpu.stat")) {
    if (key == "nr_periods") out->periods = value;
    if (key == "nr_throttled") out->throttled_periods = value;
    if (key == "throttled_time") out->throttled_time = value;
  }
}

std::vector<uint32_t> numbers_in(std::string_view list) {
  std::vector<uint32_t> out;
  const auto ranges = spec::number_list(take(list, '\n'));
  if (!ranges) return out;
  for (const spec::NumberRange& range : *ranges)
    for (uint32_t n = range.first; n <= range.last; ++n) out.push_back(n);
  return out;
}

void read_cpuset(const StatFiles& files, CpusetStats* out) {
  out->cpus = numbers_in(files.text("cpuset.cpus"));
  out->mems = numbers_in(files.text("cpuset.mems"));
  out->cpu_exclusive = files.number("cpuset.cpu_exclusive");
  out->mem_hardwall = files.number("cpuset.mem_hardwall");
  out->mem_exclusive = files.number("cpuset.mem_exclusive");
  out->memory_migrate = files.number("cpuset.memory_migrate");
  out->memory_spread_page = files.number("cpuset.memory_spread_page");
  out->memory_spread_slab = files.number("cpuset.memory_spread_slab");
  out->memory_pressure = files.number("cpuset.memory_pressure");
  out->sched_load_balance = files.number("cpuset.sched_load_balance");
  const std::string level = files.text("cpuset.sched_relax_domain_level");
  const std::string_view view = level;
  out->sched_relax_domain_level =
      view.starts_with('-') ? -static_cast<int64_t>(to_number(view.substr(1))) : static_cast<int64_t>(to_number(view));
}

Usage read_usage(const StatFiles& files, const std::string& prefix) {
  Usage out;
  out.usage = files.number(prefix + "usage_in_bytes");
  out.max = files.number(prefix + "max_usage_in_bytes");
  out.limit = files.number(prefix + "limit_in_bytes");
  out.failcnt = files.number(prefix + "failcnt");
  return out;
}

void read_memory(const StatFiles& files, MemoryStats* out) {
  out->memory = read_usage(files, "memory.");
  out->swap = read_usage(files, "memory.memsw.");
  out->kernel = read_usage(files, "memory.kmem.");
  out->kernel_tcp = read_usage(files, "memory.kmem.tcp.");
  out->raw = files.keyed("memory.stat");
  if (const auto cache = out->raw.find("cache"); cache != out->raw.end()) out->cache = cache->second;
}

// Lines "8:0 Read 4096" or "8:0 4096", and a sum "Total 4096".
std::vector<BlockEntry> read_entries(const StatFiles& files, const std::string& file) {
  std::vector<BlockEntry> out;
  const std::string all = files.text(file);
  for (std::string_view rest = all; !rest.empty();) {
    std::string_view line = take(rest, '\n');
    std::string_view device = take(line, ' ');
    if (device.find(':') == std::string_view::npos) continue;
    BlockEntry& entry = out.emplace_back();
    entry.major = to_number(take(device, ':'));
    entry.minor = to_number(device);
    if (line.find(' ') != std::string_view::npos) entry.op = take(line, ' ');
    entry.value = to_number(line);
  }
  return out;
}

// Which files count depends on the I/O scheduler: BFQ's, those of CFQ on old kernels, else those of the throttling
// layer above, which knows fewer things.
void read_block(const StatFiles& files, BlockStats* out) {
  for (const std::string prefix : {"blkio.bfq.", "blkio."}) {
    out->serviced = read_entries(files, prefix + "io_serviced_recursive");
    if (out->serviced.empty()) continue;
    out->service_bytes = read_entries(files, prefix + "io_service_bytes_recursive");
    out->queued = read_entries(files, prefix + "io_queued_recursive");
    out->service_time = read_entries(files, prefix + "io_service_time_recursive");
    out->wait_time = read_entries(files, prefix + "io_wait_time_recursive");
    out->merged = read_entries(files, prefix + "io_merged_recursive");
    out->time = read_entries(files, prefix + "time_recursive");
    out->sectors = read_entries(files, prefix + "sectors_recursive");
    return;
  }
  for (const std::string suffix : {"_recursive", ""}) {
    out->serviced = read_entries(files, "blkio.throttle.io_serviced" + suffix);
    if (out->serviced.empty()) continue;
    out->service_bytes = read_entries(files, "blkio.throttle.io_service_bytes" + suffix);
    return;
  }
}

void read_hugetlb(const StatFiles& files, std::map<std::string, Usage>* out) {
  for (const std::string& size : files.page_sizes(".usage_in_bytes")) {
    // Reserved pages are what a limit is about; kernels before 5.7 count the used ones alone.
    const std::string reserved = cat("hugetlb.", size, ".rsvd.");
    const bool has_reserved = files.has((reserved + "usage_in_bytes").c_str());
    (*out)[size] = read_usage(files, has_reserved ? reserved : cat("hugetlb.", size, "."));
  }
}

}  // namespace

void read_stats_v1(const std::vector<Directory>& directories, Stats* out) {
  const auto with = [&](const char* controller, auto read) {
    if (const Directory* d = directory_of(directories, controller)) read(StatFiles(d->path));
  };
  with("cpuset", [&](const StatFiles& files) { read_cpuset(files, &out->cpuset); });
  with("memory", [&](const StatFiles& files) { read_memory(files, &out->memory); });
  with("cpu", [&](const StatFiles& files) { read_cpu(files, &out->cpu); });
  with("cpuacct", [&](const StatFiles& files) { read_cpuacct(files, &out->cpu); });
  with("pids", [&](const StatFiles& files) {
    out->pids = files.number("pids.current");
    out->pids_limit = files.number("pids.max");
  });
  with("blkio", [&](const StatFiles& files) { read_block(files, &out->block); });
  with("hugetlb", [&](const StatFiles& files) { read_hugetlb(files, &out->hugetlb); });
}

}  // namespace husk::cgroup
