// husk ns enter: a program in the namespaces of somebody else.
#include "cli/ns.h"

namespace husk::cli {

namespace {

struct Arguments : Kinds, ProgramArguments {};

template <auto Member>
constexpr Option enter_option(const char* name, const char* help) {
  return option<Arguments, Member>(name, '\0', help);
}

constexpr Option kOptions[] = {
    enter_option<&Arguments::user>("user", "the user namespace, as its root if it has one"),
    enter_option<&Arguments::pid>("pid", "the pid namespace"),
    enter_option<&Arguments::mnt>("mount", "the mount namespace, and its root"),
    enter_option<&Arguments::net>("net", "the network namespace"),
    enter_option<&Arguments::uts>("uts", "the uts namespace"),
    enter_option<&Arguments::ipc>("ipc", "the ipc namespace"),
    enter_option<&Arguments::cgroup>("cgroup", "the cgroup namespace"),
    enter_option<&Arguments::time>("time", "the time namespace"),
    enter_option<&Arguments::all>("all", "all in which it is not where the caller is (default)"),
    enter_option<&Arguments::show>("show", "say who parent, child and init are, before and after each step"),
    enter_option<&Arguments::wd>("wd", "directory that the program begins in"),
    enter_option<&Arguments::preserve_fds>("preserve-fds", "pass N more descriptors to the program, beside 0, 1 and 2"),
    enter_option<&Arguments::clear_env>("clear-env", "of the caller's environment, pass PATH, TERM and HOME alone"),
};

Result<int> ns_enter_main(const Command& self, const Globals& globals, const Log& log, std::span<char*> argv) {
  Arguments arguments;
  HUSK_LET(Parsed parsed, read_arguments(self, argv, &arguments));
  if (parsed.help) return 0;
  NsEnter enter;
  enter.target = parsed.rest[0];
  // Options may follow the target, too; then the program's words begin.
  Result<Parsed> words = parse_options(parsed.rest, kOptions, Order::args_first, &arguments);
  if (!words.ok()) {
    print_incorrect_usage(words.error(), command_help(self));
    return std::move(words).error();
  }
  if (words->help) {
    (void)print(command_help(self));
    return 0;
  }
  if (!arguments.all) enter.kinds = kinds_of(arguments);
  HUSK_TRY(set_program(arguments, words->rest, enter));
  HUSK_LET(const Environment env, make_environment(globals, log));
  return stay_with(log, [&] { return with_word_of_show(enter, ns_enter(env, enter)); });
}

}  // namespace

constinit const Command ns_enter_command = {
    "ns enter",
    "run a program in the namespaces of a process or container",
    "<pid>|<container-id> [options] [--] [<program> [arguments]]",
    "The ns enter command joins the namespaces that are named, or all in which the process (a\n"
    "container's: its first) is not where the caller is, and runs the program (default: the\n"
    "caller's shell) there. It ends as the program does. All files in /proc/PID/ns are opened before\n"
    "the first is joined, the user namespace is joined when its privileges are needed, the mount\n"
    "namespace last; and the program is a child that is born after that, since who joins a pid\n"
    "namespace is not in it.\n\n"
    "Its environment is the caller's, with all that is secret in it: --clear-env passes PATH, TERM\n"
    "and HOME alone to a program that need not be trusted. Where the caller's shell is not there,\n"
    "it is /bin/sh that runs. A number is a pid, or else the id of a container; \"pid:1234\" and\n"
    "\"container:1234\" say which.\n\n"
    "The program is in no cgroup of the container, and has none of its limits, labels or filters:\n"
    "for that there is husk-exec(8).",
    kOptions,
    1,
    static_cast<size_t>(-1),
    ns_enter_main,
    Order::args_first};

}  // namespace husk::cli
