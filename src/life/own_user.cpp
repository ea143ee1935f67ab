#include "life/own_user.h"

#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <string_view>

#include "spec/questions.h"
#include "spec/validate.h"

namespace husk::life {
namespace {

// "gid=5" where group 5 is not mapped: the kernel would refuse the mount.
bool names_nobody(std::string_view option, std::string_view key, const std::vector<spec::IdMapping>& maps) {
  if (!option.starts_with(key)) return false;
  option.remove_prefix(key.size());
  uint32_t id = 0;
  const auto [rest, err] = std::from_chars(option.data(), option.data() + option.size(), id);
  return err == std::errc() && rest == option.data() + option.size() && !spec::is_mapped(maps, id);
}

}  // namespace

std::vector<spec::IdMapping> maps_of(uint32_t self, const std::vector<host::IdRange>& ranges) {
  std::vector<spec::IdMapping> out = {{0, self, 1}};
  uint64_t next = 1;
  for (const host::IdRange& r : ranges) {
    const bool taken = std::any_of(out.begin(), out.end(), [&r](const spec::IdMapping& m) {
      return m.host_id < uint64_t{r.first} + r.count && r.first < uint64_t{m.host_id} + m.size;
    });
    if (taken || next + r.count > 0xffffffff || out.size() == spec::kMaxMappings) continue;
    out.push_back({static_cast<uint32_t>(next), r.first, r.count});
    next += r.count;
  }
  return out;
}

OwnMaps own_maps(uint32_t uid, uint32_t gid) {
  const bool helpers = access("/usr/bin/newuidmap", X_OK) == 0 && access("/usr/bin/newgidmap", X_OK) == 0;
  std::vector<host::IdRange> uids;
  std::vector<host::IdRange> gids;
  if (helpers) {
    uids = host::id_ranges_of("/etc/subuid", uid);
    gids = host::id_ranges_of("/etc/subgid", uid);
  }
  if (uids.empty() || gids.empty()) return {maps_of(uid, {}), maps_of(gid, {})};
  return {maps_of(uid, uids), maps_of(gid, gids)};
}

void add_user_namespace(const OwnMaps& maps, spec::Spec& spec) {
  spec.lx.namespaces.push_back({spec::NsType::user, ""});
  spec.lx.uid_mappings = maps.uids;
  spec.lx.gid_mappings = maps.gids;
  const bool own_network = spec.lx.find(spec::NsType::network) != nullptr;
  for (spec::Mount& m : spec.mounts) {
    std::erase_if(m.options, [&maps](const std::string& o) {
      return names_nobody(o, "gid=", maps.gids) || names_nobody(o, "uid=", maps.uids);
    });
    if (m.type != "sysfs" || own_network) continue;
    m.type = "none";
    m.source = "/sys";
    m.options.insert(m.options.begin(), "rbind");
  }
}

void give_user_namespace(const host::Facts& facts, spec::Spec& spec, store::State& state) {
  if (spec.lx.find(spec::NsType::user) != nullptr) return;
  const OwnMaps maps = own_maps(facts.euid, facts.egid);
  add_user_namespace(maps, spec);
  state.own_uids = maps.uids;
  state.own_gids = maps.gids;
}

}  // namespace husk::life
