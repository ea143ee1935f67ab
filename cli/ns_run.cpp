// husk ns run.
#include "cli/command.h"

namespace husk::cli {

namespace {

Result<int> not_yet(const Command& self, const Globals& /*globals*/, const Log& /*log*/, std::span<char*> /*argv*/) {
  return fail(0, "husk ", self.name, " is not implemented in this version");
}

}  // namespace

constinit const Command ns_run_command = {"ns run", "run a program in new namespaces", "", "", {}, 0, 0, not_yet};

}  // namespace husk::cli
