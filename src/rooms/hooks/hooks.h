// The hooks room, runtime side: runs the programs that config.json names at points of a container's life, in the
// namespaces of the runtime. (createContainer and startContainer hooks run inside the container: that is init's.)
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "spec/types.h"

namespace husk::hooks {

struct Options {
  std::string directory;               // working directory of the hooks: the bundle, as in runc; empty: the caller's
  char* const* environment = nullptr;  // of a hook that brings none. runc passes its own on; null: an empty one
  std::function<void(size_t index, const Status& how)> ran;  // after each, however it ended
};

// Runs the hooks one after the other and stops at the first that fails. Each gets the container's state (JSON) on
// standard input; what it prints is kept for the error text. `kind` is the specification's name, "createRuntime":
//   error running createRuntime hook #0: exit status 1, stdout: , stderr: no bridge
// A hook that outlives its timeout (seconds) is killed. Safe in a program with threads; the caller's children, signal
// handlers and descriptors are left alone (SIGCHLD must not be ignored: then nobody learns how a hook ended).
[[nodiscard]] Status run(std::span<const spec::Hook> hooks, std::string_view kind, const std::string& state_json,
                         const Options& options = {});

}  // namespace husk::hooks
