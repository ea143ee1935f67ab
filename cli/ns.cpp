// husk ns: namespaces from both sides. Each of its commands is one of husk's, in a table of its own.
#include "cli/ns.h"

#include <husk/foreground.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "cli/making.h"

namespace husk::cli {

namespace {

struct None {};

constexpr const Command* kCommands[] = {&ns_run_command,  &ns_enter_command, &ns_demo_command,
                                        &ns_list_command, &ns_tree_command,  &ns_show_command};

Result<int> ns_main(const Command& self, const Globals& globals, const Log& log, std::span<char*> argv) {
  None none;
  HUSK_LET(const Parsed parsed, read_arguments(self, argv, &none));
  if (parsed.help) return 0;
  if (parsed.rest[0] == std::string_view("probe")) return ns_probe(parsed.rest);  // of `ns demo`
  for (const Command* command : kCommands)
    if (last_word(*command) == parsed.rest[0]) return command->main(*command, globals, log, parsed.rest);
  return unknown_command(cat("ns ", static_cast<const char*>(parsed.rest[0])));
}

}  // namespace

std::vector<NsKind> kinds_of(const Kinds& kinds) {
  const bool wanted[] = {kinds.user, kinds.pid, kinds.mnt, kinds.net, kinds.uts, kinds.ipc, kinds.cgroup, kinds.time};
  std::vector<NsKind> out;
  for (const NsKind kind : kNsKinds)
    if (kinds.all || wanted[static_cast<size_t>(kind)]) out.push_back(kind);
  return out;
}

Status set_program(const ProgramArguments& arguments, std::span<char* const> words, NsProgram& program) {
  if (arguments.preserve_fds < 0) return fail(0, "--preserve-fds must not be negative");
  HUSK_TRY(check_passed_on(arguments.preserve_fds));
  program.preserve_fds = arguments.preserve_fds;
  program.show = arguments.show;
  program.cwd = arguments.wd;
  for (const char* word : words) program.args.emplace_back(word);
  if (words.empty()) {
    const char* shell = getenv("SHELL");
    program.args.emplace_back(shell != nullptr && *shell != '\0' ? shell : "/bin/sh");
    program.instead = "/bin/sh";
  }
  constexpr std::string_view kKept[] = {"PATH=", "TERM=", "HOME="};
  for (char** variable = environ; *variable != nullptr; ++variable) {
    const std::string_view text = *variable;
    const auto begins = [text](std::string_view name) { return text.starts_with(name); };
    if (!arguments.clear_env || std::any_of(std::begin(kKept), std::end(kKept), begins)) program.env.emplace_back(text);
  }
  return {};
}

Result<int> stay_with(const Log& log, const std::function<Result<Launched>()>& begin) {
  HUSK_LET(Foreground foreground, Foreground::enter({.subreaper = false, .shared_terminal = true}));
  HUSK_LET(Launched launched, begin());
  const Result<int> code = foreground.wait(launched);
  if (!code.ok()) log.final_error(code.error());
  _exit(code.ok() ? *code : 1);
}

Result<Launched> with_word_of_show(const NsProgram& program, Result<Launched> launched) {
  if (!launched.ok() && !launched.error().more.empty() && !program.show)
    launched.error().more += "; --show says who parent, child and init are after each";
  return launched;
}

constinit const Command ns_command = {
    "ns",
    "run in new namespaces, enter others, and look at them",
    "command [command options] [arguments...]",
    "The ns commands show namespaces from both sides: they make new ones, enter those of a process\n"
    "or of a container, and list all that the host has. What they make ends with the program.",
    {},
    1,
    static_cast<size_t>(-1),
    ns_main,
    Order::args_first,
    kCommands};

}  // namespace husk::cli
