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

// Options are read up to so many arguments; behind them stands a program's own.
constexpr size_t kNever = 1000;
size_t arguments_before_end(const Command& command) {
  if (command.order == Order::mixed) return kNever;
  return &command == &ns_enter_command ? 2 : 1;
}

// Which argument is a program of the host's; kNever: none.
size_t program_at(const Command& command) {
  if (command.synopsis.find("<program>") == std::string_view::npos) return kNever;
  return takes_id(command) ? 1 : 0;
}

// What is offered as the value of the option that is being typed, and then no more.
std::string bash_values(std::span<const Option> options) {
  std::string out;
  bool some = false;
  for (const Option& option : options) {
    some = some || option.kind != Kind::flag;
    if (option.values == nullptr) continue;
    const std::string names =
        option.letter == '\0' ? cat("--", option.name) : cat("--", option.name, " | -", option.letter);
    out += cat("      ", names, ") _husk_offer '", option.values, "'; return ;;\n");
  }
  return some ? cat("    case $option in\n", out, "      ?*) return ;;\n    esac\n") : std::string();
}

std::string bash_case(const Command& command) {
  std::string out = cat("  ", last_word(command), ")\n    _husk_read $((i + 1)) '", value_options(command.options, "|"),
                        "' ", arguments_before_end(command), "\n", bash_values(command.options));
  out += cat("    if [[ -z $ended && $current == -* ]]; then _husk_offer '", words(command.options), "'");
  const std::string arguments = argument_values(command);
  if (takes_existing_id(command))
    out += "\n    elif ((given == 0)); then _husk_offer \"$(husk \"${root[@]}\" list -q 2>/dev/null)\"";
  else if (!arguments.empty())
    out += cat("\n    elif ((given == 0)); then _husk_offer '", arguments, "'");
  if (program_at(command) != kNever)
    out += cat("\n    elif ((given == ", program_at(command),
               ")); then mapfile -t COMPREPLY < <(compgen -c -- \"$current\")");
  return out + "; fi ;;\n";
}

// The word after the command is one of its own commands, what follows is that one's.
std::string bash_group(const Command& command) {
  std::string out = cat("  ", command.name, ")\n    ((++i)); if ((i == last)); then _husk_offer '",
                        names_of(command.subcommands), " --help'; return; fi\n", "  case ${words[i]} in\n");
  for (const Command* below : command.subcommands) out += bash_case(*below);
  return out + "  esac ;;\n";
}

// bash has cut words at "=" and ":" (COMP_WORDBREAKS); what is offered stands behind the last of these.
constexpr const char* kBashReader = R"(# bash completion for husk; made by `husk completion bash`
_husk_offer() { mapfile -t COMPREPLY < <(compgen -P "$lead" -W "$1" -- "$current"); }
# The words from the $1th to the one that is being typed. $2: the options that are followed by a value; $3: so many
# arguments end the options. Sets given: arguments; ended: no option may follow; option: whose value is being typed
_husk_read() {
  local j
  given=0 ended='' option=''
  for ((j = $1; j < last; j++)); do
    if [[ -z $ended && ${words[j]} == -- ]]; then ended=1
    elif [[ -z $ended && -n $2 && ${words[j]} =~ ^($2)$ ]]; then
      ((++j == last)) && option=${words[j - 1]}
    elif [[ -n $ended || ${words[j]} != -?* ]]; then
      ((++given < $3)) || ended=1
    fi
  done
  if [[ -z $ended && -n $2 && $current =~ ^($2)= ]]; then
    option=${current%%=*}
    [[ $COMP_WORDBREAKS == *=* ]] || lead=$option=
    current=${current#*=}
  fi
}
_husk() {
  local words=() last=-1 current command='' root=() lead='' given ended option i
  for ((i = 0; i <= COMP_CWORD; i++)); do
    if ((i > 1)) && [[ ${COMP_WORDS[i]} =~ ^[=:]+$ || ${COMP_WORDS[i - 1]} =~ ^[=:]+$ && -n ${COMP_WORDS[i]} ]]; then
      words[last]+=${COMP_WORDS[i]}
    else
      words[++last]=${COMP_WORDS[i]}
    fi
  done
  current=${words[last]}
  for ((i = 1; i < last; i++)); do
    case ${words[i]} in
    --root=*) root=(--root "${words[i]#*=}") ;;
)";

std::string bash() {
  std::string out = kBashReader;
  out += cat("    ", value_options(global_options(), "|"),
             ") [[ ${words[i]} != --root ]] || root=(--root \"${words[i + 1]}\"); ((++i)) ;;\n", "    -*) ;;\n",
             "    *) command=${words[i]}; break ;;\n    esac\n  done\n  COMPREPLY=()\n  case $command in\n");
  out += cat("  '')\n    _husk_read 1 '", value_options(global_options(), "|"), "' 1\n", bash_values(global_options()),
             "    _husk_offer '", names_of(commands()), " ", words(global_options()), "' ;;\n");
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
  const size_t program = program_at(command);
  // "(-)": no options follow.
  constexpr const char* kProgram = ":program: _command_names -e' '*::arguments: _normal' ;;\n";
  std::string out = cat("    ", last_word(command), ") _arguments -S",
                        command.order == Order::mixed || program != kNever ? "" : " -A '-*'",
                        zsh_options(command.options), " \\\n      ");
  if (program == 0) return out + "'(-)1" + kProgram;
  out += takes_existing_id(command) ? "'1:container:_husk_containers'"
         : arguments.empty()        ? "'1:argument:_files'"
                                    : cat("'1:argument:(", arguments, ")'");
  return out + (program == 1 ? cat(" '(-)2", kProgram) : " '*:argument:_files' ;;\n");
}

