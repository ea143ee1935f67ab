// What init does to itself, as steps. Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "base/arena.h"
#include "base/result.h"
#include "rooms/process/steps.h"
#include "spec/types.h"

namespace husk::process {

struct ProcessPlan {
  std::optional<int64_t> oom_score;
  std::optional<IoPriority> io_priority;
  std::optional<Scheduler> scheduler;
  std::optional<MemoryPolicy> memory_policy;
  std::optional<Personality> personality;
  Umask umask;
  bool no_new_privileges = false;
  Credentials credentials;
  WorkingDirectory cwd;
  Program program;
  std::vector<std::string> warnings;
};

// `set_groups`: setgroups(2) is allowed in the user namespace. `listen_fds`: LISTEN_FDS and LISTEN_PID are added to the
// environment for so many descriptors. The spec has been validated.
[[nodiscard]] Result<ProcessPlan> plan(const spec::Spec& spec, bool set_groups, int listen_fds, Arena& arena);

}  // namespace husk::process
