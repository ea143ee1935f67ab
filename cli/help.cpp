// Help and version: texts made from the tables.
#include <algorithm>

#include "cli/command.h"

namespace husk::cli {

namespace {

struct None {};

std::string option_names(const Option& option) {
  const std::string_view value = option.kind == Kind::flag ? "" : " value";
  std::string names = cat("--", option.name, value);
  if (option.letter != '\0') names += cat(", -", option.letter, value);
  return names;
}

void add_row(std::string& out, std::string_view name, size_t width, std::string_view text) {
  out += cat("   ", name, std::string(width - name.size() + 2, ' '), text, '\n');
}

std::string option_rows(std::span<const Option> options) {
  constexpr std::string_view help = "--help, -h";
  size_t width = help.size();
  for (const Option& option : options)
    if (!option.hidden) width = std::max(width, option_names(option).size());
  std::string rows;
  for (const Option& option : options)
    if (!option.hidden) add_row(rows, option_names(option), width, option.help);
  add_row(rows, help, width, "show this help");
  return rows;
}

Result<int> help_main(const Command& self, const Globals& /*globals*/, const Log& /*log*/, std::span<char*> argv) {
  None none;
  HUSK_LET(const Parsed parsed, read_arguments(self, argv, &none));
  if (parsed.help) return 0;
  if (parsed.rest.empty()) {
    (void)print(global_help());
    return 0;
  }
  const Command* topic = find_command(parsed.rest);
  if (topic == nullptr) return unknown_command(parsed.rest.back());
  (void)print(command_help(*topic));
  return 0;
}

Result<int> version_main(const Command& self, const Globals& /*globals*/, const Log& /*log*/, std::span<char*> argv) {
  None none;
  HUSK_LET(const Parsed parsed, read_arguments(self, argv, &none));
  if (!parsed.help) (void)print(version_text());
  return 0;
}

}  // namespace

constinit const Command help_command = {
    "help", "show a list of commands, or the help of one", "[command]", "", {}, 0, 2, help_main};
constinit const Command version_command = {"version", "print the version", "", "", {}, 0, 0, version_main};

std::string global_help() {
  std::string out =
      cat("NAME:\n"
          "   husk - Open Container Initiative runtime\n\n"
          "husk runs containers from OCI bundles: directories with a file config.json and a root file system.\n"
          "To run one:\n\n"
          "    # husk run [-b BUNDLE] <container-id>\n\n"
          "The container-id is a name of your choice that no other container on this host has.\n\n"
          "USAGE:\n"
          "   husk [global options] command [command options] [arguments...]\n\n"
          "VERSION:\n   ",
          version(), "\n\nCOMMANDS:\n");
  size_t width = 0;
  for (const Command* command : commands()) width = std::max(width, command->name.size());
  for (const Command* command : commands()) add_row(out, command->name, width, command->summary);
  out += "\nGLOBAL OPTIONS:\n";
  out += option_rows(global_options());
  return out;
}

std::string command_help(const Command& command) {
  std::string out = cat("NAME:\n   husk ", command.name, " - ", command.summary, "\n\nUSAGE:\n   husk ", command.name,
                        command.subcommands.empty() ? " [command options]" : "", command.synopsis.empty() ? "" : " ",
                        command.synopsis, "\n\n");
  if (!command.description.empty()) out += cat("DESCRIPTION:\n   ", command.description, "\n\n");
  if (!command.subcommands.empty()) {
    out += "COMMANDS:\n";
    size_t width = 0;
    for (const Command* below : command.subcommands) width = std::max(width, last_word(*below).size());
    for (const Command* below : command.subcommands) add_row(out, last_word(*below), width, below->summary);
    out += '\n';
  }
  out += cat("OPTIONS:\n", option_rows(command.options));
  return out;
}

// Docker, containerd and runc's tests look for the lines that begin with "commit: " and "spec: ".
std::string version_text() {
#ifdef HUSK_COMMIT
  constexpr const char* commit = HUSK_COMMIT;
#else
  constexpr const char* commit = "unknown";
#endif
  return cat("husk version ", version(), "\ncommit: ", commit, "\nspec: ", spec_version(),
             "\nlibseccomp: ", libseccomp_version(),
#ifdef HUSK_WEAK
             "\nWEAKENED for the tests of attacks: not for use",
#endif
             '\n');
}

}  // namespace husk::cli
