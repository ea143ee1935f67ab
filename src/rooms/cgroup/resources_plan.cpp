// linux.resources as a list of files and values. Pure.
//
// The specification speaks v1: limits that v2 keeps differently are converted as runc documents (docs/cgroup-v2.md
// there). A zero means "not set" for limits of memory and CPU, as in runc, whose configuration has no "absent".
#include <algorithm>
#include <cmath>
#include <initializer_list>

#include "rooms/cgroup/cgroup.h"
#include "rooms/cgroup/devices.h"

namespace husk::cgroup {
namespace {

std::string number_or_max(int64_t n) {
  return n < 0 ? "max" : std::to_string(n);
}

// v1 shares (2..262144, default 1024) to v2 weight (1..10000, default 100). Both are exponential in what they mean, so
// the curve goes through the three pairs in logarithms: 10^((l² + 125 l) / 612 - 7/34), l = log2(shares).
uint64_t weight_of(uint64_t shares) {
  if (shares <= 2) return 1;
  if (shares >= 262144) return 10000;
  const double l = std::log2(static_cast<double>(shares));
  return static_cast<uint64_t>(std::ceil(std::pow(10.0, (l * l + 125 * l) / 612.0 - 7.0 / 34.0)));
}

// v1's weight of block I/O (10..1000) to that of v2 (1..10000): a straight line through both ends.
uint64_t io_weight_of(uint64_t weight) {
  return weight < 10 ? 1 : std::min(uint64_t{10000}, 1 + (weight - 10) * 9999 / 990);
}

class Planner {
 public:
  Planner(Mode mode, const spec::Resources* resources, bool fresh)
      : v2_(mode == Mode::v2), fresh_(fresh), r_(resources != nullptr ? *resources : empty_) {}

  Result<ResourcePlan> run() {
    HUSK_TRY(devices());
    if (r_.memory) HUSK_TRY(v2_ ? memory_v2(*r_.memory) : memory_v1(*r_.memory));
    if (r_.cpu) {
      cpuset(*r_.cpu);
      v2_ ? cpu_v2(*r_.cpu) : cpu_v1(*r_.cpu);
    }
    pids();
    if (r_.block_io) block_io(*r_.block_io);
    missing();
    HUSK_TRY(unified());
    return std::move(out_);
  }

 private:
  Write& write(const char* controller, std::string file, std::string value) {
    out_.writes.push_back({controller, std::move(file), std::move(value)});
    if (v2_ && *controller != 0) enable(controller);
    return out_.writes.back();
  }

  void enable(const std::string& controller) {
    if (std::find(out_.controllers.begin(), out_.controllers.end(), controller) == out_.controllers.end())
      out_.controllers.push_back(controller);
  }

  void not_applied(bool asked, const char* name) {
    if (asked) out_.not_applied.push_back(cat("linux.resources.", name));
  }

  // Running containers keep their devices: an update does not carry them.
  Status devices() {
    if (!fresh_) return {};
    HUSK_LET(DeviceList list, fold_devices(r_.devices));
    // Where nobody asked for rules, a host without the devices controller will do.
    const bool optional = r_.devices.empty();
    if (v2_) {
      out_.devices = DevicePlan{std::move(list), optional};
      return {};
    }
    write("devices", list.allow_all ? "devices.allow" : "devices.deny", "a").optional = optional;
    for (const DeviceException& e : list.exceptions)
      write("devices", list.allow_all ? "devices.deny" : "devices.allow", to_string(e)).optional = optional;
    return {};
  }

