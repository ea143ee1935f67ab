// husk state: what a container is doing.
#include "cli/command.h"

namespace husk::cli {

namespace {

struct None {};

Result<int> state_main(const Command& self, const Globals& globals, const Log& log, std::span<char*> argv) {
  None none;
  HUSK_LET(const Parsed parsed, read_arguments(self, argv, &none));
  if (parsed.help) return 0;
  HUSK_LET(const Environment env, make_environment(globals, log));
  HUSK_LET(const Container container, husk::state(env, parsed.rest[0]));
  // As runc: no owner's name here (`list` has it), and no newline at the end.
  if (!print(state_json(container, "", true))) return fail(errno, "write to standard output");
  return 0;
}

}  // namespace

constinit const Command state_command = {
    "state",
    "output the state of a container",
    "<container-id>",
    "The state command prints, as JSON, what husk knows about a container: its id and\n"
    "bundle, the id of its process, and whether it is creating, created, running, paused or\n"
    "stopped.",
    {},
    1,
    1,
    state_main};

}  // namespace husk::cli
