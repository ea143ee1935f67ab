// husk features: what this runtime can do, for programs.
#include "cli/command.h"

namespace husk::cli {

namespace {

struct None {};

Result<int> features_main(const Command& self, const Globals& /*globals*/, const Log& /*log*/, std::span<char*> argv) {
  None none;
  HUSK_LET(const Parsed parsed, read_arguments(self, argv, &none));
  if (parsed.help) return 0;
  if (!print(features() + '\n')) return fail(errno, "write to standard output");
  return 0;
}

}  // namespace

constinit const Command features_command = {
    "features",
    "show the enabled features",
    "",
    "The features command prints, as JSON, what husk can do, whatever the host: the\n"
    "document that the runtime specification describes in features.md.",
    {},
    0,
    0,
    features_main};

}  // namespace husk::cli
