// Limits and sysctls, as this host has them.
#include <dirent.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <optional>
#include <utility>

#include "host/files.h"
#include "json/document.h"
#include "life/validate_host.h"
#include "rooms/namespaces/plan.h"
#include "spec/number_list.h"
#include "spec/questions.h"

namespace husk::life {
namespace {

using json::shown;
constexpr size_t kMaxFile = 1 << 20;

struct Place {
  std::string_view file;  // begins so
  const char* pointer;
};
constexpr Place kPlaces[] = {
    {"cpuset.cpus", "/linux/resources/cpu/cpus"},
    {"cpuset.mems", "/linux/resources/cpu/mems"},
    {"cpu.rt_period_us", "/linux/resources/cpu/realtimePeriod"},
    {"cpu.rt_runtime_us", "/linux/resources/cpu/realtimeRuntime"},
    {"cpu.cfs_burst_us", "/linux/resources/cpu/burst"},
    {"cpu.max.burst", "/linux/resources/cpu/burst"},
    {"cpu.idle", "/linux/resources/cpu/idle"},
    {"cpu.", "/linux/resources/cpu"},
    {"memory.memsw.", "/linux/resources/memory/swap"},
    {"memory.swap.", "/linux/resources/memory/swap"},
    {"memory.swappiness", "/linux/resources/memory/swappiness"},
    {"memory.kmem.tcp.", "/linux/resources/memory/kernelTCP"},
    {"memory.", "/linux/resources/memory"},
    {"pids.", "/linux/resources/pids"},
    {"blkio.leaf_weight", "/linux/resources/blockIO/leafWeight"},
    {"blkio.", "/linux/resources/blockIO"},
    {"io.", "/linux/resources/blockIO"},
    {"hugetlb.", "/linux/resources/hugepageLimits"},
    {"rdma.", "/linux/resources/rdma"},
    {"net_cls.", "/linux/resources/network/classID"},
    {"net_prio.", "/linux/resources/network/priorities"},
    {"devices.", "/linux/resources/devices"},
};

std::string place_of(const std::string& file) {
  for (const Place& place : kPlaces)
    if (file.starts_with(place.file)) return place.pointer;
  return "/linux/resources";
}

// A cgroup below the root, whose files are those that a container's has. Empty: there is none to look at.
std::string example_of(const cgroup::Hierarchy& h) {
  if (h.own_path != "/") return cat(h.mountpoint, h.own_path);
  const std::unique_ptr<DIR, int (*)(DIR*)> directory(opendir(h.mountpoint.c_str()), closedir);
  if (!directory) return {};
  while (const dirent* entry = readdir(directory.get()))
    if (entry->d_type == DT_DIR && entry->d_name[0] != '.') return cat(h.mountpoint, "/", entry->d_name);
  return {};
}

const cgroup::Hierarchy* hierarchy_of(const cgroup::Host& host, std::string_view controller) {
  for (const cgroup::Hierarchy& h : host.hierarchies)
    if (host.mode == cgroup::Mode::v2 || cgroup::has_controller(h.controllers, controller)) return &h;
  return nullptr;
}

// All that the host has, as Hierarchy::controllers. Nothing: it cannot be told.
std::optional<std::string> controllers_of(const cgroup::Host& host) {
  std::string out;
  for (const cgroup::Hierarchy& h : host.hierarchies) out += cat(h.controllers, ",");
  if (host.mode != cgroup::Mode::v2) return out;
  const Result<std::string> all = host::read_file(cat(host.hierarchies[0].mountpoint, "/cgroup.controllers"), kMaxFile);
  if (!all.ok()) return std::nullopt;
  for (const char c : *all) out += c == ' ' || c == '\n' ? ',' : c;
  return out;
}

// `pointer`: of what asks for the write.
void check_file(const cgroup::Host& host, const std::optional<std::string>& controllers, const cgroup::Write& write,
                bool before_other, const std::string& pointer, Findings& out) {
  if (write.optional) return;
  std::string place = place_of(write.file);
  if (json::is_in(pointer, place) || pointer.starts_with("/linux/resources/unified")) place = pointer;
  if (controllers && !write.controller.empty() && !cgroup::has_controller(*controllers, write.controller))
    return out.missing_here(place, cat("the ", write.controller, " controller is not mounted on this host"));
  const cgroup::Hierarchy* h = hierarchy_of(host, write.controller);
  if (h == nullptr || host.mode == cgroup::Mode::v2 || write.or_next || before_other) return;
  const std::string example = example_of(*h);
  if (!example.empty() && access(cat(example, "/", write.file).c_str(), F_OK) < 0 && errno == ENOENT)
    out.missing_here(place, cat("this kernel has no ", write.file));
}

// CPUs and nodes of `asked` are all in the list that the file holds.
void check_set(const std::string& asked, const std::string& file, const char* pointer, Findings& out) {
  const Result<std::string> text = host::read_file(file, kMaxFile);
  if (asked.empty() || !text.ok()) return;
  const auto wanted = spec::number_list(asked);
  const auto there = spec::number_list(*text);
  if (!wanted || !there) return;
  for (const spec::NumberRange& r : *wanted)
    for (uint32_t n = r.first; n <= r.last; ++n) {
      const auto holds = [n](const spec::NumberRange& t) { return n >= t.first && n <= t.last; };
      if (std::any_of(there->begin(), there->end(), holds)) continue;
      std::string all = *text;
      while (!all.empty() && all.back() == '\n') all.pop_back();
      return out.missing_here(pointer, cat(n, " is not among those of this host (", all, ")"));
    }
}

void check_disks(const spec::BlockIo& io, Findings& out) {
  const auto look = [&out](const char* list, const auto& devices) {
    for (size_t i = 0; i < devices.size(); ++i) {
      const std::string number = cat(devices[i].major, ":", devices[i].minor);
      if (access(cat("/sys/dev/block/", number).c_str(), F_OK) < 0 && access("/sys/dev/block", F_OK) == 0)
        out.missing_here(cat("/linux/resources/blockIO/", list, "/", i), cat("this host has no disk ", number));
    }
  };
  look("weightDevice", io.weight_device);
  look("throttleReadBpsDevice", io.throttle_read_bps);
  look("throttleWriteBpsDevice", io.throttle_write_bps);
  look("throttleReadIOPSDevice", io.throttle_read_iops);
  look("throttleWriteIOPSDevice", io.throttle_write_iops);
}

void check_sets(const spec::Cpu& cpu, const Here& here, const cgroup::Plan& plan, Findings& out) {
  std::string cpus = "/sys/devices/system/cpu/possible";
  std::string mems = "/sys/devices/system/node/possible";
  const cgroup::Hierarchy* h = hierarchy_of(here.cgroups, "cpuset");
  if (h != nullptr && here.cgroups.mode != cgroup::Mode::v2) {
    // A part of what the cgroup above has: the nearest one that is there already.
    for (const cgroup::Directory& d : plan.directories) {
      if (d.mountpoint != h->mountpoint) continue;
      std::string above = d.path.substr(0, d.path.rfind('/'));
      while (above.size() > h->mountpoint.size() && access(above.c_str(), F_OK) < 0) above.erase(above.rfind('/'));
      cpus = above + "/cpuset.cpus";
      mems = above + "/cpuset.mems";
    }
  }
  check_set(cpu.cpus, cpus, "/linux/resources/cpu/cpus", out);
  check_set(cpu.mems, mems, "/linux/resources/cpu/mems", out);
}

// What can be refused by itself, each alone: a plan stops at its first error.
class Parts {
 public:
  explicit Parts(const spec::Resources& all) {
    add("/linux/resources/devices").devices = all.devices;
    if (all.memory) add_memory(*all.memory);
    if (all.cpu) add_cpu(*all.cpu);
    if (all.pids_limit) add("/linux/resources/pids").pids_limit = all.pids_limit;
    if (all.block_io) add_block_io(*all.block_io);
    if (!all.hugepage_limits.empty()) add("/linux/resources/hugepageLimits").hugepage_limits = all.hugepage_limits;
    if (all.network) {
      add("/linux/resources/network/classID").network.emplace().class_id = all.network->class_id;
      add("/linux/resources/network/priorities").network.emplace().priorities = all.network->priorities;
    }
    if (!all.rdma.empty()) add("/linux/resources/rdma").rdma = all.rdma;
    for (const auto& [file, value] : all.unified) {
      std::string pointer = "/linux/resources/unified";
      json::append_token(pointer, file);
      add(std::move(pointer)).unified = {{file, value}};
    }
  }

