// Mounts and devices that no start could make.
#include <algorithm>
#include <array>
#include <charconv>

#include "json/document.h"
#include "spec/foresee.h"
#include "spec/names.h"
#include "spec/questions.h"
#include "spec/validate_detail.h"

namespace husk::spec {
namespace {

using json::shown;

// "/dev/" and "dev/./x" are "/dev" and "/dev/x". Nothing for a path with "..": where that leads is the image's affair.
std::optional<std::string> clean(std::string_view path) {
  std::string out;
  while (!path.empty()) {
    const size_t slash = std::min(path.find('/'), path.size());
    const std::string_view one = path.substr(0, slash);
    path.remove_prefix(std::min(slash + 1, path.size()));
    if (one == "..") return std::nullopt;
    if (!one.empty() && one != ".") out.append("/").append(one);
  }
  return out.empty() ? "/" : out;
}

// What may be mounted inside a procfs, as files that are nobody's secret (lxcfs does so).
constexpr auto kInProc = std::to_array<std::string_view>(
    {"/proc/cpuinfo", "/proc/diskstats", "/proc/meminfo", "/proc/stat", "/proc/swaps", "/proc/uptime", "/proc/loadavg",
     "/proc/slabinfo", "/proc/net/dev", "/proc/sys/kernel/ns_last_pid", "/proc/sys/crypto/fips_enabled"});

// ---------------------------------------------------------------- options of a file system

enum class Value : uint8_t { id, octal, size, number };

struct Known {
  std::string_view key;
  Value value;
  bool tmpfs, devpts, proc;
};
constexpr auto kKnown = std::to_array<Known>({
    {"uid", Value::id, true, true, false},
    {"gid", Value::id, true, true, true},
    {"mode", Value::octal, true, true, false},
    {"ptmxmode", Value::octal, false, true, false},
    {"max", Value::number, false, true, false},
    {"size", Value::size, true, false, false},
    {"nr_blocks", Value::size, true, false, false},
    {"nr_inodes", Value::size, true, false, false},
});

bool is_number(std::string_view text, int base, uint64_t most) {
  uint64_t n = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), n, base);
  return error == std::errc() && end == text.data() + text.size() && n <= most;
}

// As the kernel's memparse(): hexadecimal and octal ones too, and a letter behind; of tmpfs also per cent.
bool is_size(std::string_view text) {
  if (text.starts_with("0x") || text.starts_with("0X")) return true;  // letters may be digits: not looked into
  const size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  if (digits == 0) return false;
  const std::string_view rest = text.substr(digits);
  return rest.empty() || rest == "%" ||
         (rest.size() == 1 && std::string_view("kKmMgGtTpPeE").find(rest[0]) != rest.npos);
}

bool fits(Value kind, std::string_view text) {
  constexpr uint64_t kMost = 0xffffffff;
  if (kind == Value::size) return is_size(text);
  if (kind == Value::octal) return is_number(text, 8, kMost);
  // The kernel takes 0x10 and 010 as well.
  return is_number(text, 10, kMost) || (text.starts_with("0x") && is_number(text.substr(2), 16, kMost));
}

const Known* known_option(const Mount& mount, std::string_view key) {
  for (const Known& known : kKnown) {
    const bool has = (known.tmpfs && mount.type == "tmpfs") || (known.devpts && mount.type == "devpts") ||
                     (known.proc && mount.type == "proc");
    if (has && known.key == key) return &known;
  }
  return nullptr;
}

void option(const Spec& spec, const Mount& mount, const std::string& text, const std::string& pointer, Report& report) {
  const size_t equals = text.find('=');
  if (equals == std::string::npos || text.find(',') != std::string::npos) return;
  const std::string_view value = std::string_view(text).substr(equals + 1);
  const Known* known = known_option(mount, std::string_view(text).substr(0, equals));
  if (known == nullptr) return;
  if (!fits(known->value, value)) {
    report.add(pointer, shown(text), " has no value that ", mount.type, " takes");
    return;
  }
  if (known->value != Value::id || !makes(spec.lx, NsType::user)) return;
  const std::vector<IdMapping>& maps = known->key == "uid" ? spec.lx.uid_mappings : spec.lx.gid_mappings;
  uint32_t id = 0;
  (void)std::from_chars(value.data(), value.data() + value.size(), id);
  if (is_mapped(maps, id) || maps.empty() || value.starts_with("0x")) return;
  report.add(pointer, shown(text), " is not mapped in the container's user namespace");
  report.hint("leave it out, or map it");
  report.needs(known->key == "uid" ? "/linux/uidMappings" : "/linux/gidMappings");
}

}  // namespace

