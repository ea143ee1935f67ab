// What the commands below `husk ns` that run programs have in common.
#pragma once

#include <husk/ns.h>

#include <string>
#include <vector>

#include "cli/command.h"

namespace husk::cli {

// What run and enter have.
struct ProgramArguments {
  bool show = false, clear_env = false;
  std::string wd;
  int preserve_fds = 0;
};

struct Kinds {
  bool user = false, pid = false, mnt = false, net = false, uts = false, ipc = false, cgroup = false, time = false;
  bool all = false;
};
[[nodiscard]] std::vector<NsKind> kinds_of(const Kinds& kinds);

// The words that are to be run, or else the caller's shell or, where it is not there, /bin/sh; with the caller's
// environment, or of that PATH, TERM and HOME alone.
Status set_program(const ProgramArguments& arguments, std::span<char* const> words, NsProgram& program);

// Runs it in the foreground, as a part of the caller's session. Does not return when it has run: a signal that comes
// only then is not to change how we end.
Result<int> stay_with(const Log& log, const std::function<Result<Launched>()>& begin);

// Where a step has failed and --show was not given: what it would say.
[[nodiscard]] Result<Launched> with_word_of_show(const NsProgram& program, Result<Launched> launched);

// The other side of `ns demo`.
Result<int> ns_probe(std::span<char* const> words);

}  // namespace husk::cli
