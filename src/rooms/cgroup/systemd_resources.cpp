// linux.resources as properties of a unit. Pure.
//
// All of them are optional: the cgroup's files get the same limits from us. The properties are there so that systemd,
// which writes what it knows whenever it sees fit, knows the same. What it has no property for it leaves alone.
#include <algorithm>
#include <charconv>

#include "rooms/cgroup/convert.h"
#include "rooms/cgroup/devices.h"
#include "rooms/cgroup/systemd.h"

namespace husk::cgroup {
namespace {

constexpr uint64_t kInfinity = UINT64_MAX;
constexpr uint64_t kSecond = 1000000;        // microseconds
constexpr uint64_t kDefaultPeriod = 100000;  // as well
constexpr size_t kMostCpus = 8192;

bool parse_number(std::string_view text, uint64_t& n) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n);
  return !text.empty() && error == std::errc() && end == text.data() + text.size();
}

// A value of a v2 file: "max", or bytes, with a unit if need be as the kernel takes it.
bool parse_limit(std::string_view text, uint64_t& n) {
  if (text == "max") {
    n = kInfinity;
    return true;
  }
  unsigned shift = 0;
  if (!text.empty()) {
    const size_t at = std::string_view("kKmMgGtTpPeE").find(text.back());
    if (at != std::string_view::npos) {
      shift = 10 * static_cast<unsigned>(at / 2 + 1);
      text.remove_suffix(1);
    }
  }
  if (!parse_number(text, n) || (n << shift) >> shift != n) return false;
  n <<= shift;
  return true;
}

// "0-3,8" as bits, lowest byte first.
bool parse_set(std::string_view text, std::vector<std::string>& bytes) {
  std::vector<uint8_t> bits;
  while (!text.empty()) {
    const size_t comma = text.find(',');
    const std::string_view part = text.substr(0, comma);
    text = comma == std::string_view::npos ? std::string_view() : text.substr(comma + 1);
    const size_t dash = part.find('-');
    uint64_t first = 0;
    uint64_t last = 0;
    if (!parse_number(part.substr(0, dash), first)) return false;
    last = first;
    if (dash != std::string_view::npos && !parse_number(part.substr(dash + 1), last)) return false;
    if (last < first || last >= kMostCpus) return false;
    if (bits.size() <= last / 8) bits.resize(last / 8 + 1);
    for (uint64_t n = first; n <= last; ++n) bits[n / 8] = static_cast<uint8_t>(bits[n / 8] | 1U << n % 8);
  }
  for (const uint8_t byte : bits) bytes.push_back(std::to_string(byte));
  return !bits.empty();
}

// systemd wants microseconds of CPU time for each second and counts in steps of 10 ms: rounded up, so that it never
// takes away what was given.
uint64_t each_second(int64_t quota, uint64_t period) {
  constexpr uint64_t kStep = 10000;
  const uint64_t per = period == 0 ? kDefaultPeriod : period;
  uint64_t product = 0;
  if (quota <= 0 || __builtin_mul_overflow(static_cast<uint64_t>(quota), kSecond, &product)) return kInfinity;
  return (product / per + kStep - 1) / kStep * kStep;
}

bool is_idle(const spec::Resources& r) {
  if (r.cpu && r.cpu->idle.value_or(0) == 1) return true;
  return std::any_of(r.unified.begin(), r.unified.end(),
                     [](const auto& entry) { return entry.first == "cpu.idle" && entry.second == "1"; });
}

class Collector {
 public:
  Collector(Mode mode, const spec::Resources& resources) : v2_(mode == Mode::v2), r_(resources) {}

  Result<std::vector<Property>> run(bool fresh) {
    if (!v2_ && fresh) HUSK_TRY(devices());
    if (r_.memory) HUSK_TRY(memory(*r_.memory));
    if (r_.cpu) HUSK_TRY(cpu(*r_.cpu));
    if (r_.pids_limit) set_limit("TasksMax", pids_of(*r_.pids_limit));
    if (r_.block_io && r_.block_io->weight.value_or(0) != 0)
      set(v2_ ? "IOWeight" : "BlockIOWeight", v2_ ? io_weight_of(*r_.block_io->weight) : *r_.block_io->weight);
    if (v2_)
      for (const auto& [file, value] : r_.unified) HUSK_TRY(unified(file, value));
    return std::move(out_);
  }

 private:
  Property& property(const char* name, const char* type) {
    auto at = std::find_if(out_.begin(), out_.end(), [name](const Property& p) { return p.name == name; });
    if (at == out_.end()) at = out_.insert(at, Property{name, type, {}, true});
    at->values.clear();
    return *at;
  }
  void set(const char* name, uint64_t value) { property(name, "t").values.push_back(std::to_string(value)); }
  void set_limit(const char* name, int64_t value) { set(name, value < 0 ? kInfinity : static_cast<uint64_t>(value)); }

