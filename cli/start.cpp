// husk start: lets the process of a created container run.
#include "cli/making.h"

namespace husk::cli {

namespace {

struct None {};

Result<int> start_main(const Command& self, const Globals& globals, const Log& log, std::span<char*> argv) {
  None none;
  HUSK_LET(const Parsed parsed, read_arguments(self, argv, &none));
  if (parsed.help) return 0;
  HUSK_LET(Environment env, make_environment(globals, log));
  env.notify_socket = notify_socket();
  HUSK_TRY(husk::start(env, parsed.rest[0]));
  return 0;
}

}  // namespace

constinit const Command start_command = {
    "start",
    "executes the user defined process in a created container",
    "<container-id>",
    "The start command lets the process of a created container run its program. It comes back\n"
    "once the program runs.",
    {},
    1,
    1,
    start_main};

}  // namespace husk::cli
