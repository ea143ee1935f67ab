// Why a user namespace could not be made or mapped: which switch of the host is in the way, and how to turn it. Looked
// for only after the kernel has refused; what it says itself is one errno for a dozen reasons.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "host/subid.h"

namespace husk::starting {

// What is known about the host and the caller when it has failed.
struct Circumstances {
  uint32_t uid = 0, gid = 0;
  bool privileged = false;                        // CAP_SYS_ADMIN
  bool has_kind = true;                           // the kernel knows user namespaces
  bool chrooted = false;                          // as far as can be seen
  bool filtered = false;                          // by a seccomp filter around us
  bool no_new_privileges = false;                 // set-user-id has no effect
  std::optional<int64_t> max_user_namespaces;     // user.max_user_namespaces
  std::optional<int64_t> unprivileged_clone;      // kernel.unprivileged_userns_clone (Debian)
  std::optional<int64_t> apparmor_restriction;    // kernel.apparmor_restrict_unprivileged_userns (Ubuntu)
  std::vector<std::string> no_more_of;            // "user.max_net_namespaces": those that are 0
  std::vector<host::IdRange> own_uids, own_gids;  // the ids there are in the user namespace that we are in
};

// newuidmap or newgidmap: what can be seen of it, and of the ranges that it goes by.
struct Helper {
  bool for_groups = false;
  int spawn_error = 0;                // it did not run at all
  bool privileged_file = true;        // set-user-id, or with file capabilities
  bool nosuid = false;                // the file system
  std::string user;                   // the caller's name; empty: he has none
  std::vector<host::IdRange> ranges;  // his
  // Those of everybody in the same file. Nothing: not looked at, which is done when they are asked for.
  std::optional<std::vector<host::IdRange>> all;
};

// One line of a map.
struct MapLine {
  uint32_t inside = 0, outside = 0, count = 0;
};
[[nodiscard]] std::vector<MapLine> map_lines(const std::string& text);

// unshare(2) or clone(2) of a user namespace failed.
[[nodiscard]] Error no_user_namespace(int err, const Circumstances& c);
// It is there, and something in it that its root may do was refused.
[[nodiscard]] Error no_rights_in_it(const std::string& what, int err, const Circumstances& c);
// Other namespaces could not be made.
[[nodiscard]] Error no_namespaces(const std::string& what, int err, const Circumstances& c);
// The map could not be written directly.
[[nodiscard]] Error no_map(const Error& written, bool groups, const std::string& map, const Circumstances& c);
// A helper refused it.
[[nodiscard]] Error no_map_by(const Helper& helper, const std::string& map, const Circumstances& c);

// How root gives the caller ids: a command. They are behind all that the file gives away: what belongs to somebody else
// would be given to both.
[[nodiscard]] std::string how_to_get_ids(const Helper& helper);

// Looks at the host.
[[nodiscard]] Circumstances look_around();
[[nodiscard]] Helper look_at_helper(bool for_groups, int spawn_error);

}  // namespace husk::starting
