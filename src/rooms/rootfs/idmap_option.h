// crun's way to say how a bind mount is mapped: "idmap=uids=0-1-10#10-11-10;gids=0-100-10". Each range is
// FIRST-THEN-COUNT: ids of the files from FIRST on are seen as those from THEN on. With "@" in front, THEN is an id of
// the container's user namespace. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "spec/types.h"

namespace husk::rootfs {

struct IdMaps {
  std::string uids, gids;  // as in /proc/PID/uid_map
};

[[nodiscard]] Result<IdMaps> parse_idmap_option(std::string_view value, const spec::Linux& lx);

}  // namespace husk::rootfs
