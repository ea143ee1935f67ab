#include "spec/members.h"

#include <algorithm>
#include <numeric>
#include <span>
#include <string>
#include <string_view>

namespace husk::spec {
namespace {

struct Kind;

// A member that is an object, or a list of objects.
struct Part {
  std::string_view name;
  const Kind* kind;
};

// What an object may have.
struct Kind {
  std::string_view plain;            // names of members that are not looked into, with spaces between
  std::span<const Part> parts = {};  // those that are
  const Kind* each = nullptr;        // the names are free, and this is what each of them holds
  bool any_case = false;             // names count whatever their case, here and below
};

constexpr Kind kRoot = {"path readonly"};
constexpr Kind kMapping = {"containerID hostID size"};
constexpr Part kMountParts[] = {{"uidMappings", &kMapping}, {"gidMappings", &kMapping}};
constexpr Kind kMount = {"destination type source options", kMountParts};
constexpr Kind kHook = {"path args env timeout"};
constexpr Part kHookParts[] = {{"prestart", &kHook},       {"createRuntime", &kHook}, {"createContainer", &kHook},
                               {"startContainer", &kHook}, {"poststart", &kHook},     {"poststop", &kHook}};
constexpr Kind kHooks = {"", kHookParts};

constexpr Kind kBox = {"height width"};
constexpr Kind kUser = {"uid gid umask additionalGids username"};
constexpr Kind kCapabilities = {"bounding effective inheritable permitted ambient"};
constexpr Kind kRlimit = {"type soft hard"};
constexpr Kind kIoPriority = {"class priority"};
constexpr Kind kScheduler = {"policy nice priority flags runtime deadline period"};
constexpr Kind kAffinity = {"initial final"};
constexpr Part kProcessParts[] = {
    {"consoleSize", &kBox},       {"user", &kUser},           {"capabilities", &kCapabilities}, {"rlimits", &kRlimit},
    {"ioPriority", &kIoPriority}, {"scheduler", &kScheduler}, {"execCPUAffinity", &kAffinity}};
constexpr Kind kProcess = {"terminal args commandLine env cwd noNewPrivileges apparmorProfile selinuxLabel oomScoreAdj",
                           kProcessParts};

constexpr Kind kDeviceRule = {"allow type major minor access"};
constexpr Kind kMemory = {
    "limit reservation swap kernel kernelTCP swappiness disableOOMKiller useHierarchy checkBeforeUpdate"};
constexpr Kind kCpu = {"shares quota burst period realtimeRuntime realtimePeriod cpus mems idle"};
constexpr Kind kPids = {"limit"};
constexpr Kind kWeight = {"major minor weight leafWeight"};
constexpr Kind kThrottle = {"major minor rate"};
constexpr Part kBlockIoParts[] = {{"weightDevice", &kWeight},
                                  {"throttleReadBpsDevice", &kThrottle},
                                  {"throttleWriteBpsDevice", &kThrottle},
                                  {"throttleReadIOPSDevice", &kThrottle},
                                  {"throttleWriteIOPSDevice", &kThrottle}};
constexpr Kind kBlockIo = {"weight leafWeight", kBlockIoParts};
constexpr Kind kHugepages = {"pageSize limit"};
constexpr Kind kPriority = {"name priority"};
constexpr Part kNetworkParts[] = {{"priorities", &kPriority}};
constexpr Kind kNetwork = {"classID", kNetworkParts};
constexpr Kind kRdma = {"hcaHandles hcaObjects"};
constexpr Kind kRdmaDevices = {"", {}, &kRdma};
constexpr Part kResourcesParts[] = {{"devices", &kDeviceRule}, {"memory", &kMemory},   {"cpu", &kCpu},
                                    {"pids", &kPids},          {"blockIO", &kBlockIo}, {"hugepageLimits", &kHugepages},
                                    {"network", &kNetwork},    {"rdma", &kRdmaDevices}};
// oomScoreAdj is older than version 1.0, and still in the specification's own example.
constexpr Kind kResources = {"unified oomScoreAdj", kResourcesParts, nullptr, true};

constexpr Kind kNamespace = {"type path"};
constexpr Kind kTimeOffset = {"secs nanosecs"};
constexpr Kind kTimeOffsets = {"", {}, &kTimeOffset};  // another clock is an error, and not this one's to tell
constexpr Kind kDevice = {"type path major minor fileMode uid gid"};
constexpr Kind kNetDevice = {"name"};
constexpr Kind kNetDevices = {"", {}, &kNetDevice};
constexpr Kind kSeccompArg = {"index value valueTwo op"};
constexpr Part kRuleParts[] = {{"args", &kSeccompArg}};
constexpr Kind kRule = {"names action errnoRet", kRuleParts};
constexpr Part kSeccompParts[] = {{"syscalls", &kRule}};
constexpr Kind kSeccomp = {"defaultAction defaultErrnoRet architectures flags listenerPath listenerMetadata",
                           kSeccompParts};
constexpr Kind kPersonality = {"domain flags"};
// enableCMT and enableMBM are of runtime-spec 1.1 and 1.2.
constexpr Kind kIntelRdt = {"closID schemata l3CacheSchema memBwSchema enableMonitoring enableCMT enableMBM"};
constexpr Kind kMemoryPolicy = {"mode nodes flags"};
constexpr Part kLinuxParts[] = {
    {"namespaces", &kNamespace},    {"uidMappings", &kMapping},      {"gidMappings", &kMapping},
    {"timeOffsets", &kTimeOffsets}, {"devices", &kDevice},           {"netDevices", &kNetDevices},
    {"resources", &kResources},     {"seccomp", &kSeccomp},          {"personality", &kPersonality},
    {"intelRdt", &kIntelRdt},       {"memoryPolicy", &kMemoryPolicy}};
constexpr Kind kLinux = {"cgroupsPath rootfsPropagation sysctl maskedPaths readonlyPaths mountLabel", kLinuxParts};
constexpr Part kConfigParts[] = {
    {"process", &kProcess}, {"root", &kRoot}, {"mounts", &kMount}, {"hooks", &kHooks}, {"linux", &kLinux}};
constexpr Kind kConfig = {"ociVersion hostname domainname annotations solaris windows vm zos freebsd", kConfigParts};

constexpr size_t kMost = 1000;  // nobody reads more
constexpr size_t kLongestName = 40;

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// Letters to be put in, taken out or changed to make one of the other, whatever their case.
size_t distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i + 1;
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t changed = diagonal + (lower(a[i]) == lower(b[j]) ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({changed, row[j] + 1, diagonal + 1});
    }
  }
  return row.back();
}

