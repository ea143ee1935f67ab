// start: from created to running.
#include "start/gate.h"

#include "life/container.h"
#include "rooms/hooks/hooks.h"
#include "spec/parse.h"

namespace husk {
namespace {

// They run when the program runs. One that fails ends the container, which stays to be deleted.
Status poststart(const Environment& env, const store::State& state) {
  if (!state.poststart) return {};
  HUSK_LET(const std::string config, store::load_config(env.root, state.id));
  HUSK_LET(const spec::Spec spec, spec::parse(config));
  const std::string json = store::oci_state(state, "running", false);
  return hooks::run(spec.hooks.poststart, "poststart", json, {state.bundle, env.hook_environment});
}

}  // namespace

Status start(const Environment& env, const std::string& id) {
  HUSK_LET(const life::Found found, life::find_locked(env, id));
  switch (found.phase) {
    case Phase::created:
      break;
    case Phase::stopped:
      return Error{"cannot start a container that has stopped", 0, {}, 1};
    case Phase::running:
      return Error{"cannot start an already running container", 0, {}, 1};
    default:
      return Error{cat("cannot start a container in the ", phase_name(found.phase), " state"), 0, {}, 1};
  }
  HUSK_TRY(starting::open_gate(store::directory(env.root, id)));
  Status status = poststart(env, found.state);
  if (!status.ok()) (void)life::signal_init(found.state, 9);
  return status;
}

}  // namespace husk
