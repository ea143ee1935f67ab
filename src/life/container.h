// A container that exists, as every command but create and run begins with it.
#pragma once

#include <string>

#include "base/result.h"
#include "husk/husk.h"
#include "spec/types.h"
#include "store/store.h"
#include "sys/fd.h"

namespace husk::life {

// A state as it is written down, and what its process is doing now.
struct Found {
  store::State state;
  Phase phase = Phase::stopped;
  sys::Fd lock;  // empty when it was only looked at
};

// ENOENT when there is no such container.
Result<Found> find(const Environment& env, const std::string& id);
// The same with the container's lock held: nobody else changes it until Found is gone.
Result<Found> find_locked(const Environment& env, const std::string& id);
// With a lock that was taken already.
Result<Found> find_with(const Environment& env, const std::string& id, sys::Fd lock);

// What the process is doing: from its start time, the exec fifo, the freezer.
Phase phase_of(const Environment& env, const store::State& state);

// Whether the process is there and this container's: by its start time, and no zombie.
bool is_alive(const store::State& state);

// Refuses to set the caller's own network up by way of a namespace that is joined.
Status check_sysctl_of_network(const spec::Spec& spec);

// What a process is called, and its pid in each PID namespace from ours to its own; without pids: there is none.
ProcessLevels levels_of(pid_t pid);

// A descriptor of init that can be signalled and waited for (poll: readable once it has ended), sure to be of this
// container's process and not of another one with its number. ESRCH when the process is gone; ENOSYS without
// pidfd_open(2).
Result<sys::Fd> open_init(const store::State& state);

// Signals init; by pidfd where there is one. ESRCH when it is gone.
Status signal_init(const store::State& state, int signal);

// What the numbers have under "intel_rdt".
Result<std::string> rdt_stats(const store::State& state);

void say(const Environment& env, Level level, const std::string& text);

// A step, for --debug. Nothing is put together when nobody listens.
template <class... Parts>
void trace(const Environment& env, const Parts&... parts) {
  if (env.debug && env.log) env.log(Level::debug, cat(parts...));
}

}  // namespace husk::life
