#include <algorithm>

#include "json/document.h"
#include "spec/names.h"
#include "spec/number_list.h"
#include "spec/validate_detail.h"

namespace husk::spec {

using json::shown;

// ---------------------------------------------------------------- devices

void check_devices(const Spec& spec, Report& report) {
  constexpr int64_t kMaxMajor = 0xfff;    // 12 bits of the kernel's dev_t
  constexpr int64_t kMaxMinor = 0xfffff;  // and the other 20
  for (size_t i = 0; i < spec.lx.devices.size(); ++i) {
    const Device& device = spec.lx.devices[i];
    const auto at = [i](std::string_view rest) { return element("/linux/devices", i, rest); };
    const bool has_number = device.type == "c" || device.type == "b" || device.type == "u";
    if (!has_number && device.type != "p")
      report.add(at("/type"), shown(device.type), " is not a device type (known: c, b, u, p)");
    if (!is_absolute(device.path)) {
      report.add(at("/path"), "must be an absolute path, found ", shown(device.path));
    } else if (device.path.find_first_not_of('/') == std::string::npos) {
      report.add(at("/path"), "must not be the root directory");
    }
    if (!has_number) continue;
    if (device.major < 0 || device.major > kMaxMajor)
      report.add(at("/major"), device.major, " is out of range (0..", kMaxMajor, ")");
    if (device.minor < 0 || device.minor > kMaxMinor)
      report.add(at("/minor"), device.minor, " is out of range (0..", kMaxMinor, ")");
  }
}

// ---------------------------------------------------------------- cgroup

namespace {

// True if a part of the path is "..": parts end at '/', and at ':' in systemd's "slice:prefix:name".
bool climbs(std::string_view path) {
  while (!path.empty()) {
    const size_t end = std::min(path.find_first_of("/:"), path.size());
    if (path.substr(0, end) == "..") return true;
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return false;
}

}  // namespace

void check_cgroups_path(const Spec& spec, Report& report) {
  if (climbs(spec.lx.cgroups_path))
    report.add("/linux/cgroupsPath", shown(spec.lx.cgroups_path), " must not have \"..\" in it");
}

void check_device_rules(const Resources& resources, Report& report) {
  const std::vector<DeviceRule>& rules = resources.devices;
  for (size_t i = 0; i < rules.size(); ++i) {
    const auto at = [i](std::string_view rest) { return element("/linux/resources/devices", i, rest); };
    const std::string& type = rules[i].type;
    if (!type.empty() && type != "a" && type != "b" && type != "c")
      report.add(at("/type"), shown(type), " is not a type of device rule (known: a, b, c)");
    const std::string& access = rules[i].access;
    if (access.empty()) {
      report.add(at("/access"), "must not be empty (known: r, w, m)");
    } else if (access.find_first_not_of("rwma") != std::string::npos) {  // 'a': see devices.cpp of the cgroup room
      report.add(at("/access"), shown(access), " has letters other than r, w and m");
    }
    if (rules[i].major && *rules[i].major < -1) report.add(at("/major"), *rules[i].major, " is below -1 (all)");
    if (rules[i].minor && *rules[i].minor < -1) report.add(at("/minor"), *rules[i].minor, " is below -1 (all)");
  }
}

namespace {

// "64KB", "2MB", "1GB": the kernel's names of huge page sizes.
bool is_page_size(std::string_view size) {
  const size_t digits = std::min(size.find_first_not_of("0123456789"), size.size());
  if (digits == 0 || size[0] == '0') return false;
  size.remove_prefix(digits);
  return size == "KB" || size == "MB" || size == "GB";
}

}  // namespace

void check_limits(const Resources& resources, Report& report) {
  if (resources.memory && resources.memory->swappiness && *resources.memory->swappiness > 100)
    report.add("/linux/resources/memory/swappiness", *resources.memory->swappiness, " is out of range (0..100)");
  for (size_t i = 0; i < resources.hugepage_limits.size(); ++i)
    if (const std::string& size = resources.hugepage_limits[i].page_size; !is_page_size(size))
      report.add(element("/linux/resources/hugepageLimits", i, "/pageSize"), shown(size),
                 " is not a page size such as 64KB, 2MB or 1GB");
}

void check_rdma(const Resources& resources, Report& report) {
  for (const Rdma& device : resources.rdma)
    if (!device.hca_handles && !device.hca_objects)
      report.add(member("/linux/resources/rdma", device.device), "must have hcaHandles or hcaObjects");
}

void check_unified(const Resources& resources, Report& report) {
  for (const auto& [key, value] : resources.unified) {
    const std::string pointer = member("/linux/resources/unified", key);
    if (key.find('/') != std::string::npos) {
      report.add(pointer, shown(key), " must be the name of a file, without '/'");
    } else if (const size_t dot = key.find('.'); dot == 0 || dot >= key.size() - 1) {
      report.add(pointer, shown(key), " must have the form CONTROLLER.PARAMETER");
    }
  }
}

// ---------------------------------------------------------------- personality, resctrl, memory policy

void check_personality(const Spec& spec, Report& report) {
  if (const std::string& domain = spec.lx.personality; !domain.empty() && !number_of(kPersonalities, domain))
    report.add("/linux/personality/domain", "invalid personality domain ", shown(domain),
               " (known: ", known(kPersonalities), ")");
}

void check_intel_rdt(const Spec& spec, Report& report) {
  if (!spec.lx.intel_rdt) return;
  const IntelRdt& rdt = *spec.lx.intel_rdt;
  const std::string& id = rdt.clos_id;  // "/" alone is the default class
  if (id == "." || id == ".." || (id.size() > 1 && id.find('/') != std::string::npos))
    report.add("/linux/intelRdt/closID", shown(id), " is not the name of a class of service");
  const auto one_line = [&report](const std::string& pointer, std::string_view text) {
    if (text.find('\n') != std::string_view::npos) report.add(pointer, "must be a single line");
  };
  one_line("/linux/intelRdt/l3CacheSchema", rdt.l3_cache_schema);
  one_line("/linux/intelRdt/memBwSchema", rdt.mem_bw_schema);
  if (!rdt.mem_bw_schema.empty() && !rdt.mem_bw_schema.starts_with("MB:"))
    report.add("/linux/intelRdt/memBwSchema", "must start with \"MB:\", found ", shown(rdt.mem_bw_schema));
  for (size_t i = 0; i < rdt.schemata.size(); ++i) one_line(element("/linux/intelRdt/schemata", i), rdt.schemata[i]);
}

namespace {

void check_policy_nodes(const MemoryPolicy& policy, Report& report) {
  const auto nodes = number_list(policy.nodes);
  if (!nodes) {
    report.add("/linux/memoryPolicy/nodes", "invalid memory policy nodes ", shown(policy.nodes),
               ": not a list such as 0-3,7 of numbers up to ", kMaxListed);
    return;
  }
  const uint32_t count = count_numbers(*nodes);
  const bool none = policy.mode == "MPOL_DEFAULT" || policy.mode == "MPOL_LOCAL";
  if (none && count != 0)
    report.add("/linux/memoryPolicy/nodes", "memory policy mode requires 0 nodes but got ", count);
  if (!none && policy.mode != "MPOL_PREFERRED" && count == 0)
    report.add("/linux/memoryPolicy/nodes", "memory policy mode requires at least one node but got 0");
}

}  // namespace

void check_memory_policy(const Spec& spec, Report& report) {
  if (!spec.lx.memory_policy) return;
  const MemoryPolicy& policy = *spec.lx.memory_policy;
  if (!number_of(kMemoryModes, policy.mode)) {
    report.add("/linux/memoryPolicy/mode", "invalid memory policy mode ", shown(policy.mode),
               " (known: ", known(kMemoryModes), ")");
  } else {
    check_policy_nodes(policy, report);
  }
  for (size_t i = 0; i < policy.flags.size(); ++i)
    if (!number_of(kMemoryFlags, policy.flags[i]))
      report.add(element("/linux/memoryPolicy/flags", i), "invalid memory policy flag ", shown(policy.flags[i]),
                 " (known: ", known(kMemoryFlags), ")");
}

void warn_ignored(const Spec& spec, Report& report) {
  if (!spec.lx.personality_flags.empty()) report.add("/linux/personality/flags", "ignored: no flag is defined");
  if (!spec.lx.resources || !spec.lx.resources->memory) return;
  const Memory& memory = *spec.lx.resources->memory;
  if (memory.kernel) report.add("/linux/resources/memory/kernel", "ignored: kernels no longer have this limit");
}

}  // namespace husk::spec
