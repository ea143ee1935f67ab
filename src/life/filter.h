// The seccomp filter of a process: made or found, and its agent told.
#pragma once

#include <sys/types.h>

#include <string_view>

#include "base/result.h"
#include "husk/husk.h"
#include "rooms/seccomp/seccomp.h"
#include "spec/types.h"
#include "store/store.h"

namespace husk::life {

// With an empty program where the configuration has no filter.
[[nodiscard]] Result<seccomp::Filter> filter_of(const Environment& env, const spec::Spec& spec);

// Sends a listener and the ContainerProcessState of runtime-spec to the agent that the configuration names. `pid`: of
// the process with the filter; `status`: of the container.
Status tell_agent(const spec::Seccomp& seccomp, const store::State& state, std::string_view status, pid_t pid,
                  int listener);

}  // namespace husk::life
