#include "start/obstacles.h"

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <string_view>

namespace husk::starting {
namespace {

const char* errno_hint(const Circumstances& c) {
  if (c.filtered) return "a seccomp filter around husk (an outer container's?) may forbid it";
  return "a security module of the host, or a chroot around husk, may forbid it";
}

std::string shown(const std::vector<host::IdRange>& ranges) {
  std::string out;
  for (const host::IdRange& r : ranges) out += cat(out.empty() ? "" : ", ", r.first, ":", r.count);
  return out;
}

// Whether [first, first + count) lies in one of the ranges, as the kernel and the helpers want it.
bool covers(const std::vector<host::IdRange>& ranges, uint32_t first, uint32_t count) {
  return std::any_of(ranges.begin(), ranges.end(), [&](const host::IdRange& r) {
    return first >= r.first && uint64_t{first} + count <= uint64_t{r.first} + r.count;
  });
}

bool overlap(const std::vector<host::IdRange>& ranges, uint32_t first, uint32_t count) {
  return std::any_of(ranges.begin(), ranges.end(), [&](const host::IdRange& r) {
    return first < uint64_t{r.first} + r.count && r.first < uint64_t{first} + count;
  });
}

const char* file_of(const Helper& helper) {
  return helper.for_groups ? "/etc/subgid" : "/etc/subuid";
}

std::vector<host::IdRange> all_ranges(const Helper& helper) {
  return helper.all ? *helper.all : host::all_id_ranges_of(file_of(helper));
}

// Below it are the ids of users and groups themselves: useradd gives nobody such ones to map.
constexpr uint32_t kFirstGiven = 100000;
constexpr uint32_t kGivenAtOnce = 65536;

std::string shown_ids(const MapLine& line) {
  return line.count == 1 ? cat("id ", line.outside, " is")
                         : cat("ids ", line.outside, " to ", uint64_t{line.outside} + line.count - 1, " are");
}

Error because(int err, std::string what, std::string hint) {
  return Error{std::move(what), err, std::move(hint), 1, true};
}

// The caller has nothing but himself, and a line of the map asks for more.
Error no_ranges(const std::string& what, const Helper& helper, const MapLine& line, uint32_t self) {
  const std::string none = cat(what, file_of(helper), " has no range for user ", helper.user);
  const char* kind = helper.for_groups ? "gid" : "uid";
  // No range that root may give him would have them.
  if (line.outside < kFirstGiven && !overlap(all_ranges(helper), line.outside, line.count))
    return because(EPERM, cat(none, ", and ", shown_ids(line), " not his own"),
                   cat("map his own ", kind, ", ", self, ", in its place"));
  const std::string get = cat("as root: ", how_to_get_ids(helper));
  if (!overlap(all_ranges(helper), line.outside, line.count)) return because(EPERM, none, get);
  return because(EPERM, cat(none, ", and ", shown_ids(line), " somebody else's there"), cat(get, "; and map these"));
}

}  // namespace

std::vector<MapLine> map_lines(const std::string& text) {
  std::vector<MapLine> out;
  const char* at = text.data();
  const char* end = at + text.size();
  const auto number = [&](uint32_t& n) {
    while (at != end && (*at == ' ' || *at == '\n')) ++at;
    const auto [rest, err] = std::from_chars(at, end, n);
    at = rest;
    return err == std::errc();
  };
  for (MapLine line; number(line.inside) && number(line.outside) && number(line.count);) out.push_back(line);
  return out;
}

Error no_user_namespace(int err, const Circumstances& c) {
  const std::string what = "cannot make a user namespace: ";
  if (err == ENOSPC || err == EUSERS) {
    if (c.max_user_namespaces == 0)
      return because(err, what + "they are turned off here: user.max_user_namespaces is 0",
                     "as root of the host: sysctl -w user.max_user_namespaces=15000");
    return because(err,
                   cat(what, "there are as many as may be, or 32 within each other (user.max_user_namespaces is ",
                       c.max_user_namespaces.value_or(0), " here)"),
                   "end other containers, raise user.max_user_namespaces, or nest them less deep");
  }
  if (!c.has_kind || err == EINVAL)
    return because(err, what + "this kernel was built without them", "it takes CONFIG_USER_NS");
  if (err == ENOSYS)
    return because(err, what + "a seccomp filter around husk forbids it",
                   "let the profile of the outer container allow unshare, clone and setns");
  if (err != EPERM && err != EACCES) return Error{"cannot make a user namespace", err, {}, 1};
  if (c.unprivileged_clone == 0 && !c.privileged)
    return because(err, what + "they are for root alone here: kernel.unprivileged_userns_clone is 0",
                   "as root of the host: sysctl -w kernel.unprivileged_userns_clone=1");
  if (!c.privileged && c.apparmor_restriction.value_or(0) != 0)
    return because(err,
                   cat(what, "AppArmor does not let ordinary users: kernel.apparmor_restrict_unprivileged_userns is ",
                       *c.apparmor_restriction),
                   "as root of the host: a profile for husk with the rule \"userns,\", or "
                   "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0");
  if (!covers(c.own_uids, c.uid, 1) || !covers(c.own_gids, c.gid, 1))
    return because(
        err,
        cat(what, "user ", c.uid, " and group ", c.gid, " are not both mapped in the user namespace that husk runs in"),
        "run husk as a user whom /proc/self/uid_map and /proc/self/gid_map have");
  if (c.chrooted)
    return because(err, what + "not for a process in a chroot",
                   "run husk outside of it, or in a root file system that was entered by pivot_root");
  return Error{"cannot make a user namespace", err, errno_hint(c), 1};
}

Error no_rights_in_it(const std::string& what, int err, const Circumstances& c) {
  if ((err == EPERM || err == EACCES) && !c.privileged && c.apparmor_restriction.value_or(0) != 0)
    return because(err,
                   cat(what,
                       ": AppArmor takes the capabilities from user namespaces of ordinary users: "
                       "kernel.apparmor_restrict_unprivileged_userns is ",
                       *c.apparmor_restriction),
                   "as root of the host: a profile for husk with the rule \"userns,\", or "
                   "sysctl -w kernel.apparmor_restrict_unprivileged_userns=0");
  return no_namespaces(what, err, c);
}

Error no_namespaces(const std::string& what, int err, const Circumstances& c) {
  if (err == ENOSPC && !c.no_more_of.empty())
    return because(err, cat(what, ": namespaces are turned off here: ", c.no_more_of[0], " is 0"),
                   cat("as root of the host: sysctl -w ", c.no_more_of[0], "=15000"));
  if (err == ENOSPC)
    return Error{what, err, "a limit in /proc/sys/user (max_..._namespaces) is reached, or they are nested too deep",
                 1};
  if (err == EPERM && c.filtered) return Error{what, err, errno_hint(c), 1};
  return Error{what, err, {}, 1};
}

Error no_map(const Error& written, bool groups, const std::string& map, const Circumstances& c) {
  if (written.errnum != EPERM) return written;
  const std::vector<host::IdRange>& own = groups ? c.own_gids : c.own_uids;
  for (const MapLine& line : map_lines(map)) {
    if (covers(own, line.outside, line.count)) continue;
    return because(
        EPERM,
        cat("/linux/", groups ? "gidMappings" : "uidMappings", ": ids ", line.outside, " to ",
            uint64_t{line.outside} + line.count - 1, " are not all mapped in the user namespace that husk runs in"),
        cat("it has (first:count) ", shown(own), ": hostID is a number of these"));
  }
  Error out = written;
  out.hint = errno_hint(c);
  return out;
}

std::string how_to_get_ids(const Helper& helper) {
  const char* option = helper.for_groups ? "--add-subgids " : "--add-subuids ";
  const std::string user = helper.user.empty() ? "USER" : helper.user;
  uint64_t first = kFirstGiven;
  for (const host::IdRange& r : all_ranges(helper)) first = std::max(first, uint64_t{r.first} + r.count);
  constexpr uint64_t kNone = ~uint32_t{0};
  if (first + kGivenAtOnce > kNone) return cat("usermod ", option, "FIRST-LAST ", user);
  return cat("usermod ", option, first, "-", first + kGivenAtOnce - 1, " ", user);
}

Error no_map_by(const Helper& helper, const std::string& map, const Circumstances& c) {
  const char* name = helper.for_groups ? "newgidmap" : "newuidmap";
  const char* file = file_of(helper);
  const std::string what = cat("cannot write ", helper.for_groups ? "the map of groups: " : "the map of users: ");
  if (helper.spawn_error == ENOENT)
    return because(ENOENT,
                   cat(what, "/usr/bin/", name, " is not there, and more than the caller's own id is asked for"),
                   "as root: apt-get install uidmap; or map only your own uid and gid");
  if (helper.spawn_error != 0) return Error{cat(what, "run /usr/bin/", name), helper.spawn_error, {}, 1};
  if (c.no_new_privileges)
    return because(EPERM, cat(what, name, " has no privilege, as no_new_privs is set for husk"),
                   "start husk without it (systemd: NoNewPrivileges=no), or map only your own uid and gid");
  if (helper.nosuid)
    return because(EPERM, cat(what, name, " has no privilege, as it is on a file system that is mounted nosuid"),
                   "as root: mount it with suid; or map only your own uid and gid");
  if (!helper.privileged_file)
    return because(EPERM, cat(what, "/usr/bin/", name, " is neither set-user-id root nor has it file capabilities"),
                   cat("as root: chmod u+s /usr/bin/", name));
  if (helper.user.empty())
    return because(EPERM, cat(what, "user ", c.uid, " has no name in /etc/passwd, and ", name, " wants one"),
                   "as root: add the user; or map only your own uid and gid");
  const uint32_t self = helper.for_groups ? c.gid : c.uid;
  for (const MapLine& line : map_lines(map)) {
    if (covers(helper.ranges, line.outside, line.count) || (line.outside == self && line.count == 1)) continue;
    if (helper.ranges.empty()) return no_ranges(what, helper, line, self);
    return because(EPERM,
                   cat(what, "ids ", line.outside, " to ", uint64_t{line.outside} + line.count - 1,
                       " are not in one range of user ", helper.user, " in ", file),
                   cat("there are (first:count) ", shown(helper.ranges)));
  }
  if (c.filtered) return Error{cat(what, name, " refused it"), 0, errno_hint(c), 1};
  return Error{cat(what, name, " refused \"", map.substr(0, map.find_last_not_of('\n') + 1), "\""), 0,
               "it may have said why on standard error", 1};
}

}  // namespace husk::starting
