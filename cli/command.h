// The commands: what each is called, says about itself, takes and does.
#pragma once

#include <husk/husk.h>
#include <husk/inspect.h>

#include <span>
#include <string>
#include <string_view>

#include "cli/log.h"
#include "cli/options.h"

namespace husk::cli {

struct Globals {
  std::string root;
  std::string log;
  std::string log_format = "text";
  std::string log_level;
  std::string cgroup_manager;
  std::string rootless = "auto";
  bool debug = false;
  bool systemd_cgroup = false;
  bool long_start = false;
  bool version = false;
};

struct Command {
  std::string_view name;  // of one below another: "ns run"
  std::string_view summary;
  std::string_view synopsis;     // what follows the name in USAGE
  std::string_view description;  // may be empty
  std::span<const Option> options;
  size_t min_arguments, max_arguments;
  // argv[0] is the command's name. Returns what husk ends with.
  Result<int> (*main)(const Command& self, const Globals& globals, const Log& log, std::span<char*> argv);
  Order order = Order::mixed;
  std::span<const Command* const> subcommands = {};
};

extern const Command completion_command;
extern const Command create_command;
extern const Command delete_command;
extern const Command doctor_command;
extern const Command events_command;
extern const Command exec_command;
extern const Command features_command;
extern const Command kill_command;
extern const Command list_command;
extern const Command manual_command;
extern const Command ns_command;
extern const Command ns_demo_command;
extern const Command ns_enter_command;
extern const Command ns_list_command;
extern const Command ns_run_command;
extern const Command ns_show_command;
extern const Command ns_tree_command;
extern const Command pause_command;
extern const Command ps_command;
extern const Command resume_command;
extern const Command run_command;
extern const Command spec_command;
extern const Command start_command;
extern const Command state_command;
extern const Command trace_command;
extern const Command update_command;
extern const Command validate_command;
extern const Command help_command;
extern const Command version_command;

std::span<const Command* const> commands();
const Command* find_command(std::string_view name);
// "run", or "ns" and "run": all words must be used up.
const Command* find_command(std::span<char* const> words);
// Of one below another, what follows the other's: "run" of "ns run".
std::string_view last_word(const Command& command);
std::span<const Option> global_options();
// A name that a later version answers to.
bool is_planned(std::string_view name);

std::string global_help();
std::string command_help(const Command& command);
std::string version_text();
bool print(std::string_view text);  // to stdout
Error unknown_command(std::string_view name);

// Parses a command's options into `options` and counts its arguments. With `help` set, help was asked for and has been
// printed. The help is printed before a usage error, too, as runc does.
Result<Parsed> read_arguments(const Command& command, std::span<char*> argv, void* options);
// "Incorrect Usage: ..." and the help, on stdout.
void print_incorrect_usage(const Error& error, const std::string& help);

// --trace of those that start something: where the timeline goes. Nothing given is none; an empty name is refused.
Status set_trace(const std::optional<std::string>& given, std::string& trace);

// "json", or what is for people: "text", or "table". `plain`: what the command calls it.
Result<Notation> format_named(std::string_view name, std::string_view plain = "text");

// The state directory: --root made absolute, or the default for this user.
Result<std::string> state_root(const Globals& globals);
Result<Environment> make_environment(const Globals& globals, const Log& log);

}  // namespace husk::cli
