// What several layers ask of a configuration, answered in one place. Pure.
#pragma once

#include <algorithm>
#include <cstdint>
#include <vector>

#include "spec/types.h"

namespace husk::spec {

// The container gets a new namespace of this kind; one that is joined is none.
[[nodiscard]] inline bool makes(const Linux& lx, NsType type) {
  const Namespace* space = lx.find(type);
  return space != nullptr && space->path.empty();
}

[[nodiscard]] inline bool is_bind(const Mount& mount) {
  return mount.type == "bind" || std::any_of(mount.options.begin(), mount.options.end(), [](const std::string& option) {
           return option == "bind" || option == "rbind";
         });
}

// An id of the container is one of the host's as well.
[[nodiscard]] inline bool is_mapped(const std::vector<IdMapping>& mappings, uint32_t id) {
  return std::any_of(mappings.begin(), mappings.end(),
                     [id](const IdMapping& m) { return id >= m.container_id && id - m.container_id < m.size; });
}

// Some calls are for an agent to decide.
[[nodiscard]] inline bool asks_agent(const Seccomp& seccomp) {
  return std::any_of(seccomp.syscalls.begin(), seccomp.syscalls.end(),
                     [](const SeccompRule& rule) { return rule.action == "SCMP_ACT_NOTIFY"; });
}

}  // namespace husk::spec
