// husk delete: what is left of a container is taken away.
#include "cli/command.h"
#include "cli/matching.h"

namespace husk::cli {

namespace {

struct DeleteArguments {
  bool force = false;
  bool regex = false;
};

constexpr Option kOptions[] = {
    option<DeleteArguments, &DeleteArguments::force>("force", 'f', "kill the container first if it is still running"),
    option<DeleteArguments, &DeleteArguments::regex>("regex", 'r',
                                                     "take the id as a POSIX regular expression: all that match"),
};

Result<int> delete_main(const Command& self, const Globals& globals, const Log& log, std::span<char*> argv) {
  DeleteArguments arguments;
  HUSK_LET(const Parsed parsed, read_arguments(self, argv, &arguments));
  if (parsed.help) return 0;
  HUSK_LET(const Environment env, make_environment(globals, log));
  const auto act = [&](const std::string& id) { return husk::remove(env, id, arguments.force); };
  if (arguments.regex) return for_each_match(env, log, parsed.rest[0], act);
  HUSK_TRY(act(parsed.rest[0]));
  return 0;
}

}  // namespace

constinit const Command delete_command = {
    "delete",
    "delete what a container holds: processes, cgroup and state",
    "<container-id>",
    "The delete command removes a container that has stopped, or that was created and not\n"
    "started, and runs its poststop hooks. With --force one that runs is killed first, and one\n"
    "that does not exist is no error.\n\n"
    "To delete the container \"web\":\n\n"
    "    # husk delete web",
    kOptions,
    1,
    1,
    delete_main};

}  // namespace husk::cli
