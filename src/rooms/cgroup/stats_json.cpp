// Stats as JSON. Names, order and what is left out when it is zero are those that clients of runc parse.
#include "json/writer.h"
#include "rooms/cgroup/stats.h"

namespace husk::cgroup {
namespace {

using json::Writer;

void unless_zero(Writer& w, std::string_view name, uint64_t n) {
  if (n != 0) w.member(name, n);
}

template <class Number>
void unless_empty(Writer& w, std::string_view name, const std::vector<Number>& list) {
  if (list.empty()) return;
  w.key(name).begin_array();
  for (const Number n : list) w.number(n);
  w.end_array();
}

// As Go prints what the kernel gives with two digits: 0, 1.5, 12.34.
std::string decimal(double n) {
  const auto hundredths = static_cast<uint64_t>(n * 100 + 0.5);
  std::string out = std::to_string(hundredths / 100);
  const uint64_t rest = hundredths % 100;
  if (rest != 0) out += '.' + std::to_string(rest / 10);
  if (rest % 10 != 0) out += std::to_string(rest % 10);
  return out;
}

void add_pressure(Writer& w, const std::optional<Pressure>& pressure) {
  if (!pressure) return;
  const auto line = [&w](const char* name, const PressureLine& p) {
    w.key(name).begin_object();
    w.key("avg10").raw(decimal(p.avg10)).key("avg60").raw(decimal(p.avg60)).key("avg300").raw(decimal(p.avg300));
    w.member("total", p.total);
    w.end_object();
  };
  w.key("psi").begin_object();
  line("some", pressure->some);
  line("full", pressure->full);
  w.end_object();
}

void add_cpu(Writer& w, const CpuStats& cpu) {
  w.key("cpu").begin_object().key("usage").begin_object();
  unless_zero(w, "total", cpu.total);
  unless_empty(w, "percpu", cpu.percpu);
  unless_empty(w, "percpu_kernel", cpu.percpu_kernel);
  unless_empty(w, "percpu_user", cpu.percpu_user);
  w.member("kernel", cpu.kernel).member("user", cpu.user);
  w.end_object().key("throttling").begin_object();
  unless_zero(w, "periods", cpu.periods);
  unless_zero(w, "throttledPeriods", cpu.throttled_periods);
  unless_zero(w, "throttledTime", cpu.throttled_time);
  w.end_object();
  add_pressure(w, cpu.pressure);
  w.end_object();
}

void add_cpuset(Writer& w, const CpusetStats& set) {
  w.key("cpuset").begin_object();
  unless_empty(w, "cpus", set.cpus);
  w.member("cpu_exclusive", set.cpu_exclusive);
  unless_empty(w, "mems", set.mems);
  w.member("mem_hardwall", set.mem_hardwall).member("mem_exclusive", set.mem_exclusive);
  w.member("memory_migrate", set.memory_migrate).member("memory_spread_page", set.memory_spread_page);
  w.member("memory_spread_slab", set.memory_spread_slab).member("memory_pressure", set.memory_pressure);
  w.member("sched_load_balance", set.sched_load_balance);
  w.member("sched_relax_domain_level", set.sched_relax_domain_level);
  w.end_object();
}

void add_usage(Writer& w, const char* name, const Usage& usage) {
  w.key(name).begin_object().member("limit", usage.limit);
  unless_zero(w, "usage", usage.usage);
  unless_zero(w, "max", usage.max);
  w.member("failcnt", usage.failcnt).end_object();
}

void add_memory(Writer& w, const MemoryStats& memory) {
  w.key("memory").begin_object();
  unless_zero(w, "cache", memory.cache);
  add_usage(w, "usage", memory.memory);
  add_usage(w, "swap", memory.swap);
  add_usage(w, "kernel", memory.kernel);
  add_usage(w, "kernelTCP", memory.kernel_tcp);
  if (!memory.raw.empty()) {
    w.key("raw").begin_object();
    for (const auto& [key, value] : memory.raw) w.member(key, value);
    w.end_object();
  }
  add_pressure(w, memory.pressure);
  w.end_object();
}

void add_entries(Writer& w, const char* name, const std::vector<BlockEntry>& entries) {
  if (entries.empty()) return;
  w.key(name).begin_array();
  for (const BlockEntry& entry : entries) {
    w.begin_object();
    unless_zero(w, "major", entry.major);
    unless_zero(w, "minor", entry.minor);
    if (!entry.op.empty()) w.member("op", entry.op);
    unless_zero(w, "value", entry.value);
    w.end_object();
  }
  w.end_array();
}

void add_block(Writer& w, const BlockStats& block) {
  w.key("blkio").begin_object();
  add_entries(w, "ioServiceBytesRecursive", block.service_bytes);
  add_entries(w, "ioServicedRecursive", block.serviced);
  add_entries(w, "ioQueueRecursive", block.queued);
  add_entries(w, "ioServiceTimeRecursive", block.service_time);
  add_entries(w, "ioWaitTimeRecursive", block.wait_time);
  add_entries(w, "ioMergedRecursive", block.merged);
  add_entries(w, "ioTimeRecursive", block.time);
  add_entries(w, "sectorsRecursive", block.sectors);
  add_pressure(w, block.pressure);
  w.end_object();
}

}  // namespace

Stats read_stats(const Located& cgroup) {
  Stats out;
  if (cgroup.mode == Mode::v2 && !cgroup.directories.empty())
    read_stats_v2(cgroup.directories.front().path, &out);
  else
    read_stats_v1(cgroup.directories, &out);
  if (out.pids_limit == UINT64_MAX) out.pids_limit = 0;
  return out;
}

std::string stats_json(const Stats& stats, std::string_view intel_rdt) {
  Writer w;
  w.begin_object();
  add_cpu(w, stats.cpu);
  add_cpuset(w, stats.cpuset);
  add_memory(w, stats.memory);
  w.key("pids").begin_object();
  unless_zero(w, "current", stats.pids);
  unless_zero(w, "limit", stats.pids_limit);
  w.end_object();
  add_block(w, stats.block);
  w.key("hugetlb").begin_object();
  for (const auto& [size, usage] : stats.hugetlb) {
    w.key(size).begin_object();
    unless_zero(w, "usage", usage.usage);
    unless_zero(w, "max", usage.max);
    w.member("failcnt", usage.failcnt).end_object();
  }
  w.end_object();
  // Network interfaces are not the runtime's to set up: runc has this member in any case.
  w.key("intel_rdt").raw(intel_rdt).key("network_interfaces").null();
  return w.end_object().take();
}

}  // namespace husk::cgroup
