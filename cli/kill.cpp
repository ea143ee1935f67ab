// husk kill: a signal for a container.
#include "cli/command.h"
#include "cli/matching.h"
#include "cli/signals.h"

namespace husk::cli {

namespace {

struct KillArguments {
  bool all = false;
  bool regex = false;
};

constexpr Option kOptions[] = {
    // Long out of use: SIGKILL ends all processes anyway. Engines still pass it.
    option<KillArguments, &KillArguments::all>("all", 'a', "signal all processes of the container", true),
    option<KillArguments, &KillArguments::regex>("regex", 'r',
                                                 "take the id as a POSIX regular expression: all that match"),
};

Result<int> kill_main(const Command& self, const Globals& globals, const Log& log, std::span<char*> argv) {
  KillArguments arguments;
  HUSK_LET(const Parsed parsed, read_arguments(self, argv, &arguments));
  if (parsed.help) return 0;
  // An empty signal is none at all, to runc and so to its clients.
  const char* name = parsed.rest.size() > 1 && *parsed.rest[1] != '\0' ? parsed.rest[1] : "TERM";
  const std::optional<int> signal = signal_number(name);
  if (!signal) return fail(0, "unknown signal \"", name, '"');
  HUSK_LET(const Environment env, make_environment(globals, log));
  const KillOptions options = {*signal, arguments.all};
  const auto act = [&](const std::string& id) { return husk::kill(env, id, options); };
  if (arguments.regex) return for_each_match(env, log, parsed.rest[0], act);
  HUSK_TRY(act(parsed.rest[0]));
  return 0;
}

}  // namespace

constinit const Command kill_command = {
    "kill",
    "send a signal (default: SIGTERM) to the container's init process",
    "<container-id> [signal]",
    "The kill command sends a signal, given by its name or number, to the first process of a\n"
    "container. Signal 0 only asks whether there is one. SIGKILL ends all processes of the\n"
    "container, also where they have no PID namespace of their own.\n\n"
    "To kill the container \"web\":\n\n"
    "    # husk kill web KILL",
    kOptions,
    1,
    2,
    kill_main};

}  // namespace husk::cli
