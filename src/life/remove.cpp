// delete: what is left of a container is taken away.
#include <poll.h>
#include <signal.h>
#include <time.h>

#include <cerrno>

#include "life/container.h"
#include "rooms/cgroup/cgroup.h"
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

// SIGKILL, and wait for the end: the parent of init is somebody else.
Status end_init(const store::State& state) {
  Result<sys::Fd> init = life::open_init(state);
  if (!init.ok() && init.error().errnum == ESRCH) return {};
  // Frozen processes do not die: the cgroup's own way of killing thaws them.
  (void)cgroup::kill_all(state.cgroups);
  if (Status s = life::signal_init(state, SIGKILL); !s.ok() && s.error().errnum != ESRCH) return s;
  if (init.ok()) {
    struct pollfd end = {init->get(), POLLIN, 0};
    int ready = 0;
    do ready = poll(&end, 1, kPatience);
    while (ready < 0 && errno == EINTR);
    return ready == 0 ? Status(still_there(state)) : Status();
  }
  for (int waited = 0; waited < kPatience; ++waited) {
    const store::ProcessFacts facts = store::look_at(state.pid);
    if (facts.ended || facts.start_time != state.start_time) return {};
    const struct timespec ms = {0, 1'000'000};
    (void)nanosleep(&ms, nullptr);
  }
  return still_there(state);
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

Status take_away(const Environment& env, const store::State& state) {
  // Whatever the container's first process left running goes with it.
  Status cgroups;
  if (!cgroup::remove_empty(state.cgroups)) {
    (void)cgroup::kill_all(state.cgroups);
    cgroups = cgroup::remove(state.cgroups);
  }
  // With a cgroup that cannot be removed, the state is kept: it is all that knows of it.
  if (!cgroups.ok()) return cgroups;
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
    HUSK_TRY(end_init(found.state));
  }
  return take_away(env, found.state);
}

// A directory without a readable state: whoever made it was killed before it had written anything down, and so before
// it had made anything else; or the file was damaged.
Status remove_unreadable(const Environment& env, const std::string& id, bool force, Error why) {
  if (why.errnum != ENOENT && !force) {
    why.hint = "--force removes what husk keeps about it";
    return why;
  }
  return store::remove_state(env.root, id);
}

}  // namespace

Status remove(const Environment& env, const std::string& id, bool force) {
  if (force) {
    // A create that hangs (in a hook, say) holds the lock; without its init it gives up.
    if (const Result<Found> found = life::find(env, id); found.ok() && found->phase == Phase::creating)
      (void)end_init(found->state);
  }
  Result<sys::Fd> lock = store::lock(env.root, id);
  if (!lock.ok()) {
    if (force && lock.error().errnum == ENOENT) return {};
    return std::move(lock).error();
  }
  Result<Found> found = life::find_with(env, id, *std::move(lock));
  if (!found.ok()) return remove_unreadable(env, id, force, std::move(found).error());
  return remove_found(env, *found, force);
}

}  // namespace husk
