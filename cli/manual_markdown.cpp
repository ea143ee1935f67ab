// The manual pages in Markdown.
#include <algorithm>

#include "cli/manual.h"

namespace husk::cli {

namespace {

// Prose: no character that Markdown would take for its own.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (std::string_view("\\`*_<>[]|").find(c) != std::string_view::npos) out += '\\';
    out += c;
  }
  return out;
}

// Paragraphs; indented lines are code, with an empty line around them, as they have in the tables.
std::string prose(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    out += cat(line.starts_with("    ") ? std::string(line) : escaped(line), "\n");
  }
  return out;
}

std::string options_of(std::span<const Option> options) {
  std::string out;
  for (const Option& option : options) {
    if (option.hidden) continue;
    const char* value = option.kind == Kind::flag ? "" : " *value*";
    out += cat("- `--", option.name, "`", value);
    if (option.letter != '\0') out += cat(", `-", option.letter, "`", value);
    out += cat(": ", escaped(option.help), "\n");
  }
  return out + "- `--help`, `-h`: show the help\n";
}

std::string list_of(std::span<const Command* const> list) {
  std::string out;
  for (const Command* command : list)
    out += cat("- [", page_name(*command), "](", page_name(*command), ".md): ", escaped(command->summary), "\n");
  return out;
}

std::string with_capital(std::string_view name) {
  std::string out;
  for (const char c : name) out += out.empty() || c < 'A' || c > 'Z' ? c : static_cast<char>(c - 'A' + 'a');
  return out;
}

}  // namespace

std::string markdown_page(const Command& command) {
  const std::string name = page_name(command);
  std::string out = cat("# ", name, "(8)\n\n", name, " - ", escaped(command.summary), "\n\n## Synopsis\n\n");
  out += cat("    husk [global options] ", command.name, command.subcommands.empty() ? " [options]" : "",
             command.synopsis.empty() ? "" : " ", command.synopsis, "\n");
  if (!command.description.empty()) out += cat("\n## Description\n\n", prose(command.description));
  if (!command.subcommands.empty()) out += cat("\n## Commands\n\n", list_of(command.subcommands));
  out += cat("\n## Options\n\n", options_of(command.options));
  return out + cat("\n## Exit status\n\n", exit_status(command), "\n\n## See also\n\n[husk](husk.md)\n");
}

std::string markdown_main_page() {
  std::string out =
      cat("# husk(8)\n\nhusk - runs containers\n\n## Synopsis\n\n",
          "    husk [global options] command [options] [arguments]\n\n## Description\n\n", escaped(kAboutHusk),
          "\n## Options\n\n", options_of(global_options()), "\n## Commands\n\n", list_of(commands()));
  for (const Section& section : kSections) {
    out += cat("\n## ", with_capital(section.name), "\n\n");
    for (const Term& term : section.terms) out += cat("- `", term.name, "`: ", escaped(term.meaning), "\n");
  }
  return out;
}

}  // namespace husk::cli