std::string zsh_group(const Command& command) {
  std::string out =
      cat("    ", command.name, ")\n    if ((CURRENT == 2)); then ours=(\n", zsh_names(command.subcommands),
          "    ); _describe command ours; return; fi\n    shift words; ((CURRENT--))\n", "    case $words[1] in\n");
  for (const Command* below : command.subcommands) out += zsh_case(*below);
  return out + "    esac ;;\n";
}

// Not "commands": that is the table of programs, which zsh itself reads here.
std::string zsh() {
  std::string out =
      "#compdef husk\n# zsh completion for husk; made by `husk completion zsh`\n"
      "_husk_containers() {\n  local -a ids\n  ids=(${(f)\"$(husk $root list -q 2>/dev/null)\"})\n  compadd -a ids\n}\n"
      "_husk() {\n  local line state\n  local -a ours root\n  local -A opt_args\n  ours=(\n";
  out += cat(zsh_names(commands()), "  )\n  _arguments -C -S -A '-*'", zsh_options(global_options()),
             " \\\n      '1:command:->command' \\\n      '*::argument:->argument'\n",
             "  ((${+opt_args[--root]})) && root=(--root ${(Q)opt_args[--root]})\n",
             "  case $state in\n  command) _describe command ours ;;\n  argument)\n    case $line[1] in\n");
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

// Of the command, whose words are in `name`: at an option ("option"), or at the argument of that number.
std::string fish_at(const Command& command, std::string_view place) {
  return cat("__husk_at \"", command.name, "\" \"", value_options(command.options, " "), "\" ",
             arguments_before_end(command), " ", place);
}

std::string fish_case(const Command& command) {
  std::string out;
  const std::string first = cat("complete -c husk -n '", fish_at(command, "0"), "' -f -a '");
  if (takes_existing_id(command))
    out += cat(first, "(__husk_ids)'\n");
  else if (const std::string arguments = argument_values(command); !arguments.empty())
    out += cat(first, arguments, "'\n");
  if (const size_t program = program_at(command); program != kNever)
    out += cat("complete -c husk -n '", fish_at(command, std::to_string(program)),
               "' -f -a '(__fish_complete_command)'\n");
  for (const Option& option : command.options) out += fish_option(fish_at(command, "option"), option);
  return out;
}

std::string fish_group(const Command& command) {
  std::string out;
  for (const Command* below : command.subcommands) {
    out += cat("complete -c husk -n '", fish_at(command, "0"), "' -f -a ", last_word(*below), " -d '",
               plain(below->summary), "'\n");
    out += fish_case(*below);
  }
  return out;
}

constexpr const char* kFishReader = R"(
# The words behind husk's own options, which are put into root
function __husk_words --no-scope-shadowing
    set words (commandline -opc)
    set -e words[1]
    while set -q words[1]; and string match -q -- '-*' $words[1]
        string match -q -- '--root=*' $words[1]; and set root --root (string replace -- '--root=' '' $words[1])
        if contains -- $words[1] $globals; and set -q words[2]
            test $words[1] = --root; and set root --root $words[2]
            set -e words[1]
        end
        set -e words[1]
    end
end
function __husk_ids
    set -l words
    set -l root
    __husk_words
    husk $root list -q 2>/dev/null
end
# Whether it is this command's line, at an option or at the argument of this number. Words of the command; its options
# that are followed by a value; so many arguments end the options; "option" or the number
function __husk_at
    set -l words
    set -l root
    __husk_words
    for name in (string split -n ' ' -- $argv[1])
        set -q words[1]; and test "$words[1]" = $name; or return 1
        set -e words[1]
    end
    set -l values (string split -n ' ' -- $argv[2])
    set -l given 0
    set -l ended 0
    while set -q words[1]
        set -l word $words[1]
        set -e words[1]
        if test $ended = 0; and test "$word" = --
            set ended 1
        else if test $ended = 0; and contains -- $word $values
            set -q words[1]; and set -e words[1]
        else if test $ended = 1; or not string match -q -- '-*' $word; or test "$word" = -
            set given (math $given + 1)
            test $given -ge $argv[3]; and set ended 1
        end
    end
    if test $argv[4] = option
        test $ended = 0
    else
        test $given = $argv[4]
    end
end
)";

std::string fish() {
  const std::string values = value_options(global_options(), " ");
  std::string reader = kFishReader;
  reader.replace(reader.find("$globals"), std::string_view("$globals").size(), values);
  std::string out = cat("# fish completion for husk; made by `husk completion fish`", reader);
  const auto before = [](const char* place) { return cat("__husk_at \"\" \"\" 1 ", place); };
  for (const Option& option : global_options()) out += fish_option(before("option"), option);
  for (const Command* command : commands()) {
    out +=
        cat("complete -c husk -n '", before("0"), "' -f -a ", command->name, " -d '", plain(command->summary), "'\n");
    out += command->subcommands.empty() ? fish_case(*command) : fish_group(*command);
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
