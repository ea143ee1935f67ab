#include "cli/command.h"

namespace husk::cli {

namespace {

Result<int> state_main(const Command& self, const Globals& /*globals*/, const Log& /*log*/, std::span<char*> /*argv*/) {
  return fail(0, "husk ", self.name, " is not implemented in this version");
}

}  // namespace

constinit const Command state_command = {"state", "", "<container-id>", "", {}, 0, 99, state_main};

}  // namespace husk::cli
