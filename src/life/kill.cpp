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

constexpr size_t kAtOnce = 256;  // descriptors held at a time

// Signals a few processes of the cgroup. Any of the numbers may have been given to a process outside meanwhile: so the
// processes are opened first, and only those that are in the cgroup afterwards are signalled.
Status signal_some(const std::vector<std::string>& cgroups, const pid_t* pids, size_t count, int signal) {
  sys::Fd opened[kAtOnce];
  bool by_number[kAtOnce] = {};
  for (size_t i = 0; i < count; ++i) {
    opened[i].reset(static_cast<int>(syscall(SYS_pidfd_open, pids[i], 0)));
    by_number[i] = !opened[i] && errno != ESRCH;  // a kernel without pidfd_open(2), a full table of descriptors
  }
  HUSK_LET(const Pids now, cgroup::processes(cgroups));
  Status status;
  for (size_t i = 0; i < count; ++i) {
    if (!std::binary_search(now.begin(), now.end(), pids[i])) continue;
    long ret = 0;
    if (opened[i]) ret = syscall(SYS_pidfd_send_signal, opened[i].get(), signal, nullptr, 0);
    if (by_number[i]) ret = ::kill(pids[i], signal);
    if (ret < 0 && errno != ESRCH && status.ok()) status = fail(errno, "send signal ", signal, " to process ", pids[i]);
  }
  return status;
}

Status signal_each(const std::vector<std::string>& cgroups, const Pids& pids, int signal) {
  Status status;
  for (size_t at = 0; at < pids.size(); at += kAtOnce) {
    Status some = signal_some(cgroups, pids.data() + at, std::min(kAtOnce, pids.size() - at), signal);
    if (!some.ok() && status.ok()) status = std::move(some);
  }
  return status;
}

// Its init may have been moved elsewhere; the others are found by the cgroup alone.
Status signal_everyone(const store::State& state, int signal) {
  HUSK_LET(const Pids pids, cgroup::processes(state.cgroups));
  if (pids.empty() || !std::binary_search(pids.begin(), pids.end(), state.pid)) {
    Status init = life::signal_init(state, signal);
    if (!init.ok() && (init.error().errnum != ESRCH || pids.empty())) return init;
  }
  return signal == SIGKILL ? cgroup::kill_all(state.cgroups) : signal_each(state.cgroups, pids, signal);
}

Status signal_first(const store::State& state, int signal) {
  HUSK_TRY(life::signal_init(state, signal));
  // On v1 a frozen process dies only once it is thawed.
  if (signal == SIGKILL && cgroup::is_frozen(state.cgroups)) return cgroup::kill_all(state.cgroups);
  return {};
}

}  // namespace

Status kill(const Environment& env, const std::string& id, const KillOptions& options) {
  HUSK_LET(const store::State state, store::load(env.root, id));
  // Without a PID namespace of its own the others outlive init, and SIGKILL is to end the container.
  const bool everyone = options.all || (options.signal == SIGKILL && !state.own_pid_namespace);
  Status sent = everyone && state.pid > 0 && !state.cgroups.empty() ? signal_everyone(state, options.signal)
                                                                    : signal_first(state, options.signal);
  if (!sent.ok() && sent.error().errnum == ESRCH && options.all) return {};
  return sent;
}

}  // namespace husk
