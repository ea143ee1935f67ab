#include "cli/command.h"

namespace husk::cli {

namespace {

Result<int> exec_main(const Command& self, const Globals& /*globals*/, const Log& /*log*/, std::span<char*> /*argv*/) {
  return fail(0, "husk ", self.name, " is not implemented in this version");
}

}  // namespace

constinit const Command exec_command = {"exec", "", "<container-id>", "", {}, 0, 99, exec_main};

}  // namespace husk::cli