  // v1 keeps rules in files that systemd writes anew when it reloads. On v2 ours is a program beside systemd's: both
  // must agree, and it has nothing to say there.
  Status devices() {
    HUSK_LET(const DeviceList list, fold_devices(r_.devices));
    property("DevicePolicy", "s").values.emplace_back(list.allow_all ? "auto" : "strict");
    Property& allow = property("DeviceAllow", "a(ss)");
    if (list.allow_all) return {};  // "all but ..." cannot be said
    for (const DeviceException& e : list.exceptions) {
      const std::string type = e.type == 'b' ? "block" : "char";
      std::string access;
      if ((e.access & kRead) != 0) access += 'r';
      if ((e.access & kWrite) != 0) access += 'w';
      if ((e.access & kMknod) != 0) access += 'm';
      if (!e.major && e.minor) continue;  // nor this
      std::string device = cat(type, "-*");
      if (e.major) device = e.minor ? cat("/dev/", type, "/", *e.major, ":", *e.minor) : cat(type, "-", *e.major);
      allow.values.push_back(std::move(device));
      allow.values.push_back(std::move(access));
    }
    return {};
  }

  Status memory(const spec::Memory& m) {
    const int64_t limit = m.limit.value_or(0);
    if (limit != 0) set_limit(v2_ ? "MemoryMax" : "MemoryLimit", limit);
    if (!v2_) return {};
    if (m.reservation.value_or(0) != 0) set_limit("MemoryLow", *m.reservation);
    HUSK_LET(const std::optional<int64_t> swap, swap_of(limit, m.swap.value_or(0)));
    if (swap) set_limit("MemorySwapMax", *swap);
    return {};
  }

  Status cpu(const spec::Cpu& c) {
    if (v2_ && c.idle.value_or(0) == 1)
      set("CPUWeight", 0);
    else if (c.shares.value_or(0) != 0)
      set(v2_ ? "CPUWeight" : "CPUShares", v2_ ? weight_of(*c.shares) : *c.shares);
    quota(c.quota.value_or(0), c.period.value_or(0));
    HUSK_TRY(cpuset("AllowedCPUs", c.cpus));
    return cpuset("AllowedMemoryNodes", c.mems);
  }

  void quota(int64_t quota, uint64_t period) {
    if (period != 0) set("CPUQuotaPeriodUSec", period);
    if (quota == 0) return;  // not named: an update must not take away what there is
    set("CPUQuotaPerSecUSec", each_second(quota, period));
  }

  Status cpuset(const char* name, const std::string& list) {
    if (list.empty()) return {};
    if (!parse_set(list, property(name, "ay").values))
      return Error{cat("unable to parse \"", list, "\" as a list of numbers for ", name)};
    return {};
  }

  // What is not known here, or written in a way that is not, goes into the file alone.
  Status unified(const std::string& file, const std::string& value) {
    constexpr struct {
      std::string_view file;
      const char* name;
    } kLimits[] = {{"memory.high", "MemoryHigh"}, {"memory.low", "MemoryLow"},          {"memory.max", "MemoryMax"},
                   {"memory.min", "MemoryMin"},   {"memory.swap.max", "MemorySwapMax"}, {"pids.max", "TasksMax"}};
    uint64_t n = 0;
    for (const auto& limit : kLimits)
      if (file == limit.file && parse_limit(value, n)) set(limit.name, n);
    if (file == "cpu.idle" && value == "1") set("CPUWeight", 0);
    if (file == "cpu.weight" && parse_number(value, n)) set("CPUWeight", n);
    if (file == "cpu.max") cpu_max(value);
    if (file == "io.weight" && parse_number(value.starts_with("default ") ? value.substr(8) : value, n))
      set("IOWeight", n);
    if (file == "cpuset.cpus") return cpuset("AllowedCPUs", value);
    if (file == "cpuset.mems") return cpuset("AllowedMemoryNodes", value);
    return {};
  }

  // "50000 100000", "max 100000", "50000"
  void cpu_max(std::string_view value) {
    const size_t space = value.find(' ');
    const std::string_view first = value.substr(0, space);
    uint64_t period = kDefaultPeriod;
    uint64_t most = 0;
    if (space != std::string_view::npos && (!parse_number(value.substr(space + 1), period) || period == 0)) return;
    if (first != "max" && (!parse_number(first, most) || most == 0 || most > INT64_MAX)) return;
    quota(first == "max" ? -1 : static_cast<int64_t>(most), period);
  }

  bool v2_;
  const spec::Resources& r_;
  std::vector<Property> out_;
};

}  // namespace

std::string fit_to_systemd(Mode mode, spec::Resources* resources) {
  if (resources->cpu && resources->cpu->quota.value_or(0) > 0) {
    spec::Cpu& cpu = *resources->cpu;
    const uint64_t period = cpu.period.value_or(0);
    const uint64_t rate = each_second(*cpu.quota, period);
    uint64_t product = 0;
    if (rate != kInfinity && !__builtin_mul_overflow(rate, period == 0 ? kDefaultPeriod : period, &product))
      cpu.quota = static_cast<int64_t>(product / kSecond);
  }
  if (mode != Mode::v2 || !is_idle(*resources)) return {};
  bool both = std::erase_if(resources->unified, [](const auto& entry) { return entry.first == "cpu.weight"; }) != 0;
  if (resources->cpu && resources->cpu->shares.value_or(0) != 0) {
    resources->cpu->shares.reset();
    both = true;
  }
  return both ? "unable to apply both cpu.idle and a weight (shares) of the CPU: an idle cgroup has none" : "";
}

Result<std::vector<Property>> resource_properties(Mode mode, const spec::Resources& resources, bool fresh) {
  return Collector(mode, resources).run(fresh);
}

}  // namespace husk::cgroup
