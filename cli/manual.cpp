// husk manual: the manual pages, made from the same tables as the help: in the language of man(7), or in Markdown for
// who reads them in a browser.
#include "cli/manual.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

namespace husk::cli {

namespace {

struct Arguments {
  std::string directory, format = "man";
};

constexpr Option kOptions[] = {
    option<Arguments, &Arguments::directory>("directory", 'd', "write all pages into this directory"),
    one_of("man markdown", option<Arguments, &Arguments::format>("format", 'f', "man (default) or markdown")),
};

// Lines that are not too long; roff fills them anew. What is indented stays as it is.
std::string folded(std::string_view text) {
  constexpr size_t kLongest = 78;
  std::string out;
  size_t begin = 0;  // of the line in `out`
  for (size_t i = 0; i < text.size(); ++i) {
    const size_t word = std::min(text.find_first_of(" \n", i + 1), text.size()) - i;
    if (text[i] == ' ' && word > 1 && out.size() - begin + word > kLongest && out[begin] != ' ') {
      out += '\n';
      begin = out.size();
      if (text[i + 1] == '.' || text[i + 1] == '\'') out += "\\&";
      continue;
    }
    out += text[i];
    if (text[i] == '\n') begin = out.size();
  }
  return out;
}

// Text as roff takes it: no dash that becomes a hyphen, no line that begins with a request.
std::string roff(std::string_view text) {
  std::string out;
  bool line_begins = true;
  for (const char c : text) {
    if (line_begins && (c == '.' || c == '\'')) out += "\\&";
    line_begins = c == '\n';
    if (c == '-')
      out += "\\-";
    else if (c == '\\')
      out += "\\e";
    else
      out += c;
  }
  return folded(out);
}

// Paragraphs; indented lines (examples) are left as they are.
std::string prose(std::string_view text) {
  std::string out;
  bool example = false;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    const bool indented = line.starts_with("   ");
    if (indented != example && !line.empty()) {
      out += indented ? ".RS\n.nf\n" : ".fi\n.RE\n";
      example = indented;
    }
    out += line.empty() ? (example ? "\n" : ".PP\n") : cat(roff(line), "\n");
  }
  return out + (example ? ".fi\n.RE\n" : "");
}

std::string options_of(std::span<const Option> options) {
  std::string out;
  for (const Option& option : options) {
    if (option.hidden) continue;
    const char* value = option.kind == Kind::flag ? "" : " \\fIvalue\\fR";
    out += cat(".TP\n\\fB\\-\\-", roff(option.name), "\\fR", value);
    if (option.letter != '\0') out += cat(", \\fB\\-", option.letter, "\\fR", value);
    out += cat("\n", roff(option.help), "\n");
  }
  return out + ".TP\n\\fB\\-\\-help\\fR, \\fB\\-h\\fR\nshow the help\n";
}

std::string heading(std::string_view name) {
  std::string upper;
  for (const char c : name) upper += c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return cat(".TH ", upper, " 8 \"" HUSK_DATE "\" \"husk " HUSK_VERSION "\" \"System Administration\"\n");
}

std::string list_of(std::span<const Command* const> list) {
  std::string out;
  for (const Command* command : list)
    out += cat(".TP\n\\fB", roff(page_name(*command)), "\\fR(8)\n", roff(command->summary), "\n");
  return out;
}

std::string page(const Command& command) {
  std::string out = heading(page_name(command));
  out += cat(".SH NAME\n", roff(page_name(command)), " \\- ", roff(command.summary), "\n");
  out += cat(".SH SYNOPSIS\n\\fBhusk\\fR [global options] \\fB", roff(command.name), "\\fR");
  for (const std::string_view part :
       {command.subcommands.empty() ? std::string_view("[options]") : "", command.synopsis})
    if (!part.empty()) out += cat(" ", roff(part));
  out += '\n';
  if (!command.description.empty()) out += cat(".SH DESCRIPTION\n", prose(command.description));
  if (!command.subcommands.empty()) out += cat(".SH COMMANDS\n", list_of(command.subcommands));
  out += cat(".SH OPTIONS\n", options_of(command.options));
  return out + cat(".SH EXIT STATUS\n", roff(exit_status(command)), "\n.SH SEE ALSO\n.BR husk (8)\n");
}

std::string main_page() {
  std::string out = heading("husk");
  out +=
      cat(".SH NAME\nhusk \\- runs containers\n"
          ".SH SYNOPSIS\n\\fBhusk\\fR [global options] \\fIcommand\\fR [options] [arguments]\n.SH DESCRIPTION\n",
          prose(kAboutHusk), ".SH OPTIONS\n", options_of(global_options()), ".SH COMMANDS\n", list_of(commands()));
  for (const Section& section : kSections) {
    out += cat(".SH ", section.name, "\n");
    for (const Term& term : section.terms) out += cat(".TP\n", roff(term.name), "\n", roff(term.meaning), "\n");
  }
  return out;
}

Status write_page(const std::string& path, const std::string& text) {
  const int fd = open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) return fail(errno, "open ", path);
  const bool written = write_all(fd, text);
  const int error = errno;
  (void)close(fd);
  return written ? Status() : fail(error, "write ", path);
}

Result<int> manual_main(const Command& self, const Globals& /*globals*/, const Log& /*log*/, std::span<char*> argv) {
  Arguments arguments;
  HUSK_LET(const Parsed parsed, read_arguments(self, argv, &arguments));
  if (parsed.help) return 0;
  if (arguments.format != "man" && arguments.format != "markdown")
    return fail(0, "invalid format: ", arguments.format, " (known: man, markdown)");
  const bool markdown = arguments.format == "markdown";
  const auto text_of = [markdown](const Command& command) { return markdown ? markdown_page(command) : page(command); };
  std::string text = markdown ? markdown_main_page() : main_page();
  if (!arguments.directory.empty()) {
    const auto path_of = [&](const std::string& name) {
      return cat(arguments.directory, "/", name, markdown ? ".md" : ".8");
    };
    HUSK_TRY(write_page(path_of("husk"), text));
    for (const Command* command : commands()) {
      HUSK_TRY(write_page(path_of(page_name(*command)), text_of(*command)));
      for (const Command* below : command->subcommands)
        HUSK_TRY(write_page(path_of(page_name(*below)), text_of(*below)));
    }
    return 0;
  }
  if (!parsed.rest.empty()) {
    const Command* command = find_command(parsed.rest);
    if (command == nullptr) return unknown_command(parsed.rest.back());
    text = text_of(*command);
  }
  if (!print(text)) return fail(errno, "write to standard output");
  return 0;
}

}  // namespace

std::string page_name(const Command& command) {
  std::string out = cat("husk-", command.name);
  std::replace(out.begin(), out.end(), ' ', '-');
  return out;
}

std::string exit_status(const Command& command) {
  std::string out = "0, or 1 after an error";
  if (command.name == "run") out += "; otherwise that of the container's process";
  if (command.name == "ns run" || command.name == "ns enter") out += "; otherwise that of the program";
  if (command.name == "exec") out += ", or 255 for one of exec's own; otherwise that of the program";
  return out + ".";
}

constinit const Command manual_command = {
    "manual",
    "print the manual page of husk or of a command",
    "[<command> [<subcommand>]]",
    "The manual command prints a page as man(1) takes it, or in Markdown, or writes all of them:\n\n"
    "    # husk manual run | man -l -\n"
    "    # husk manual --directory /usr/local/share/man/man8",
    kOptions,
    0,
    2,
    manual_main};

}  // namespace husk::cli
