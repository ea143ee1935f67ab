// Containers on disk: one directory each under the state root.
//
//   ROOT/ID/state.json    what is known, replaced as a whole (written aside and renamed)
//   ROOT/ID/config.json   a copy of the configuration: for exec, and for the hooks after the end
//   ROOT/ID/devices.json  the last update that changed device rules, for the next one to compare with
//   ROOT/ID/exec.fifo     while the container waits for its start (see life/gate.h)
//
// The directory is made first, and it is what makes an id taken. The state is written before anything else of the
// container is made and names what is about to be made, so that a runtime killed at any point leaves nothing that
// cannot be found and removed again.
//
// Who changes a container holds a lock on its directory: create, start, delete, pause, resume, update. Who only looks
// at it (state, list, kill, exec, ps) does not: the file is replaced as a whole, and a pid is checked by its start
// time.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"
#include "rooms/cgroup/cgroup.h"
#include "rooms/intelrdt/intelrdt.h"
#include "spec/types.h"
#include "sys/fd.h"

namespace husk::store {

struct State {
  std::string id;
  std::string bundle, rootfs;
  std::string created;      // RFC 3339, UTC
  pid_t pid = 0;            // of init; 0: not yet there
  uint64_t start_time = 0;  // of init, in clock ticks since boot: tells a recycled pid
  uint32_t owner = 0;       // uid of who made it
  cgroup::Home cgroup;
  intelrdt::Home rdt;
  std::vector<std::pair<std::string, std::string>> annotations;
  // Of a user namespace that the configuration does not have: the caller, no root, was given one.
  std::vector<spec::IdMapping> own_uids, own_gids;
  bool own_pid_namespace = false;            // then SIGKILL to init ends all
  bool no_new_keyring = false;               // then exec makes none either
  bool poststart = false, poststop = false;  // has such hooks: then config.json is worth reading
};

// Ids are runc's: letters, digits, "_+-." and neither "." nor "..".
[[nodiscard]] Status check_id(const std::string& id);

[[nodiscard]] std::string directory(const std::string& root, const std::string& id);

// Takes the id, and with it the lock. An error when it is taken.
[[nodiscard]] Result<sys::Fd> reserve(const std::string& root, const std::string& id);
// Waits up to `patience_ms` for the lock of a container. ENOENT when there is none (any more), EBUSY when somebody
// holds it all that time.
[[nodiscard]] Result<sys::Fd> lock(const std::string& root, const std::string& id, int patience_ms = 10'000);
// Whether somebody holds the lock now.
[[nodiscard]] bool is_locked(const std::string& root, const std::string& id);

// Names of directories that may hold a container, sorted.
[[nodiscard]] std::vector<std::string> ids(const std::string& root);
// The first state in a directory that was just reserved.
[[nodiscard]] Status save_first(const std::string& root, const State& state);
[[nodiscard]] Status save(const std::string& root, const State& state);
[[nodiscard]] Result<State> load(const std::string& root, const std::string& id);
[[nodiscard]] Status remove_state(const std::string& root, const std::string& id);

[[nodiscard]] Status save_config(const std::string& root, const std::string& id, const std::string& json);
[[nodiscard]] Result<std::string> load_config(const std::string& root, const std::string& id);

// The state of runtime-spec, as hooks and the `state` command give it (compact JSON).
[[nodiscard]] std::string oci_state(const State& state, std::string_view status, bool pretty);

// Now, as "2026-11-22T01:02:03.456789Z".
[[nodiscard]] std::string now();
struct ProcessFacts {
  uint64_t start_time = 0;  // field 22 of /proc/PID/stat, in clock ticks since boot; 0: there is no such process
  bool ended = true;        // gone, or dead and not yet waited for
};
[[nodiscard]] ProcessFacts look_at(pid_t pid);

}  // namespace husk::store
