// husk pause.
#include "cli/command.h"

namespace husk::cli {

namespace {

struct None {};

Result<int> pause_main(const Command& self, const Globals& globals, const Log& log, std::span<char*> argv) {
  None none;
  HUSK_LET(const Parsed parsed, read_arguments(self, argv, &none));
  if (parsed.help) return 0;
  HUSK_LET(const Environment env, make_environment(globals, log));
  HUSK_TRY(husk::pause(env, parsed.rest[0]));
  return 0;
}

}  // namespace

constinit const Command pause_command = {
    "pause",
    "suspends all processes of a container",
    "<container-id>",
    "The pause command stops all processes of a container where they are, until \"husk resume\"\n"
    "lets them go on.",
    {},
    1,
    1,
    pause_main};

}  // namespace husk::cli
