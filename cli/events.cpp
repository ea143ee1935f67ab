#include "cli/command.h"

namespace husk::cli {

namespace {

Result<int> events_main(const Command& self, const Globals& /*globals*/, const Log& /*log*/, std::span<char*> /*argv*/) {
  return fail(0, "husk ", self.name, " is not implemented in this version");
}

}  // namespace

constinit const Command events_command = {"events", "", "<container-id>", "", {}, 0, 99, events_main};

}  // namespace husk::cli