template <class F>
void each_name(const Kind& kind, F f) {
  for (std::string_view rest = kind.plain; !rest.empty();) {
    const size_t end = std::min(rest.find(' '), rest.size());
    f(rest.substr(0, end), nullptr);
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  for (const Part& part : kind.parts) f(part.name, part.kind);
}

std::string nearest(const Kind& kind, std::string_view name) {
  constexpr size_t kFarthest = 2;
  std::string_view best;
  size_t least = kFarthest + 1;
  if (name.size() > kLongestName) return {};
  each_name(kind, [&](std::string_view known, const Kind*) {
    const size_t n = distance(name, known);
    if (n >= least || n >= std::min(name.size(), known.size())) return;
    best = known;
    least = n;
  });
  return std::string(best);
}

class Search {
 public:
  void look(json::Value value, const Kind& kind, bool any_case, const std::string& pointer) {
    if (value.kind() == json::Kind::array) {
      size_t i = 0;
      for (const json::Value element : value.children()) {
        if (element.kind() == json::Kind::object) look(element, kind, any_case, cat(pointer, "/", i));
        ++i;
      }
    }
    if (value.kind() != json::Kind::object) return;
    for (const json::Value member : value.children()) {
      std::string below = pointer;
      json::append_token(below, member.key());
      if (kind.each != nullptr)
        look(member, *kind.each, any_case, below);
      else
        look_at_member(member, kind, any_case || kind.any_case, std::move(below));
    }
  }

  std::vector<Problem> out;

 private:
  void look_at_member(json::Value member, const Kind& kind, bool any_case, std::string pointer) {
    bool is_known = false;
    const Kind* inside = nullptr;
    each_name(kind, [&](std::string_view known, const Kind* its) {
      if (member.key() != known && !(any_case && member.has_key_in_any_case(known))) return;
      is_known = true;
      inside = its;
    });
    if (inside != nullptr) return look(member, *inside, any_case, pointer);
    if (is_known || out.size() >= kMost) return;
    const std::string meant = nearest(kind, member.key());
    out.push_back({std::move(pointer),
                   "is not a member that the specification knows; it is ignored",
                   meant.empty() ? "" : cat("did you mean ", json::shown(meant), "?"),
                   {},
                   false});
  }
};

std::vector<Problem> search(json::Value value, const Kind& kind) {
  Search search;
  search.look(value, kind, false, "");
  return std::move(search.out);
}

}  // namespace

std::vector<Problem> unknown_members(json::Value config) {
  return search(config, kConfig);
}

std::vector<Problem> unknown_members_of_process(json::Value process) {
  return search(process, kProcess);
}

}  // namespace husk::spec