  Status memory_v1(const spec::Memory& m) {
    const int64_t limit = m.limit.value_or(0);
    int64_t swap = m.swap.value_or(0);
    if (limit == -1 && swap == 0) swap = -1;  // "no limit" means both
    if (limit != 0) write("memory", "memory.limit_in_bytes", std::to_string(limit)).either_order = swap != 0;
    // Without swap accounting there is no such file, and no limit on swap either.
    if (swap != 0) write("memory", "memory.memsw.limit_in_bytes", std::to_string(swap)).optional = swap == -1;
    if (m.reservation.value_or(0) != 0) write("memory", "memory.soft_limit_in_bytes", std::to_string(*m.reservation));
    if (m.kernel_tcp.value_or(0) != 0) write("memory", "memory.kmem.tcp.limit_in_bytes", std::to_string(*m.kernel_tcp));
    if (m.disable_oom_killer.value_or(false)) write("memory", "memory.oom_control", "1");
    if (m.swappiness) {
      if (*m.swappiness > 100)
        return Error{cat("invalid memory swappiness value: ", *m.swappiness, " (valid range is 0-100)")};
      write("memory", "memory.swappiness", std::to_string(*m.swappiness));
    }
    not_applied(m.kernel.value_or(0) != 0, "memory.kernel");
    return {};
  }

  Status memory_v2(const spec::Memory& m) {
    const int64_t limit = m.limit.value_or(0);
    int64_t swap = m.swap.value_or(0);
    if (limit == -1 && swap == 0) swap = -1;
    if (swap > 0) {
      // v1 counts memory and swap together, v2 swap alone.
      if (limit <= 0) return Error{"/linux/resources/memory/swap: unable to set swap limit without memory limit"};
      if (swap < limit) return Error{"/linux/resources/memory/swap: memory+swap limit should be >= memory limit"};
      write("memory", "memory.swap.max", std::to_string(swap - limit));
    } else if (swap < 0) {
      write("memory", "memory.swap.max", "max").optional = true;
    }
    if (limit != 0) write("memory", "memory.max", number_or_max(limit));
    if (m.reservation.value_or(0) != 0) write("memory", "memory.low", number_or_max(*m.reservation));
    not_applied(m.kernel.value_or(0) != 0, "memory.kernel");
    not_applied(m.kernel_tcp.value_or(0) != 0, "memory.kernelTCP");
    not_applied(m.swappiness.has_value(), "memory.swappiness");
    not_applied(m.disable_oom_killer.value_or(false), "memory.disableOOMKiller");
    return {};
  }

  void cpuset(const spec::Cpu& c) {
    if (!c.cpus.empty()) write("cpuset", "cpuset.cpus", c.cpus);
    if (!c.mems.empty()) write("cpuset", "cpuset.mems", c.mems);
  }

  // An idle cgroup takes no shares: it stops being one before they are set, and becomes one after.
  void idle(const spec::Cpu& c, bool before_shares) {
    if (c.idle && (*c.idle == 0) == before_shares) write("cpu", "cpu.idle", std::to_string(*c.idle));
  }

  void cpu_v1(const spec::Cpu& c) {
    idle(c, true);
    if (c.shares.value_or(0) != 0) write("cpu", "cpu.shares", std::to_string(*c.shares));
    const bool quota = c.quota.value_or(0) != 0;
    if (c.period.value_or(0) != 0) write("cpu", "cpu.cfs_period_us", std::to_string(*c.period)).either_order = quota;
    if (quota) write("cpu", "cpu.cfs_quota_us", std::to_string(*c.quota)).either_order = c.burst.has_value();
    if (c.burst) write("cpu", "cpu.cfs_burst_us", std::to_string(*c.burst));
    const bool realtime = c.realtime_runtime.value_or(0) != 0;
    if (c.realtime_period.value_or(0) != 0)
      write("cpu", "cpu.rt_period_us", std::to_string(*c.realtime_period)).either_order = realtime;
    if (realtime) write("cpu", "cpu.rt_runtime_us", std::to_string(*c.realtime_runtime));
    idle(c, false);
  }

