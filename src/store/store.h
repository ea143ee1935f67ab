// Containers on disk: one directory each under the state root.
//
//   ROOT/ID/state.json    what is known, replaced as a whole (written aside and renamed)
//   ROOT/ID/config.json   a copy of the configuration, for the hooks after the end
//
// The directory is made first, and it is what makes an id taken. The state is written before anything else of the
// container is made and names what is about to be made, so that a runtime killed at any point leaves nothing that
// cannot be found and removed again.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace husk::store {

struct State {
  std::string id;
  std::string bundle, rootfs;
  std::string created;               // RFC 3339, UTC
  pid_t pid = 0;                     // of init; 0: not yet there
  uint64_t start_time = 0;           // of init, in clock ticks since boot: tells a recycled pid
  uint32_t owner = 0;                // uid of who made it
  std::vector<std::string> cgroups;  // directories
  std::vector<std::pair<std::string, std::string>> annotations;
};

// Ids are runc's: letters, digits, "_+-." and neither "." nor "..".
[[nodiscard]] Status check_id(const std::string& id);

// Takes the id. EEXIST when it is taken.
[[nodiscard]] Status reserve(const std::string& root, const std::string& id);
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
// Field 22 of /proc/PID/stat; 0 when there is no such process.
[[nodiscard]] uint64_t start_time_of(pid_t pid);

}  // namespace husk::store
