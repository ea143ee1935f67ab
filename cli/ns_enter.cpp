// husk ns enter.
#include "cli/command.h"

namespace husk::cli {

namespace {

Result<int> not_yet(const Command& self, const Globals& /*globals*/, const Log& /*log*/, std::span<char*> /*argv*/) {
  return fail(0, "husk ", self.name, " is not implemented in this version");
}

}  // namespace

constinit const Command ns_enter_command = {
    "ns enter", "run a program in the namespaces of a process or container", "", "", {}, 0, 0, not_yet};

}  // namespace husk::cli
