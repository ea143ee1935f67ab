#include "cli/command.h"

namespace husk::cli {

namespace {

Result<int> delete_main(const Command& self, const Globals& /*globals*/, const Log& /*log*/, std::span<char*> /*argv*/) {
  return fail(0, "husk ", self.name, " is not implemented in this version");
}

}  // namespace

constinit const Command delete_command = {"delete", "", "<container-id>", "", {}, 0, 99, delete_main};

}  // namespace husk::cli
