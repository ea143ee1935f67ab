#include "cli/command.h"

namespace husk::cli {

namespace {

Result<int> pause_main(const Command& self, const Globals& /*globals*/, const Log& /*log*/, std::span<char*> /*argv*/) {
  return fail(0, "husk ", self.name, " is not implemented in this version");
}

}  // namespace

constinit const Command pause_command = {"pause", "", "<container-id>", "", {}, 0, 99, pause_main};

}  // namespace husk::cli
