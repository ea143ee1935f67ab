// husk create: everything but the program's start.
#include "cli/making.h"

namespace husk::cli {

namespace {

struct CreateArguments : CreateOptions {
  std::optional<std::string> trace_file;
};

template <auto Member>
constexpr Option create_option(const char* name, char letter, const char* help) {
  return option<CreateArguments, Member>(name, letter, help);
}

constexpr Option kOptions[] = {
    create_option<&CreateArguments::bundle>("bundle", 'b', "directory of the bundle (default: the current one)"),
    create_option<&CreateArguments::config>("config", 'f',
                                            "configuration file to use in place of the bundle's config.json"),
    create_option<&CreateArguments::console_socket>("console-socket", '\0',
                                                    "unix socket that is sent the terminal's master end"),
    create_option<&CreateArguments::pidfd_socket>("pidfd-socket", '\0',
                                                  "unix socket that is sent a pidfd of the init process"),
    create_option<&CreateArguments::pid_file>("pid-file", '\0', "file to write the process id to"),
    create_option<&CreateArguments::trace_file>("trace", '\0', "file for the timeline of the start (see husk-trace)"),
    create_option<&CreateArguments::no_pivot>("no-pivot", '\0',
                                              "do not use pivot_root: for a root file system on a ramdisk"),
    create_option<&CreateArguments::no_new_keyring>("no-new-keyring", '\0', "keep the caller's session keyring"),
    create_option<&CreateArguments::preserve_fds>(
        "preserve-fds", '\0', "pass N more descriptors to the container (stdio + $LISTEN_FDS + N in all)"),
};

Result<int> create_main(const Command& self, const Globals& globals, const Log& log, std::span<char*> argv) {
  CreateArguments options;
  HUSK_LET(const Parsed parsed, read_arguments(self, argv, &options));
  if (parsed.help) return 0;
  HUSK_TRY(set_trace(options.trace_file, options.trace));
  HUSK_TRY(complete(options, parsed));
  HUSK_LET(Environment env, make_environment(globals, log));
  env.notify_socket = notify_socket();
  HUSK_TRY(husk::create(env, options));
  return 0;
}

}  // namespace

constinit const Command create_command = {
    "create",
    "create a container",
    "<container-id>",
    "The create command makes an instance of a container from a bundle: namespaces, cgroup, root\n"
    "file system and limits are set up, and its process waits. \"husk start\" lets it run the\n"
    "program that process.args of the configuration names.",
    kOptions,
    1,
    1,
    create_main};

}  // namespace husk::cli