  void cpu_v2(const spec::Cpu& c) {
    idle(c, true);
    if (c.shares.value_or(0) != 0) write("cpu", "cpu.weight", std::to_string(weight_of(*c.shares)));
    const int64_t quota = c.quota.value_or(0);
    const uint64_t period = c.period.value_or(0);
    if (!fresh_ && quota == 0 && period != 0) {
      Write& w = write("cpu", "cpu.max", std::to_string(period));
      w.keep_first = true;
      w.either_order = c.burst.has_value();
    } else if (quota != 0 || period != 0) {
      std::string value = quota > 0 ? std::to_string(quota) : "max";
      // The kernel keeps the present period when none is given; a new cgroup's is 100000.
      if (period != 0) value += cat(' ', period);
      write("cpu", "cpu.max", std::move(value)).either_order = c.burst.has_value();
    }
    if (c.burst) write("cpu", "cpu.max.burst", std::to_string(*c.burst));
    idle(c, false);
    not_applied(c.realtime_runtime.value_or(0) != 0, "cpu.realtimeRuntime");
    not_applied(c.realtime_period.value_or(0) != 0, "cpu.realtimePeriod");
  }

  void pids() {
    if (!r_.pids_limit) return;
    write("pids", "pids.max", *r_.pids_limit > 0 ? std::to_string(*r_.pids_limit) : "max");
  }

  // Weights exist once for the BFQ scheduler and once for others; a kernel has the files of those it was built with.
  void weight(const std::string& device, uint64_t weight) {
    const std::string prefix = device.empty() ? "" : device + ' ';
    const char* suffix = v2_ || device.empty() ? "weight" : "weight_device";
    write(block(), cat(v2_ ? "io" : "blkio", ".bfq.", suffix), cat(prefix, weight)).or_next = true;
    write(block(), cat(v2_ ? "io." : "blkio.", suffix), cat(prefix, v2_ ? io_weight_of(weight) : weight));
  }

  void throttle(const std::vector<spec::ThrottleDevice>& devices, const char* v1_name, const char* v2_name) {
    for (const spec::ThrottleDevice& d : devices) {
      const std::string device = cat(d.major, ':', d.minor, ' ');
      const std::string rate = v2_ && d.rate == 0 ? "max" : std::to_string(d.rate);  // 0 takes the limit away
      if (v2_)
        write(block(), "io.max", cat(device, v2_name, '=', rate));
      else
        write(block(), cat("blkio.throttle.", v1_name, "_device"), cat(device, rate));
    }
  }

  [[nodiscard]] const char* block() const { return v2_ ? "io" : "blkio"; }

  void block_io(const spec::BlockIo& b) {
    if (b.weight.value_or(0) != 0) weight("", *b.weight);
    bool leaf = b.leaf_weight.value_or(0) != 0;
    for (const spec::WeightDevice& d : b.weight_device) {
      if (d.weight) weight(cat(d.major, ':', d.minor), *d.weight);
      leaf = leaf || d.leaf_weight.value_or(0) != 0;
    }
    throttle(b.throttle_read_bps, "read_bps", "rbps");
    throttle(b.throttle_write_bps, "write_bps", "wbps");
    throttle(b.throttle_read_iops, "read_iops", "riops");
    throttle(b.throttle_write_iops, "write_iops", "wiops");
    not_applied(leaf, "blockIO.leafWeight");
  }

  void missing() {
    not_applied(!r_.hugepage_limits.empty(), "hugepageLimits");
    not_applied(r_.network.has_value(), "network");
    not_applied(!r_.rdma.empty(), "rdma");
  }

  // Last, so that it has the last word over what the fields above set.
  Status unified() {
    if (r_.unified.empty()) return {};
    if (!v2_) return Error{"invalid configuration: cannot use linux.resources.unified on cgroup v1"};
    for (const auto& [file, value] : r_.unified) {
      const size_t dot = file.find('.');
      if (file.find('/') != std::string::npos || dot == std::string::npos || dot == 0)
        return Error{cat("/linux/resources/unified: \"", file, "\" is not a file name such as \"memory.high\"")};
      const std::string controller = file.substr(0, dot);
      write(controller == "cgroup" ? "" : controller.c_str(), file, value);
    }
    return {};
  }

  bool v2_;
  bool fresh_;
  spec::Resources empty_;
  const spec::Resources& r_;
  ResourcePlan out_;
};

}  // namespace

Result<ResourcePlan> plan_resources(Mode mode, const spec::Resources* resources, bool fresh) {
  if (mode == Mode::none) return ResourcePlan();
  return Planner(mode, resources, fresh).run();
}

}  // namespace husk::cgroup
