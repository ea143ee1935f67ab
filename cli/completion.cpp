// husk completion: what bash, zsh and fish need to complete husk's command lines, made from the option tables.
#include <algorithm>
#include <cerrno>

#include "cli/command.h"

namespace husk::cli {

namespace {

struct None {};

bool takes_id(const Command& command) {
  return command.synopsis.starts_with("<container-id>") || command.synopsis.starts_with("<pid>|<container-id>");
}

// Only a command about a container that exists can be helped with its id.
bool takes_existing_id(const Command& command) {
  return takes_id(command) && command.name != "run" && command.name != "create";
}

std::string words(std::span<const Option> options) {
  std::string out = "--help";
  for (const Option& option : options)
    if (!option.hidden) out += cat(" --", option.name);
  return out;
}

// The options that are followed by a value, as a pattern of alternatives: the word behind one is no argument.
std::string value_options(std::span<const Option> options, std::string_view between) {
  std::string out;
  for (const Option& option : options) {
    if (option.kind == Kind::flag) continue;
    out += cat(out.empty() ? "" : between, "--", option.name);
    if (option.letter != '\0') out += cat(between, "-", option.letter);
  }
  return out;
}

std::string names_of(std::span<const Command* const> list) {
  std::string out;
  for (const Command* command : list) out += cat(out.empty() ? "" : " ", last_word(*command));
  return out;
}

// The words that may stand for the argument: those of "bash|zsh|fish", or the commands.
std::string argument_values(const Command& command) {
  const std::string_view synopsis = command.synopsis;
  if (&command == &help_command || &command == &manual_command) return names_of(commands());
  if (synopsis.empty() || synopsis.find_first_not_of("abcdefghijklmnopqrstuvwxyz|") != synopsis.npos) return {};
  std::string out(synopsis);
  std::replace(out.begin(), out.end(), '|', ' ');
  return out;
}

// Fit for single quotes in a shell.
std::string plain(std::string_view text) {
  std::string out;
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out;
}

std::string bash_values(std::span<const Option> options) {
  std::string out;
  for (const Option& option : options) {
    if (option.values == nullptr) continue;
    const std::string names =
        option.letter == '\0' ? cat("--", option.name) : cat("--", option.name, "|-", option.letter);
    out += cat("    [[ $before =~ ^(", names, ")$ ]] && _husk_offer '", option.values, "' && return\n");
  }
  return out;
}

std::string bash_case(const Command& command) {
  const std::string values = value_options(command.options, "|");
  std::string out = cat("  ", last_word(command), ")\n", bash_values(command.options));
  if (!values.empty()) out += cat("    [[ $before =~ ^(", values, ")$ ]] && return\n");
  out += cat("    if [[ $current == -* ]]; then _husk_offer '", words(command.options), "'");
  const std::string arguments = argument_values(command);
  if (takes_existing_id(command))
    out +=
        cat("\n    elif _husk_first '", values, "'; then _husk_offer \"$(husk \"${root[@]}\" list -q 2>/dev/null)\"");
  else if (!arguments.empty())
    out += cat("\n    elif _husk_first '", values, "'; then _husk_offer '", arguments, "'");
  return out + "; fi ;;\n";
}

// The word after the command is one of its own commands, what follows is that one's.
std::string bash_group(const Command& command) {
  std::string out = cat("  ", command.name, ")\n    ((++i)); if ((COMP_CWORD == i)); then _husk_offer '",
                        names_of(command.subcommands), " --help'; return; fi\n", "  case ${COMP_WORDS[i]} in\n");
  for (const Command* below : command.subcommands) out += bash_case(*below);
  return out + "  esac ;;\n";
}

std::string bash() {
  const std::string names = names_of(commands());
  std::string out =
      "# bash completion for husk; made by `husk completion bash`\n"
      "_husk_offer() { mapfile -t COMPREPLY < <(compgen -W \"$1\" -- \"$current\"); }\n"
      "# Whether what is being typed is the command's first argument. $1: the options that are followed by a value\n"
      "_husk_first() {\n"
      "  local j\n"
      "  for ((j = i + 1; j < COMP_CWORD; j++)); do\n"
      "    if [[ -n $1 && ${COMP_WORDS[j]} =~ ^($1)$ ]]; then ((j++)); elif [[ ${COMP_WORDS[j]} != -* ]]; then return "
      "1; fi\n"
      "  done\n"
      "}\n"
      "_husk() {\n"
      "  local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} command='' root=() i\n"
      "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
      "    case ${COMP_WORDS[i]} in\n";
  out +=
      cat("    ", value_options(global_options(), "|"),
          ") [[ ${COMP_WORDS[i]} != --root ]] || root=(--root \"${COMP_WORDS[i + 1]}\"); ((++i)) ;;\n", "    -*) ;;\n",
          "    *) command=${COMP_WORDS[i]}; break ;;\n    esac\n  done\n  COMPREPLY=()\n  case $command in\n");
  out += cat("  '')\n", bash_values(global_options()), "    [[ $before =~ ^(", value_options(global_options(), "|"),
             ")$ ]] && return\n", "    _husk_offer '", names, " ", words(global_options()), "' ;;\n");
  for (const Command* command : commands())
    out += command->subcommands.empty() ? bash_case(*command) : bash_group(*command);
  return out + "  esac\n}\ncomplete -o default -F _husk husk\n";
}

std::string zsh_options(std::span<const Option> options) {
  std::string out;
  for (const Option& option : options) {
    if (option.hidden) continue;
    std::string help;
    for (const char c : plain(option.help))
      help += c == '[' || c == ']' || c == ':' ? std::string("\\") + c : std::string(1, c);
    const std::string value = option.kind == Kind::flag  ? ""
                              : option.values != nullptr ? cat(":value:(", option.values, ")")
                                                         : ":value:_files";
    out += cat(" \\\n      '--", option.name, option.kind == Kind::flag ? "" : "=", "[", help, "]", value, "'");
    if (option.letter != '\0') out += cat(" \\\n      '-", option.letter, "[", help, "]", value, "'");
  }
  return out;
}

std::string zsh_names(std::span<const Command* const> list) {
  std::string out;
  for (const Command* command : list) out += cat("    '", last_word(*command), ":", plain(command->summary), "'\n");
  return out;
}

std::string zsh_case(const Command& command) {
  const std::string arguments = argument_values(command);
  return cat("    ", last_word(command), ") _arguments", zsh_options(command.options), " \\\n      '",
             takes_existing_id(command) ? "1:container:_husk_containers"
             : arguments.empty()        ? "1:argument:_files"
                                        : cat("1:argument:(", arguments, ")"),
             "' '*:argument:_files' ;;\n");
}

std::string zsh_group(const Command& command) {
  std::string out =
      cat("    ", command.name, ")\n    if ((CURRENT == 2)); then commands=(\n", zsh_names(command.subcommands),
          "    ); _describe command commands; return; fi\n    shift words; ((CURRENT--))\n", "    case $words[1] in\n");
  for (const Command* below : command.subcommands) out += zsh_case(*below);
  return out + "    esac ;;\n";
}

std::string zsh() {
  std::string out =
      "#compdef husk\n# zsh completion for husk; made by `husk completion zsh`\n"
      "_husk_containers() {\n  local -a ids\n  ids=(${(f)\"$(husk list -q 2>/dev/null)\"})\n  compadd -a ids\n}\n"
      "_husk() {\n  local line state\n  local -a commands\n  commands=(\n";
  out += cat(zsh_names(commands()), "  )\n  _arguments -C", zsh_options(global_options()),
             " \\\n      '1:command:->command' \\\n      '*::argument:->argument'\n",
             "  case $state in\n  command) _describe command commands ;;\n  argument)\n    case $line[1] in\n");
  for (const Command* command : commands())
    out += command->subcommands.empty() ? zsh_case(*command) : zsh_group(*command);
  return out + "    esac ;;\n  esac\n}\n_husk \"$@\"\n";
}

std::string fish_option(std::string_view condition, const Option& option) {
  if (option.hidden) return {};
  std::string out = cat("complete -c husk -n '", condition, "' -l ", option.name);
  if (option.letter != '\0') out += cat(" -s ", option.letter);
  if (option.kind != Kind::flag) out += " -r";
  if (option.values != nullptr) out += cat(" -f -a '", option.values, "'");
  return out + cat(" -d '", plain(option.help), "'\n");
}

// All that is offered where `condition` holds.
std::string fish_case(const Command& command, const std::string& condition) {
  std::string out;
  if (takes_existing_id(command))
    out += cat("complete -c husk -n '", condition, "' -f -a '(husk list -q 2>/dev/null)'\n");
  else if (const std::string arguments = argument_values(command); !arguments.empty())
    out += cat("complete -c husk -n '", condition, "' -f -a '", arguments, "'\n");
  for (const Option& option : command.options) out += fish_option(condition, option);
  return out;
}

std::string fish_group(const Command& command) {
  constexpr const char* kSeen = "__fish_seen_subcommand_from ";
  const std::string here = cat(kSeen, command.name, "; and not ", kSeen, names_of(command.subcommands));
  std::string out;
  for (const Command* below : command.subcommands) {
    out += cat("complete -c husk -n '", here, "' -f -a ", last_word(*below), " -d '", plain(below->summary), "'\n");
    out += fish_case(*below, cat(kSeen, command.name, "; and ", kSeen, last_word(*below)));
  }
  return out;
}

std::string fish() {
  std::string out = "# fish completion for husk; made by `husk completion fish`\n";
  for (const Option& option : global_options()) out += fish_option("__fish_use_subcommand", option);
  for (const Command* command : commands()) {
    out += cat("complete -c husk -n '__fish_use_subcommand' -f -a ", command->name, " -d '", plain(command->summary),
               "'\n");
    out += command->subcommands.empty() ? fish_case(*command, cat("__fish_seen_subcommand_from ", command->name,
                                                                  "; and not __fish_seen_subcommand_from ns"))
                                        : fish_group(*command);
  }
  return out;
}

Result<int> completion_main(const Command& self, const Globals& /*globals*/, const Log& /*log*/,
                            std::span<char*> argv) {
  None none;
  HUSK_LET(const Parsed parsed, read_arguments(self, argv, &none));
  if (parsed.help) return 0;
  const std::string_view shell = parsed.rest[0];
  if (shell != "bash" && shell != "zsh" && shell != "fish")
    return fail(0, "no completion for shell \"", shell, "\" (known: bash, zsh, fish)");
  if (!print(shell == "bash" ? bash() : shell == "zsh" ? zsh() : fish()))
    return fail(errno, "write to standard output");
  return 0;
}

}  // namespace

constinit const Command completion_command = {
    "completion",
    "print a completion script for a shell",
    "bash|zsh|fish",
    "The completion command prints what a shell needs to complete husk's commands, options and the\n"
    "ids of containers:\n\n"
    "    # husk completion bash > /etc/bash_completion.d/husk",
    {},
    1,
    1,
    completion_main};

}  // namespace husk::cli