  [[nodiscard]] const std::vector<std::pair<std::string, spec::Resources>>& list() const { return list_; }

 private:
  spec::Resources& add(std::string pointer) { return list_.emplace_back(std::move(pointer), spec::Resources()).second; }

  // Takes `member` out of `rest`, and makes it a part of its own.
  template <class Whole, class T>
  void take(std::string pointer, std::optional<Whole> spec::Resources::*where, Whole& rest, T Whole::*member) {
    (add(std::move(pointer)).*where).emplace().*member = rest.*member;
    rest.*member = {};
  }

  void add_memory(spec::Memory m) {
    take("/linux/resources/memory/kernelTCP", &spec::Resources::memory, m, &spec::Memory::kernel_tcp);
    take("/linux/resources/memory/swappiness", &spec::Resources::memory, m, &spec::Memory::swappiness);
    take("/linux/resources/memory/disableOOMKiller", &spec::Resources::memory, m, &spec::Memory::disable_oom_killer);
    take("/linux/resources/memory/reservation", &spec::Resources::memory, m, &spec::Memory::reservation);
    add(m.limit ? "/linux/resources/memory/limit" : "/linux/resources/memory").memory = m;  // swap needs the limit
  }

  void add_cpu(spec::Cpu c) {
    take("/linux/resources/cpu/shares", &spec::Resources::cpu, c, &spec::Cpu::shares);
    take("/linux/resources/cpu/realtimeRuntime", &spec::Resources::cpu, c, &spec::Cpu::realtime_runtime);
    take("/linux/resources/cpu/realtimePeriod", &spec::Resources::cpu, c, &spec::Cpu::realtime_period);
    take("/linux/resources/cpu/idle", &spec::Resources::cpu, c, &spec::Cpu::idle);
    take("/linux/resources/cpu/cpus", &spec::Resources::cpu, c, &spec::Cpu::cpus);
    take("/linux/resources/cpu/mems", &spec::Resources::cpu, c, &spec::Cpu::mems);
    const char* rest = c.quota ? "/linux/resources/cpu/quota" : "/linux/resources/cpu/period";
    if (c.quota || c.period || c.burst) add(rest).cpu = c;
  }

