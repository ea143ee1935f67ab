#include <algorithm>
#include <array>
#include <set>

#include "base/weakness.h"
#include "json/document.h"
#include "spec/names.h"
#include "spec/validate_detail.h"

namespace husk::spec {

using json::shown;

namespace {

constexpr size_t kMaxInterface = 15;  // IFNAMSIZ without its final NUL

}  // namespace

void check_namespaces(const Spec& spec, Report& report) {
  uint32_t seen = 0;  // a bit for each type
  for (size_t i = 0; i < spec.lx.namespaces.size(); ++i) {
    const Namespace& ns = spec.lx.namespaces[i];
    const uint32_t bit = 1U << static_cast<unsigned>(ns.type);
    if ((seen & bit) != 0) {
      report.add(element("/linux/namespaces", i, "/type"), shown(namespace_name(ns.type)), " is there twice");
      report.needs("/linux/namespaces");
    }
    seen |= bit;
    if (!ns.path.empty() && !is_absolute(ns.path))
      report.add(element("/linux/namespaces", i, "/path"), "must be an absolute path, found ", shown(ns.path));
  }
}

// ---------------------------------------------------------------- mappings

namespace {

// Reports entries whose ranges overlap on one side (container or host).
void check_overlaps(const std::vector<IdMapping>& list, uint32_t IdMapping::*start, std::string_view side,
                    std::string_view pointer, Report& report) {
  std::vector<size_t> order(list.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::sort(order.begin(), order.end(), [&](size_t a, size_t b) { return list[a].*start < list[b].*start; });
  for (size_t i = 1; i < order.size(); ++i) {
    const IdMapping& before = list[order[i - 1]];
    const IdMapping& after = list[order[i]];
    if (uint64_t{before.*start} + before.size <= after.*start) continue;
    const auto [first, second] = std::minmax(order[i - 1], order[i]);
    report.add(element(pointer, second), "its ", side, " ids overlap those of entry ", first);
    report.needs(element(pointer, first));
  }
}

}  // namespace

void check_mapping_list(const std::vector<IdMapping>& list, std::string_view pointer, Report& report) {
  if (list.size() > kMaxMappings) {
    report.add(pointer, list.size(), " entries, but the kernel takes at most ", kMaxMappings);
    return;
  }
  constexpr uint64_t kNobody = 0xffffffff;  // no id: (uid_t)-1
  for (size_t i = 0; i < list.size(); ++i) {
    const IdMapping& m = list[i];
    if (m.size == 0) report.add(element(pointer, i, "/size"), "must be more than 0");
    if (uint64_t{m.container_id} + m.size > kNobody)
      report.add(element(pointer, i), "its container ids reach beyond 4294967294");
    if (uint64_t{m.host_id} + m.size > kNobody) report.add(element(pointer, i), "its host ids reach beyond 4294967294");
  }
  check_overlaps(list, &IdMapping::container_id, "container", pointer, report);
  check_overlaps(list, &IdMapping::host_id, "host", pointer, report);
}

void check_user_mappings(const Spec& spec, Report& report) {
  if (weakened(Weakness::maps_checked)) return;
  const Linux& lx = spec.lx;
  const Namespace* user = lx.find(NsType::user);
  check_mapping_list(lx.uid_mappings, "/linux/uidMappings", report);
  check_mapping_list(lx.gid_mappings, "/linux/gidMappings", report);
  const bool mapped = !lx.uid_mappings.empty() || !lx.gid_mappings.empty();
  if (user == nullptr && mapped) {
    report.add(lx.uid_mappings.empty() ? "/linux/gidMappings" : "/linux/uidMappings",
               "mappings need a user namespace, and none is asked for");
    report.hint("add {\"type\": \"user\"} to /linux/namespaces");
    report.needs("/linux/namespaces");
  }
  if (user == nullptr || !user->path.empty()) return;
  for (const auto& [pointer, list] :
       {std::pair{"/linux/uidMappings", &lx.uid_mappings}, std::pair{"/linux/gidMappings", &lx.gid_mappings}})
    if (list->empty()) {
      report.add(pointer, "missing: a new user namespace needs mappings");
      report.needs("/linux/namespaces");
    }
}

void warn_user_mappings(const Spec& spec, Report& report) {
  const Namespace* user = spec.lx.find(NsType::user);
  if (user == nullptr || user->path.empty()) return;
  if (!spec.lx.uid_mappings.empty() || !spec.lx.gid_mappings.empty())
    report.add("/linux/uidMappings", "a user namespace is joined: the mappings must be those it already has");
}

// ---------------------------------------------------------------- time, uts

void check_time_offsets(const Spec& spec, Report& report) {
  if (!spec.lx.time_offsets) return;
  const Namespace* time = spec.lx.find(NsType::time);
  if (time == nullptr) {
    report.add("/linux/timeOffsets", "time offsets need a time namespace, and none is asked for");
    report.hint("add {\"type\": \"time\"} to /linux/namespaces");
    report.needs("/linux/namespaces");
  } else if (!time->path.empty()) {
    report.add("/linux/timeOffsets", "the clocks of a time namespace that is joined cannot be moved");
  }
  const auto look = [&report](std::string_view clock, const std::optional<TimeOffset>& offset) {
    if (offset && offset->nanosecs > 999'999'999)
      report.add(cat("/linux/timeOffsets/", clock, "/nanosecs"), offset->nanosecs, " is out of range (0..999999999)");
  };
  look("monotonic", spec.lx.time_offsets->monotonic);
  look("boottime", spec.lx.time_offsets->boottime);
}

void check_host_names(const Spec& spec, Report& report) {
  const auto look = [&](std::string_view pointer, const std::string& name) {
    if (!name.empty() && spec.lx.find(NsType::uts) == nullptr) {
      report.add(pointer, "needs a uts namespace, and none is asked for");
      report.hint("add {\"type\": \"uts\"} to /linux/namespaces");
      report.needs("/linux/namespaces");
    }
    if (name.size() > kMaxHostName)
      report.add(pointer, "has ", name.size(), " bytes, but the kernel takes at most ", kMaxHostName);
  };
  look("/hostname", spec.hostname);
  look("/domainname", spec.domainname);
}

// ---------------------------------------------------------------- sysctl

namespace {

constexpr auto kIpcSysctls = std::to_array<std::string_view>({
    "kernel.msgmax",
    "kernel.msgmnb",
    "kernel.msgmni",
    "kernel.sem",
    "kernel.shmall",
    "kernel.shmmax",
    "kernel.shmmni",
    "kernel.shm_rmid_forced",
});

// sysctl(8) takes two spellings: with dots, where a '/' inside a part stands for a dot, and the other way round.
// Whichever of the two comes first in the name is the separator. Returned is the one with dots.
std::string dotted(std::string_view name) {
  std::string out(name);
  const size_t first = out.find_first_of("./");
  if (first == std::string::npos || out[first] == '.') return out;
  for (char& c : out) {
    if (c == '/') {
      c = '.';
    } else if (c == '.') {
      c = '/';
    }
  }
  return out;
}

// Every part must name something: an empty one, or one that is ".." in the file system, could lead out of the subtree
// that belongs to the namespace.
bool has_bad_part(std::string_view name) {
  while (true) {
    const size_t dot = name.find('.');
    const std::string_view part = name.substr(0, dot);
    if (part.find_first_not_of('/') == std::string_view::npos) return true;
    if (dot == std::string_view::npos) return false;
    name.remove_prefix(dot + 1);
  }
}

// Why this sysctl would reach beyond the container, or nothing.
std::string_view sysctl_trouble(std::string_view name, const Linux& lx) {
  if (has_bad_part(name)) return "is not the name of a sysctl";
  if (contains(kIpcSysctls, name) || name.starts_with("fs.mqueue."))
    return lx.find(NsType::ipc) != nullptr ? "" : "needs an ipc namespace: it would change the host's";
  if (name.starts_with("net."))
    return lx.find(NsType::network) != nullptr ? "" : "needs a network namespace: it would change the host's";
  if (name.starts_with("user."))
    return lx.find(NsType::user) != nullptr ? "" : "needs a user namespace: it would change the host's";
  const bool own_uts = lx.find(NsType::uts) != nullptr;
  if (name == "kernel.domainname") return own_uts ? "" : "needs a uts namespace: it would change the host's";
  if (name == "kernel.hostname") return "is not allowed: /hostname is there to set it";
  return "does not belong to any namespace: it would change the host's";
}

}  // namespace

void check_sysctl(const Spec& spec, Report& report) {
  for (const auto& [key, value] : spec.lx.sysctl)
    if (const std::string_view trouble = sysctl_trouble(dotted(key), spec.lx); !trouble.empty()) {
      report.add(member("/linux/sysctl", key), "sysctl ", shown(key), " ", trouble);
      if (trouble.starts_with("needs")) report.needs("/linux/namespaces");
    }
}

// ---------------------------------------------------------------- network devices

namespace {

// The kernel's rule (dev_valid_name in net/core/dev.c).
bool is_interface_name(std::string_view name) {
  return !name.empty() && name.size() <= kMaxInterface && name != "." && name != ".." &&
         name.find_first_of("/: \t\n\v\f\r") == std::string_view::npos;
}

// "eth%d": the kernel finds a number that is free. It knows one %d, and no other per cent sign.
bool is_wrong_template(std::string_view name) {
  const size_t at = name.find('%');
  return at != std::string_view::npos &&
         (name.substr(at, 2) != "%d" || name.find('%', at + 1) != std::string_view::npos);
}

}  // namespace

void check_net_devices(const Spec& spec, Report& report) {
  const std::vector<NetDevice>& devices = spec.lx.net_devices;
  if (!devices.empty() && spec.lx.find(NsType::network) == nullptr) {
    report.add("/linux/netDevices", "network devices need a network namespace to be moved to, and none is asked for");
    report.hint("add {\"type\": \"network\"} to /linux/namespaces");
    report.needs("/linux/namespaces");
  }
  std::set<std::string_view> names;
  for (const NetDevice& device : devices) {
    const std::string pointer = member("/linux/netDevices", device.host_name);
    if (!is_interface_name(device.host_name))
      report.add(pointer, shown(device.host_name), " is not a valid name of a network device");
    if (!device.name.empty() && !is_interface_name(device.name))
      report.add(cat(pointer, "/name"), shown(device.name), " is not a valid name of a network device");
    if (is_wrong_template(device.name))
      report.add(cat(pointer, "/name"), shown(device.name), " has a % that does not belong to its one \"%d\"");
    const std::string_view name = device.name.empty() ? device.host_name : device.name;
    const bool is_template = name.find('%') != std::string_view::npos;
    if (!names.insert(name).second && !is_template)
      report.add(pointer, "another device is to be named ", shown(name), " too");
  }
}

}  // namespace husk::spec
