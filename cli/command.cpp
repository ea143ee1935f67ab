#include "cli/command.h"

#include <unistd.h>

#include <cerrno>

namespace husk::cli {

namespace {

constexpr const Command* kCommands[] = {
    &completion_command, &create_command, &delete_command,   &doctor_command, &events_command, &exec_command,
    &features_command,   &kill_command,   &list_command,     &manual_command, &ns_command,     &pause_command,
    &ps_command,         &resume_command, &run_command,      &spec_command,   &start_command,  &state_command,
    &trace_command,      &update_command, &validate_command, &help_command,   &version_command};

// Names that clients of runc know. They are not listed in the help, but do not look like a typing error either.
constexpr std::string_view kPlanned[] = {"checkpoint", "restore"};

constexpr Option kGlobalOptions[] = {
    option<Globals, &Globals::root>("root", '\0', "directory for the state of containers; should be on a tmpfs"),
    option<Globals, &Globals::log>("log", '\0', "file that messages are appended to (default: stderr)"),
    one_of("text json",
           option<Globals, &Globals::log_format>("log-format", '\0', "format of messages: text (default) or json")),
    one_of("debug info warning error",
           option<Globals, &Globals::log_level>(
               "log-level", '\0', "least severe messages to show: debug, info (default), warning or error")),
    option<Globals, &Globals::debug>("debug", '\0', "show debug messages"),
    one_of("cgroupfs systemd disabled",
           option<Globals, &Globals::cgroup_manager>("cgroup-manager", '\0',
                                                     "who makes cgroups: cgroupfs (default), systemd or disabled")),
    option<Globals, &Globals::systemd_cgroup>("systemd-cgroup", '\0', "let systemd make cgroups", true),
    one_of("true false auto",
           option<Globals, &Globals::rootless>(
               "rootless", '\0', "whether to go on without permission for cgroups: true, false or auto (default)")),
    option<Globals, &Globals::version>("version", 'v', "print the version"),
    option<Globals, &Globals::long_start>("long-start", '\0', "start by three processes even where two would do", true),
};

Error wrong_count(const Command& command, size_t count) {
  const bool exact = command.min_arguments == command.max_arguments;
  const bool few = count < command.min_arguments;
  return fail(0, program_invocation_name, ": \"", command.name, "\" requires ",
              exact ? "exactly "
              : few ? "a minimum of "
                    : "a maximum of ",
              few ? command.min_arguments : command.max_arguments, " argument(s)");
}

}  // namespace

std::span<const Command* const> commands() {
  return kCommands;
}

std::span<const Option> global_options() {
  return kGlobalOptions;
}

const Command* find_command(std::string_view name) {
  if (name == "h") return &help_command;
  for (const Command* command : kCommands)
    if (command->name == name) return command;
  return nullptr;
}

const Command* find_command(std::span<char* const> words) {
  const Command* found = find_command(words[0]);
  for (const char* word : words.subspan(1)) {
    if (found == nullptr) return nullptr;
    const Command* below = nullptr;
    for (const Command* command : found->subcommands)
      if (last_word(*command) == word) below = command;
    found = below;
  }
  return found;
}

std::string_view last_word(const Command& command) {
  return command.name.substr(command.name.rfind(' ') + 1);
}

bool is_planned(std::string_view name) {
  for (const std::string_view planned : kPlanned)
    if (planned == name) return true;
  return false;
}

Error unknown_command(std::string_view name) {
  if (is_planned(name)) return fail(0, "husk ", name, " is not implemented in this version");
  Error error = fail(0, "No help topic for '", name, "'");
  error.exit_code = 3;
  return error;
}

Result<Notation> format_named(std::string_view name, std::string_view plain) {
  if (name == "text" || name == "table") return Notation::text;
  if (name == "json") return Notation::json;
  return fail(0, "invalid format: ", name, " (known: ", plain, ", json)");
}

Status set_trace(const std::optional<std::string>& given, std::string& trace) {
  if (!given) return {};
  if (given->empty()) return fail(0, "--trace: an empty name is none");
  trace = *given;
  return {};
}

bool print(std::string_view text) {
  return write_all(STDOUT_FILENO, text);
}

void print_incorrect_usage(const Error& error, const std::string& help) {
  (void)print(cat("Incorrect Usage: ", error.text(), "\n\n", help));
}

Result<Parsed> read_arguments(const Command& command, std::span<char*> argv, void* options) {
  Result<Parsed> parsed = parse_options(argv, command.options, command.order, options);
  if (parsed.ok() && parsed->help) {
    (void)print(command_help(command));
    return parsed;
  }
  if (parsed.ok()) {
    const size_t count = parsed->rest.size();
    if (count < command.min_arguments || count > command.max_arguments) parsed = wrong_count(command, count);
  }
  if (!parsed.ok()) print_incorrect_usage(parsed.error(), command_help(command));
  return parsed;
}

}  // namespace husk::cli
