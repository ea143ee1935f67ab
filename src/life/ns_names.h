// Which container a process belongs to.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "husk/ns_list.h"

namespace husk::life {

// By the text of its /proc/PID/cgroup: engines put the container's id into the cgroup's name. `place`: the path as far
// as that name. Pure.
[[nodiscard]] std::optional<NamedContainer> container_in(std::string_view cgroups, std::string* place = nullptr);

// Its place in the view's containers, where it is put when it is not there.
[[nodiscard]] size_t container_named(const NamedContainer& named, NamespaceView* view);

// A container that a runtime has written down.
struct KnownContainer {
  std::string runtime, id;
  pid_t init = 0;  // 0: it has ended
  std::vector<pid_t> processes;
  bool own_pid_namespace = false;  // then all that is in init's is its own
  bool stopped = false;            // there was an init
};

// Names the view's processes by what runtimes have written down. That goes before the name of a cgroup, which may be
// that of a container around it; who is named once keeps the name; and who is elsewhere than a container that is known
// is not of it, whatever his cgroup is called. `places`: of container_in(), by pid. `host`: the caller's PID namespace,
// whose processes are not all one container's. Pure.
void name_by_states(const std::vector<KnownContainer>& known, const std::unordered_map<pid_t, std::string>& places,
                    uint64_t host, NamespaceView* view);

// Those of husk below `named` and the usual places, and then those of runc. What cannot be read, or may have been
// written by somebody else, is left out.
[[nodiscard]] std::vector<KnownContainer> known_containers(const std::vector<std::string>& named);

}  // namespace husk::life
