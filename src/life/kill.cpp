// kill: a signal to a container's first process, or to all of them.
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "life/container.h"
#include "rooms/cgroup/cgroup.h"
#include "rooms/cgroup/freezer.h"

namespace husk {
namespace {

using Pids = std::vector<pid_t>;

// Its init may have been moved elsewhere; the others are found by the cgroup alone.
Status signal_everyone(const store::State& state, int signal) {
  // The end of a PID namespace was the end of all: who is in the cgroup now is another container's.
  if (state.own_pid_namespace && !life::is_alive(state)) return life::signal_init(state, signal);
  HUSK_LET(const Pids pids, cgroup::processes(state.cgroup.directories));
  if (pids.empty() || !std::binary_search(pids.begin(), pids.end(), state.pid)) {
    Status init = life::signal_init(state, signal);
    if (!init.ok() && (init.error().errnum != ESRCH || pids.empty())) return init;
  }
  return signal == SIGKILL ? cgroup::kill_all(state.cgroup.directories)
                           : cgroup::signal_processes(state.cgroup.directories, pids, signal);
}

Status signal_first(const store::State& state, int signal) {
  HUSK_TRY(life::signal_init(state, signal));
  // On v1 a frozen process dies only once it is thawed.
  const std::vector<std::string>& in = state.cgroup.directories;
  const bool frozen = signal == SIGKILL && (cgroup::is_frozen(in) || cgroup::is_frozen_below(in));
  return frozen ? cgroup::kill_all(in) : Status();
}

}  // namespace

Status kill(const Environment& env, const std::string& id, const KillOptions& options) {
  HUSK_LET(const store::State state, store::load(env.root, id));
  // Without a PID namespace of its own the others outlive init, and SIGKILL is to end the container.
  const bool everyone = options.all || (options.signal == SIGKILL && !state.own_pid_namespace);
  Status sent = everyone && state.pid > 0 && !state.cgroup.directories.empty() ? signal_everyone(state, options.signal)
                                                                               : signal_first(state, options.signal);
  if (!sent.ok() && sent.error().errnum == ESRCH && options.all) return {};
  return sent;
}

}  // namespace husk
