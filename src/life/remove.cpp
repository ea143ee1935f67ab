// delete: what is left of a container is taken away.
#include <poll.h>
#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "life/container.h"
#include "rooms/cgroup/cgroup.h"
#include "rooms/cgroup/freezer.h"
#include "rooms/hooks/hooks.h"
#include "spec/parse.h"

namespace husk {
namespace {

using life::Found;
using life::say;

constexpr int kPatience = 10'000;  // ms: a process in the kernel's hands may take seconds to die

Error still_there(const store::State& state) {
  return Error{cat("container ", state.id, ": process ", state.pid, " does not end"), 0,
               "it was sent SIGKILL; is it in an uninterruptible wait?", 1};
}

void pause_ms(long ms) {
  const struct timespec time = {ms / 1000, ms % 1000 * 1'000'000};
  (void)nanosleep(&time, nullptr);
}

Status wait_for_end(int init, const store::State& state) {
  struct pollfd end = {init, POLLIN, 0};
  int ready = 0;
  do ready = poll(&end, 1, kPatience);
  while (ready < 0 && errno == EINTR);
  if (ready < 0) return fail(errno, "wait for process ", state.pid);
  return ready == 0 ? Status(still_there(state)) : Status();
}

// On kernels without pidfd_open(2).
Status end_by_number(const store::State& state) {
  if (Status s = life::signal_init(state, SIGKILL); !s.ok()) return s.error().errnum == ESRCH ? Status() : std::move(s);
  for (int waited = 0; waited < kPatience; ++waited) {
    if (!life::is_alive(state)) return {};
    pause_ms(1);
  }
  return still_there(state);
}

// SIGKILL, and wait for the end: the parent of init is somebody else.
Status end_init(const Found& found) {
  const store::State& state = found.state;
  const Result<sys::Fd> init = life::open_init(state);
  if (!init.ok() && init.error().errnum == ESRCH) return {};
  // The end of a PID namespace's first process ends the others. Not if they are frozen, or if it is no such process:
  // the cgroup's own way of killing thaws them and takes all.
  const bool frozen = found.phase != Phase::running && cgroup::is_frozen(state.cgroup.directories);
  if (frozen || !state.own_pid_namespace || cgroup::is_frozen_below(state.cgroup.directories))
    (void)cgroup::kill_all(state.cgroup.directories);
  if (!init.ok()) return end_by_number(state);
  if (syscall(SYS_pidfd_send_signal, init->get(), SIGKILL, nullptr, 0) < 0 && errno != ESRCH)
    return fail(errno, "send SIGKILL to process ", state.pid);
  return wait_for_end(init->get(), state);
}

// A failing poststop hook is a warning: the container is gone all the same.
void poststop(const Environment& env, store::State state) {
  if (!state.poststop) return;
  state.pid = 0;
  const Result<std::string> config = store::load_config(env.root, state.id);
  if (!config.ok()) return say(env, Level::warning, config.error().text());
  const Result<spec::Spec> spec = spec::parse(*config);
  if (!spec.ok()) return say(env, Level::warning, spec.error().text());
  const std::string json = store::oci_state(state, "stopped", false);
  const Status ran = hooks::run(spec->hooks.poststop, "poststop", json, {state.bundle, env.hook_environment});
  if (!ran.ok()) say(env, Level::warning, ran.error().text());
}

// The cgroup of a container that has had no process. Its name was written down before the cgroup was made; if whoever
// did that was killed just then, the cgroup of this name may be somebody else's, and so are the processes in it. An
// init of ours that nobody knows of ends by itself as soon as it finds its parent gone.
void leave_or_remove_cgroup(const Environment& env, const store::State& state) {
  constexpr int patience = 1000;
  for (int waited = 0, step = 1; waited < patience; waited += step, step = std::min(step * 2, 50)) {
    pause_ms(step);
    if (cgroup::remove_empty(state.cgroup.directories)) return;
  }
  say(env, Level::warning, cat("container ", state.id, ": its cgroup is in use by others and stays"));
}

Status remove_cgroup(const Environment& env, const store::State& state) {
  if (cgroup::remove_empty(state.cgroup.directories) && state.cgroup.unit.empty()) return {};
  if (state.pid <= 0) {
    leave_or_remove_cgroup(env, state);
    return {};
  }
  // Whatever the container's first process left running goes with it. Where that had a PID namespace, its end was the
  // end of all: who is in the cgroup still, or again, is somebody else's.
  if (!state.own_pid_namespace) (void)cgroup::kill_all(state.cgroup.directories);
  return cgroup::remove(state.cgroup);
}

Status take_away(const Environment& env, const store::State& state) {
  // With a cgroup that cannot be removed, the state is kept: it is all that knows of it.
  HUSK_TRY(remove_cgroup(env, state));
  if (!state.rdt.group.empty()) HUSK_TRY(intelrdt::remove(state.rdt));
  poststop(env, state);
  return store::remove_state(env.root, state.id);
}

Status remove_found(const Environment& env, const Found& found, bool force) {
  if (found.phase != Phase::stopped) {
    // The specification would have an error for a created one, too; engines delete those without --force (containerd's
    // `task delete`), and runc and crun let them.
    if (!force && found.phase != Phase::created)
      return Error{cat("cannot delete container ", found.state.id, " that is not stopped: ", phase_name(found.phase)),
                   0, "--force kills it first", 1};
    HUSK_TRY(end_init(found));
  }
  return take_away(env, found.state);
}

// A directory without a state: whoever made it was killed before it had written anything down, and so before it had
// made anything else, or when it was nearly through with removing it. One whose state makes no sense was damaged; one
// that cannot be read for another reason (no permission, no memory) may hold a container, and is kept.
Status remove_unreadable(const Environment& env, const std::string& id, bool force, Error why) {
  if (why.errnum == ENOENT) return store::remove_state(env.root, id);
  if (why.errnum != 0) return why;
  if (!force) {
    why.hint = "--force removes what husk keeps about it";
    return why;
  }
  say(env, Level::warning,
      cat("container ", id, ": its processes and its cgroup, if there are any, stay: ", why.text()));
  return store::remove_state(env.root, id);
}

// Who holds the lock may hang: a create in a hook, a start in one. Without the container's init they give up.
Result<sys::Fd> lock_by_force(const Environment& env, const std::string& id) {
  Result<sys::Fd> lock = store::lock(env.root, id, 0);
  if (lock.ok() || lock.error().errnum != EBUSY) return lock;
  if (const Result<Found> found = life::find(env, id); found.ok() && found->phase != Phase::stopped)
    (void)end_init(*found);
  return store::lock(env.root, id);
}

}  // namespace

Status remove(const Environment& env, const std::string& id, bool force) {
  Result<sys::Fd> lock = force ? lock_by_force(env, id) : store::lock(env.root, id);
  if (!lock.ok()) {
    if (force && lock.error().errnum == ENOENT) return {};
    return std::move(lock).error();
  }
  // The lock stays here: what cannot be read must not change hands either.
  Result<Found> found = life::find_with(env, id, sys::Fd());
  if (!found.ok()) return remove_unreadable(env, id, force, std::move(found).error());
  return remove_found(env, *found, force);
}

}  // namespace husk
