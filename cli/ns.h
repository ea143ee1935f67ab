// What the commands below `husk ns` that run programs have in common.
#pragma once

#include <husk/ns.h>

#include <string>
#include <vector>

#include "cli/command.h"

namespace husk::cli {

struct Kinds {
  bool user = false, pid = false, mnt = false, net = false, uts = false, ipc = false, cgroup = false, time = false;
  bool all = false;
};
[[nodiscard]] std::vector<NsKind> kinds_of(const Kinds& kinds);

// The words that are to be run, or else the caller's shell; with the caller's environment.
void set_program(std::span<char* const> words, NsProgram& program);

// Runs it in the foreground, as a part of the caller's session. Does not return when it has run: a signal that comes
// only then is not to change how we end.
Result<int> stay_with(const Log& log, const std::function<Result<Launched>()>& begin);

// The other side of `ns demo`.
Result<int> ns_probe(std::span<char* const> words);

}  // namespace husk::cli