void foresee_mounts(const Spec& spec, Report& report) {
  if (!makes(spec.lx, NsType::mount)) return;  // nothing is mounted
  bool procfs = false;
  for (size_t i = 0; i < spec.mounts.size(); ++i) {
    const Mount& mount = spec.mounts[i];
    const std::optional<std::string> to = clean(mount.destination);
    const std::string at = element("/mounts", i);
    const bool remount = std::find(mount.options.begin(), mount.options.end(), "remount") != mount.options.end();
    if (remount) report.add(at + "/options", "\"remount\" is not for a new mount");
    if (is_bind(mount) && mount.source.empty()) report.add(at + "/source", "missing: a bind mount needs one");
    if (to == "/" && !mount.destination.empty()) {
      report.add(at + "/destination", "the root itself is no mount point");
      report.hint("use /root/path");
    }
    if (!is_bind(mount) && mount.type == "proc" && to == "/proc") {
      procfs = true;
    } else if (procfs && to && (to == "/proc" || to->starts_with("/proc/")) && mount.type != "proc" &&
               !contains(kInProc, *to)) {
      report.add(at + "/destination", shown(mount.destination), " is inside /proc, where nothing may be mounted");
    }
    if (is_bind(mount)) continue;
    for (size_t k = 0; k < mount.options.size(); ++k)
      option(spec, mount, mount.options[k], element(at + "/options", k), report);
  }
}

// ---------------------------------------------------------------- devices

void foresee_devices(const Spec& spec, Report& report) {
  constexpr auto kDefaults = std::to_array<std::string_view>(
      {"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty"});
  if (!makes(spec.lx, NsType::mount)) return;
  const bool bound = std::any_of(spec.mounts.begin(), spec.mounts.end(),
                                 [](const Mount& m) { return is_bind(m) && clean(m.destination) == "/dev"; });
  if (bound) return;  // none is made
  const std::vector<Device>& devices = spec.lx.devices;
  std::vector<std::string> made(kDefaults.begin(), kDefaults.end());
  for (size_t i = 0; i < devices.size(); ++i) {
    const std::string path = clean(devices[i].path).value_or("");
    const auto above = std::find_if(made.begin(), made.end(), [&path](const std::string& other) {
      return path.size() > other.size() && path.starts_with(other) && path[other.size()] == '/';
    });
    const auto at = std::find_if(spec.mounts.begin(), spec.mounts.end(),
                                 [&path](const Mount& m) { return !is_bind(m) && clean(m.destination) == path; });
    if (at != spec.mounts.end())
      report.add(element("/linux/devices", i, "/path"), shown(path), " is where ", shown(at->type), " is mounted");
    const auto is_under = [&path](const Mount& m) {
      const bool no_nodes = m.type == "proc" || m.type == "sysfs";
      const std::optional<std::string> to = clean(m.destination);
      return no_nodes && !is_bind(m) && to && path != *to && json::is_in(path, *to);
    };
    if (!path.empty() && std::any_of(spec.mounts.begin(), spec.mounts.end(), is_under))
      report.add(element("/linux/devices", i, "/path"), shown(path),
                 " would lie in a file system without device nodes");
    if (above != made.end())
      report.add(element("/linux/devices", i, "/path"), shown(path), " would lie in ", *above, ", which is a device");
    if (!path.empty()) made.push_back(path);
    for (size_t k = 0; k < i && !path.empty(); ++k) {
      const Device& other = devices[k];
      if (clean(other.path) != path) continue;
      if (other.type == devices[i].type && other.major == devices[i].major && other.minor == devices[i].minor) continue;
      report.add(element("/linux/devices", i, "/path"), shown(path), " is another device in entry ", k);
      report.needs(element("/linux/devices", k));
      break;
    }
  }
}

}  // namespace husk::spec
