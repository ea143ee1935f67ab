#include "life/container.h"

#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cerrno>

#include "base/weakness.h"
#include "rooms/cgroup/freezer.h"
#include "start/gate.h"

namespace husk {

const char* phase_name(Phase phase) {
  switch (phase) {
    case Phase::creating:
      return "creating";
    case Phase::created:
      return "created";
    case Phase::running:
      return "running";
    case Phase::paused:
      return "paused";
    case Phase::stopped:
      break;
  }
  return "stopped";
}

namespace life {
namespace {

Error gone() {
  return Error{"container not running", ESRCH, {}, 1, true};
}

}  // namespace

bool is_alive(const store::State& state) {
  const store::ProcessFacts facts = store::look_at(state.pid);
  return !facts.ended && (facts.start_time == state.start_time || weakened(Weakness::pids_checked));
}

void say(const Environment& env, Level level, const std::string& text) {
  if (env.log) env.log(level, text);
}

Phase phase_of(const Environment& env, const store::State& state) {
  // Before the process is there, somebody is at work on it, or was killed at it.
  if (state.pid <= 0) return store::is_locked(env.root, state.id) ? Phase::creating : Phase::stopped;
  if (!is_alive(state)) return Phase::stopped;
  switch (starting::gate_state(store::directory(env.root, state.id))) {
    case starting::Gate::building:
      return Phase::creating;
    case starting::Gate::shut:
      return cgroup::is_frozen(state.cgroup.directories) ? Phase::paused : Phase::created;
    case starting::Gate::none:
      break;
  }
  return cgroup::is_frozen(state.cgroup.directories) ? Phase::paused : Phase::running;
}

Result<Found> find(const Environment& env, const std::string& id) {
  Found out;
  HUSK_LET(out.state, store::load(env.root, id));
  out.phase = phase_of(env, out.state);
  return out;
}

Result<Found> find_locked(const Environment& env, const std::string& id) {
  HUSK_LET(sys::Fd lock, store::lock(env.root, id));
  return find_with(env, id, std::move(lock));
}

Result<Found> find_with(const Environment& env, const std::string& id, sys::Fd lock) {
  HUSK_LET(Found out, find(env, id));
  // Whoever was making it held the lock, and we have it now: it was killed at that.
  if (out.phase == Phase::creating) out.phase = out.state.pid > 0 ? Phase::created : Phase::stopped;
  out.lock = std::move(lock);
  return out;
}

Result<sys::Fd> open_init(const store::State& state) {
  if (state.pid <= 0) return gone();
  sys::Fd fd(static_cast<int>(syscall(SYS_pidfd_open, state.pid, 0)));
  if (!fd && errno != ESRCH) return fail(errno, "pidfd_open of process ", state.pid);
  // The number may have been given to another process before we opened it, and not after.
  if (!fd || !is_alive(state)) return gone();
  return fd;
}

Status signal_init(const store::State& state, int signal) {
  Result<sys::Fd> init = open_init(state);
  long ret = 0;
  if (init.ok()) {
    ret = syscall(SYS_pidfd_send_signal, init->get(), signal, nullptr, 0);
  } else if (init.error().errnum == ENOSYS) {
    if (!is_alive(state)) return gone();
    ret = ::kill(state.pid, signal);
  } else {
    return std::move(init).error();
  }
  if (ret < 0 && errno == ESRCH) return gone();
  if (ret < 0) return fail(errno, "send signal ", signal, " to process ", state.pid);
  return {};
}

}  // namespace life
}  // namespace husk
