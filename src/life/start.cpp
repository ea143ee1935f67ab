// start: from created to running. With a notify socket, until the program says that it is ready.
#include <cerrno>

#include "life/container.h"
#include "life/notify.h"
#include "rooms/hooks/hooks.h"
#include "spec/parse.h"
#include "start/gate.h"

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

// Both ends of the notify socket, before the program runs and may use them. Empty ones: nothing to pass on.
struct Notify {
  sys::Fd from, to;
  sys::Fd init;  // opened while it waits: it may be quick to say READY=1 and end
};

Result<Notify> listen(const Environment& env, const store::State& state) {
  Notify out;
  if (env.notify_socket.empty()) return out;
  Result<sys::Fd> from = life::listen_for_ready(store::directory(env.root, state.id));
  if (!from.ok() && from.error().errnum == ENOENT) {
    life::say(env, Level::warning,
              "NOTIFY_SOCKET is set now and was not when the container was created: it is ignored");
    return out;
  }
  if (!from.ok()) return std::move(from).error();
  HUSK_LET(out.to, life::connect_to_manager(env.notify_socket));
  if (Result<sys::Fd> init = life::open_init(state); init.ok()) out.init = *std::move(init);
  out.from = *std::move(from);
  return out;
}

Status relay(const Environment& env, const store::State& state, const Notify& notify) {
  if (!notify.from) return {};
  life::trace(env, "wait for READY=1 of container ", state.id);
  return life::relay_ready(notify.from.get(), notify.to.get(), state.pid, notify.init.get());
}

}  // namespace

Status start(const Environment& env, const std::string& id) {
  HUSK_LET(life::Found found, life::find_locked(env, id));
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
  HUSK_LET(const Notify notify, listen(env, found.state));
  life::trace(env, "let process ", found.state.pid, " run its program");
  HUSK_TRY(starting::open_gate(store::directory(env.root, id), found.state.pid));
  life::trace(env, "the program runs");
  found.lock.reset();  // it is started: hooks may do something with it, and others while we wait for its word
  if (Status status = poststart(env, found.state); !status.ok()) {
    (void)life::signal_init(found.state, 9);
    return status;
  }
  return relay(env, found.state, notify);
}

}  // namespace husk
