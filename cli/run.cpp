// husk run: create and start in one, and, unless detached, stay until the end.
#include <husk/foreground.h>
#include <husk/inspect.h>
#include <unistd.h>

#include "cli/making.h"

namespace husk::cli {

namespace {

struct RunArguments : CreateOptions {
  bool keep = false;
  bool no_subreaper = false;
  bool dry_run = false;
  std::string format = "text";
  std::optional<std::string> trace_file;
};

template <auto Member>
constexpr Option run_option(const char* name, char letter, const char* help) {
  return option<RunArguments, Member>(name, letter, help);
}

constexpr Option kOptions[] = {
    run_option<&RunArguments::bundle>("bundle", 'b', "directory of the bundle (default: the current one)"),
    run_option<&RunArguments::config>("config", 'f', "configuration file to use in place of the bundle's config.json"),
    run_option<&RunArguments::console_socket>("console-socket", '\0',
                                              "unix socket that is sent the terminal's master end"),
    run_option<&RunArguments::pidfd_socket>("pidfd-socket", '\0',
                                            "unix socket that is sent a pidfd of the init process"),
    run_option<&RunArguments::detach>("detach", 'd', "return once the container's process runs"),
    run_option<&RunArguments::dry_run>("dry-run", '\0', "print what would be done, step by step, and do nothing"),
    one_of("text json", run_option<&RunArguments::format>("format", '\0', "of --dry-run: text (default) or json")),
    run_option<&RunArguments::keep>("keep", '\0', "do not delete the container after its process has ended"),
    run_option<&RunArguments::pid_file>("pid-file", '\0', "file to write the process id to"),
    run_option<&RunArguments::trace_file>("trace", '\0', "file for the timeline of the start (see husk-trace)"),
    run_option<&RunArguments::no_subreaper>("no-subreaper", '\0', "do not adopt and reap orphans of the container"),
    run_option<&RunArguments::no_pivot>("no-pivot", '\0', "do not use pivot_root: for a root file system on a ramdisk"),
    run_option<&RunArguments::no_new_keyring>("no-new-keyring", '\0', "keep the caller's session keyring"),
    run_option<&RunArguments::preserve_fds>(
        "preserve-fds", '\0', "pass N more descriptors to the container (stdio + $LISTEN_FDS + N in all)"),
};

void remove_container(const Environment& env, const Log& log, const std::string& id) {
  if (const Status removed = husk::remove(env, id, true); !removed.ok())
    log.write(Level::warning, removed.error().text());
}

// Does not return to let Foreground put the signals back: one that comes only now, meant for the container, must not
// change how we end.
[[noreturn]] void end(const Log& log, const Result<int>& code) {
  if (!code.ok()) log.final_error(code.error());
  _exit(code.ok() ? *code : code.error().exit_code);
}

Result<int> run_foreground(const Environment& env, const Log& log, RunArguments& arguments) {
  HUSK_LET(Foreground foreground, Foreground::enter({.subreaper = !arguments.no_subreaper}));
  arguments.on_console = [&foreground](int master) { foreground.prepare_console(master); };
  Result<Launched> launched = husk::run(env, arguments);
  if (!launched.ok()) end(log, std::move(launched).error());
  const Result<int> code = foreground.wait(*launched);
  if (!arguments.keep) remove_container(env, log, arguments.id);
  foreground.reap();  // what outlived the process and was ended with its cgroup
  end(log, code);
}

Result<int> show_plan(const Environment& env, const RunArguments& arguments) {
  HUSK_LET(const Notation format, format_named(arguments.format));
  HUSK_LET(const std::string plan, dry_run(env, arguments, format));
  if (!print(plan)) return fail(errno, "write to standard output");
  return 0;
}

Result<int> run_main(const Command& self, const Globals& globals, const Log& log, std::span<char*> argv) {
  RunArguments arguments;
  HUSK_LET(const Parsed parsed, read_arguments(self, argv, &arguments));
  if (parsed.help) return 0;
  HUSK_TRY(set_trace(arguments.trace_file, arguments.trace));
  HUSK_TRY(complete(arguments, parsed));
  if (arguments.dry_run ? !arguments.trace.empty() : arguments.format != "text")
    return fail(0, arguments.dry_run ? "--dry-run starts nothing, so there is no --trace of it"
                                     : "--format is how --dry-run prints, and that is not given");
  HUSK_LET(Environment env, make_environment(globals, log));
  env.notify_socket = notify_socket();
  if (arguments.dry_run) return show_plan(env, arguments);
  if (!arguments.detach) return run_foreground(env, log, arguments);
  HUSK_LET(const Launched launched, husk::run(env, arguments));
  (void)launched;  // its descriptors end with us
  return 0;
}

}  // namespace

constinit const Command run_command = {
    "run",
    "create and run a container",
    "<container-id>",
    "The run command creates a container from a bundle and starts its process. It ends when the\n"
    "process ends, with the same exit status (128+n when it was ended by signal n), and deletes\n"
    "the container. Signals are passed on to the process, and with \"terminal\": true the\n"
    "container's terminal is connected to the caller's.\n\n"
    "With --detach it returns as soon as the process runs, and the container is not deleted.\n\n"
    "With --dry-run it prints what it would do on this host and what each step is given, and\n"
    "nothing is done.",
    kOptions,
    1,
    1,
    run_main};

}  // namespace husk::cli