  void add_block_io(spec::BlockIo b) {
    take("/linux/resources/blockIO/weight", &spec::Resources::block_io, b, &spec::BlockIo::weight);
    take("/linux/resources/blockIO/leafWeight", &spec::Resources::block_io, b, &spec::BlockIo::leaf_weight);
    take("/linux/resources/blockIO/weightDevice", &spec::Resources::block_io, b, &spec::BlockIo::weight_device);
    take("/linux/resources/blockIO/throttleReadBpsDevice", &spec::Resources::block_io, b,
         &spec::BlockIo::throttle_read_bps);
    take("/linux/resources/blockIO/throttleWriteBpsDevice", &spec::Resources::block_io, b,
         &spec::BlockIo::throttle_write_bps);
    take("/linux/resources/blockIO/throttleReadIOPSDevice", &spec::Resources::block_io, b,
         &spec::BlockIo::throttle_read_iops);
    take("/linux/resources/blockIO/throttleWriteIOPSDevice", &spec::Resources::block_io, b,
         &spec::BlockIo::throttle_write_iops);
  }

  std::vector<std::pair<std::string, spec::Resources>> list_;
};

Error at(const std::string& pointer, const Error& error) {
  return error.what.starts_with('/') ? error : Error(error).within(pointer);
}

void check_limits(const spec::Resources& resources, const std::string& cgroups_path, const Here& here, Findings& out) {
  const Parts parts(resources);
  const std::optional<std::string> controllers = controllers_of(here.cgroups);
  for (const auto& [pointer, part] : parts.list()) {
    const Result<cgroup::Plan> plan = cgroup::plan(here.cgroups, cgroups_path, "validate", &part);
    if (!plan.ok()) {
      out.add(at(pointer, plan.error()), true);
      continue;
    }
    bool before_other = false;
    for (const cgroup::Write& write : plan->resources.writes) {
      check_file(here.cgroups, controllers, write, before_other, pointer, out);
      before_other = write.or_next;
    }
  }
}

}  // namespace

void check_cgroup(const spec::Spec& spec, const Here& here, Findings& out) {
  if (here.cgroups.mode == cgroup::Mode::none) return;
  const spec::Resources* resources = spec.lx.resources ? &*spec.lx.resources : nullptr;
  // Where the cgroup lies is one question, and what it is to have are others.
  std::string path = spec.lx.cgroups_path;
  Result<cgroup::Plan> place = cgroup::plan(here.cgroups, path, "validate");
  if (!place.ok()) {
    out.add(at("/linux/cgroupsPath", place.error()), true);
    path = "/validate";
    place = cgroup::plan(here.cgroups, path, "validate");
  }
  if (resources != nullptr) check_limits(*resources, path, here, out);
  if (resources != nullptr && resources->block_io) check_disks(*resources->block_io, out);
  if (resources != nullptr && resources->cpu && place.ok()) check_sets(*resources->cpu, here, *place, out);
  if (!spec.lx.memory_policy) return;
  const std::string nodes = "/sys/devices/system/node/possible";
  const auto wanted = spec::number_list(spec.lx.memory_policy->nodes);
  if (access(nodes.c_str(), F_OK) == 0 && wanted && spec::count_numbers(*wanted) == 1)
    check_set(spec.lx.memory_policy->nodes, nodes, "/linux/memoryPolicy/nodes", out);
}

// ---------------------------------------------------------------- sysctl

namespace {

bool is_numbers(std::string_view text) {
  bool any = false;
  while (!text.empty()) {
    const size_t at = text.find_first_not_of(" \t\n");
    if (at == std::string_view::npos) break;
    text.remove_prefix(at);
    if (text[0] == '-') text.remove_prefix(1);
    size_t digits = text.find_first_not_of("0123456789");
    if (text.starts_with("0x")) digits = text.find_first_not_of("0123456789abcdefABCDEF", 2);
    digits = std::min(digits, text.size());
    if (digits == 0 || (digits < text.size() && std::string_view(" \t\n").find(text[digits]) == std::string_view::npos))
      return false;
    text.remove_prefix(digits);
    any = true;
  }
  return any;
}

// "/proc/sys/net/ipv4/conf/eth0/forwarding" is a setting of eth0. Empty: it is of no device.
std::string device_of(const std::string& file) {
  for (const std::string_view family : {"/conf/", "/neigh/"})
    if (const size_t at = file.find(family); at != std::string::npos) {
      const std::string rest = file.substr(at + family.size());
      return rest.substr(0, rest.find('/'));
    }
  return {};
}

// Of the devices of a new network namespace one is known; others are moved there, or made by hooks or the annotation.
bool may_be_there(const spec::Spec& spec, const std::string& device) {
  const bool hooked = !spec.hooks.prestart.empty() || !spec.hooks.create_runtime.empty();
  if (!spec::makes(spec.lx, spec::NsType::network) || hooked || !spec.annotations.empty() ||
      !spec.lx.net_devices.empty())
    return true;
  return device == "lo" || device == "all" || device == "default";
}

}  // namespace

void check_sysctls(const spec::Spec& spec, Findings& out) {
  for (const auto& [key, value] : spec.lx.sysctl) {
    const std::string file = cat("/proc/sys/", namespaces::sysctl_file(key));
    if (value.empty() || access("/proc/sys/kernel", F_OK) < 0) continue;
    std::string pointer = "/linux/sysctl";
    json::append_token(pointer, key);
    if (const std::string device = device_of(file); !device.empty()) {
      if (!may_be_there(spec, device))
        out.missing_here(pointer, cat("the container has no network device ", json::shown(device)));
      continue;
    }
    struct stat st = {};
    if (stat(file.c_str(), &st) < 0) {
      if (errno == ENOENT) out.missing_here(pointer, "this kernel has no such sysctl");
      continue;
    }
    constexpr mode_t kWrite = 0222;
    if ((st.st_mode & kWrite) == 0) {
      out.missing_here(pointer, "this sysctl can only be read");
      continue;
    }
    const Result<std::string> now = host::read_file(file, kMaxFile);
    const bool list = file.find("reserved_ports") != std::string::npos || file.find("bitmap") != std::string::npos ||
                      file.find("mask") != std::string::npos;
    const bool ipc = file.starts_with("/proc/sys/kernel/") || file.starts_with("/proc/sys/fs/mqueue/");
    if (ipc && value.find('-') != std::string::npos)
      out.missing_here(pointer, cat(shown(value), " is below 0"));
    else if (key.ends_with("shm_rmid_forced") && value != "0" && value != "1")
      out.missing_here(pointer, cat(shown(value), " is out of range (0..1)"));
    else if (now.ok() && !list && is_numbers(*now) && !is_numbers(value))
      out.missing_here(pointer, cat(shown(value), " is not a number, which the kernel has there"));
  }
}

}  // namespace husk::life
