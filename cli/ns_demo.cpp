// husk ns demo.
#include "cli/command.h"

namespace husk::cli {

namespace {

Result<int> not_yet(const Command& self, const Globals& /*globals*/, const Log& /*log*/, std::span<char*> /*argv*/) {
  return fail(0, "husk ", self.name, " is not implemented in this version");
}

}  // namespace

constinit const Command ns_demo_command = {"ns demo", "show live what a kind of namespace does", "", "", {}, 0, 0,
                                           not_yet};

}  // namespace husk::cli
