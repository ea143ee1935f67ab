// Which container a process belongs to.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "husk/ns_list.h"

namespace husk::life {

// By the text of its /proc/PID/cgroup: engines put the container's id into the cgroup's name. Pure.
[[nodiscard]] std::optional<NamedContainer> container_in(std::string_view cgroups);

// A container that a runtime has written down.
struct KnownContainer {
  std::string runtime, id;
  pid_t init = 0;  // 0: it has ended
  std::vector<pid_t> processes;
  bool own_pid_namespace = false;  // then all that is in init's is its own
};

// Those of husk below `roots` and the usual places, and those of runc. What cannot be read is left out.
[[nodiscard]] std::vector<KnownContainer> known_containers(const std::vector<std::string>& roots);

}  // namespace husk::life
