#include "rooms/namespaces/plan.h"

#include <linux/sched.h>

#include <algorithm>

#ifndef CLOCK_MONOTONIC
#define CLOCK_MONOTONIC 1
#define CLOCK_BOOTTIME 7
#endif

namespace husk::namespaces {
namespace {

// The order of joining. The mount namespace is the last: after it, paths mean something else. (Where the user namespace
// comes in is join_all's business: it is entered when its privileges are needed.)
constexpr spec::NsType kOrder[] = {spec::NsType::user, spec::NsType::cgroup,  spec::NsType::ipc,
                                   spec::NsType::uts,  spec::NsType::network, spec::NsType::pid,
                                   spec::NsType::time, spec::NsType::mount};

bool maps_root(const std::vector<spec::IdMapping>& mappings) {
  return std::any_of(mappings.begin(), mappings.end(), [](const auto& m) { return m.container_id == 0 && m.size > 0; });
}

bool maps_host(const std::vector<spec::IdMapping>& mappings, uint32_t id) {
  return std::any_of(mappings.begin(), mappings.end(),
                     [id](const auto& m) { return id >= m.host_id && id - m.host_id < m.size; });
}

bool only_self(const std::vector<spec::IdMapping>& mappings, uint32_t id) {
  return mappings.size() == 1 && mappings[0].size == 1 && mappings[0].host_id == id;
}

void plan_maps(const spec::Linux& lx, const Caller& caller, NamespacePlan& out) {
  out.uid_map = spec::map_text(lx.uid_mappings);
  out.gid_map = spec::map_text(lx.gid_mappings);
  // Whose id is not mapped can make no file, not even a mount point: such a caller becomes somebody who is.
  Bootstrap& b = out.bootstrap;
  const bool has_root = maps_root(lx.uid_mappings) && maps_root(lx.gid_mappings);
  b.become = has_root || !maps_host(lx.uid_mappings, caller.uid) || !maps_host(lx.gid_mappings, caller.gid);
  if (b.become && !has_root && !lx.uid_mappings.empty() && !lx.gid_mappings.empty()) {
    b.uid = lx.uid_mappings[0].container_id;
    b.gid = lx.gid_mappings[0].container_id;
  }
  if (caller.may_map) return;
  // An unprivileged process may map only itself, and only once setgroups is given up; the rest is for the set-user-id
  // helpers, which check /etc/subuid and /etc/subgid.
  out.by_helper = !only_self(lx.uid_mappings, caller.uid) || !only_self(lx.gid_mappings, caller.gid);
  out.deny_setgroups = !out.by_helper;
}

}  // namespace

uint64_t clone_flag(spec::NsType type) {
  switch (type) {
    case spec::NsType::pid:
      return CLONE_NEWPID;
    case spec::NsType::network:
      return CLONE_NEWNET;
    case spec::NsType::mount:
      return CLONE_NEWNS;
    case spec::NsType::ipc:
      return CLONE_NEWIPC;
    case spec::NsType::uts:
      return CLONE_NEWUTS;
    case spec::NsType::user:
      return CLONE_NEWUSER;
    case spec::NsType::cgroup:
      return CLONE_NEWCGROUP;
    case spec::NsType::time:
      return CLONE_NEWTIME;
  }
  return 0;
}

Result<NamespacePlan> plan(const spec::Linux& lx, const Caller& caller, bool force_long, Arena& arena) {
  NamespacePlan out;
  std::vector<Join> joins;
  uint64_t fresh = 0;
  for (const spec::NsType type : kOrder) {
    const spec::Namespace* n = lx.find(type);
    if (n == nullptr) continue;
    if (n->path.empty())
      fresh |= clone_flag(type);
    else
      joins.push_back({clone_flag(type), arena.copy(n->path)});
    if (type == spec::NsType::user && !n->path.empty()) out.joins_user = true;
  }
  Bootstrap& b = out.bootstrap;
  b.joins = arena.list<Join>(joins);
  b.new_user = (fresh & CLONE_NEWUSER) != 0;
  out.new_cgroup = (fresh & CLONE_NEWCGROUP) != 0;
  const uint64_t rest = fresh & ~static_cast<uint64_t>(CLONE_NEWUSER | CLONE_NEWCGROUP);
  if (b.new_user) plan_maps(lx, caller, out);
  if (out.joins_user) b.become = true;
  if (lx.time_offsets && (rest & CLONE_NEWTIME) != 0) {
    std::vector<ClockOffset> clocks;
    if (lx.time_offsets->monotonic)
      clocks.push_back({CLOCK_MONOTONIC, lx.time_offsets->monotonic->secs, lx.time_offsets->monotonic->nanosecs});
    if (lx.time_offsets->boottime)
      clocks.push_back({CLOCK_BOOTTIME, lx.time_offsets->boottime->secs, lx.time_offsets->boottime->nanosecs});
    b.clocks = arena.list<ClockOffset>(clocks);
  }
  b.long_way = force_long || !joins.empty() || b.new_user || (rest & CLONE_NEWTIME) != 0;
  (b.long_way ? b.unshare : out.clone_flags) = rest;
  return out;
}

NamespacePlan plan_exec(const spec::Linux& lx, const Caller& caller, int32_t pid, bool by_pidfd, Arena& arena) {
  NamespacePlan out;
  std::vector<Join> joins;
  uint64_t flags = 0;
  for (const spec::NsType type : kOrder) {
    if (lx.find(type) == nullptr) continue;
    flags |= clone_flag(type);
    joins.push_back({clone_flag(type), arena.copy(cat("/proc/", pid, "/ns/", file_name(type)))});
  }
  Bootstrap& b = out.bootstrap;
  b.long_way = true;
  b.joins = arena.list<Join>(joins);
  if (by_pidfd) b.join_flags = flags;
  const spec::Namespace* user = lx.find(spec::NsType::user);
  if (user == nullptr) return out;
  out.joins_user = true;
  b.become = true;
  if (user->path.empty() && !caller.may_map)  // as it was made: see plan_maps
    out.deny_setgroups = only_self(lx.uid_mappings, caller.uid) && only_self(lx.gid_mappings, caller.gid);
  return out;
}

const char* file_name(spec::NsType type) {
  switch (type) {
    case spec::NsType::pid:
      return "pid";
    case spec::NsType::network:
      return "net";
    case spec::NsType::mount:
      return "mnt";
    case spec::NsType::ipc:
      return "ipc";
    case spec::NsType::uts:
      return "uts";
    case spec::NsType::user:
      return "user";
    case spec::NsType::cgroup:
      return "cgroup";
    case spec::NsType::time:
      break;
  }
  return "time";
}

std::string sysctl_file(std::string key) {
  const size_t first = key.find_first_of("./");
  if (first != std::string::npos && key[first] == '.')
    for (char& c : key) c = c == '.' ? '/' : c == '/' ? '.' : c;
  return key;
}

}  // namespace husk::namespaces
