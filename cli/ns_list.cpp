// husk ns list, tree and show.
#include "cli/command.h"

namespace husk::cli {

namespace {

Result<int> not_yet(const Command& self, const Globals& /*globals*/, const Log& /*log*/, std::span<char*> /*argv*/) {
  return fail(0, "husk ", self.name, " is not implemented in this version");
}

}  // namespace

constinit const Command ns_list_command = {"ns list", "list the namespaces of the host", "", "", {}, 0, 0, not_yet};
constinit const Command ns_tree_command = {"ns tree", "show who owns which namespace", "", "", {}, 0, 0, not_yet};
constinit const Command ns_show_command = {"ns show", "show one namespace", "", "", {}, 0, 1, not_yet};

}  // namespace husk::cli
