// husk manual: the manual pages, made from the same tables as the help, in the language of man(7).
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "cli/command.h"

namespace husk::cli {

namespace {

struct Arguments {
  std::string directory;
};

constexpr Option kOptions[] = {
    option<Arguments, &Arguments::directory>("directory", 'd', "write all pages into this directory"),
};

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
  return out;
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
  return cat(".TH ", upper, " 8 \"\" \"husk " HUSK_VERSION "\" \"System Administration\"\n");
}

// "husk-ns-run".
std::string page_name(const Command& command) {
  std::string out = cat("husk-", command.name);
  std::replace(out.begin(), out.end(), ' ', '-');
  return out;
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
  out += cat(".SH SYNOPSIS\n\\fBhusk\\fR [global options] \\fB", roff(command.name), "\\fR ",
             command.subcommands.empty() ? "[options] " : "", roff(command.synopsis), "\n");
  if (!command.description.empty()) out += cat(".SH DESCRIPTION\n", prose(command.description));
  if (!command.subcommands.empty()) out += cat(".SH COMMANDS\n", list_of(command.subcommands));
  out += cat(".SH OPTIONS\n", options_of(command.options));
  out += ".SH EXIT STATUS\n0, or 1 after an error";
  if (command.name == "run") out += "; otherwise that of the container's process";
  if (command.name == "ns run" || command.name == "ns enter") out += "; otherwise that of the program";
  if (command.name == "exec") out += ", or 255 for one of exec's own; otherwise that of the program";
  return out + ".\n.SH SEE ALSO\n.BR husk (8)\n";
}

std::string main_page() {
  std::string out = heading("husk");
  out +=
      ".SH NAME\nhusk \\- runs containers\n"
      ".SH SYNOPSIS\n\\fBhusk\\fR [global options] \\fIcommand\\fR [options] [arguments]\n"
      ".SH DESCRIPTION\nhusk makes, starts, watches and removes containers from bundles as the OCI runtime\n"
      "specification describes them: a directory with a config.json and a root file system.\n"
      "Its command line is that of runc.\n.SH OPTIONS\n";
  out += cat(options_of(global_options()), ".SH COMMANDS\n", list_of(commands()));
  return out +
         ".SH FILES\n.TP\n/run/husk\nstate of root's containers (others: $XDG_RUNTIME_DIR/husk)\n"
         ".TP\n/run/husk\\-cache/seccomp\ncompiled seccomp filters\n"
         ".SH ENVIRONMENT\n.TP\nNOTIFY_SOCKET, LISTEN_FDS, LISTEN_PID\nas in sd_notify(3) and sd_listen_fds(3)\n"
         ".TP\nHUSK_SECCOMP_CACHE\nanother directory for compiled seccomp filters; empty: none\n"
         ".TP\nHUSK_SYSTEMD_TIMEOUT\nseconds to wait for systemd (default: 30)\n";
}

Status write_page(const std::string& directory, const std::string& name, const std::string& text) {
  const std::string path = cat(directory, "/", name, ".8");
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
  if (!arguments.directory.empty()) {
    HUSK_TRY(write_page(arguments.directory, "husk", main_page()));
    for (const Command* command : commands()) {
      HUSK_TRY(write_page(arguments.directory, page_name(*command), page(*command)));
      for (const Command* below : command->subcommands)
        HUSK_TRY(write_page(arguments.directory, page_name(*below), page(*below)));
    }
    return 0;
  }
  std::string text = main_page();
  if (!parsed.rest.empty()) {
    const Command* command = find_command(parsed.rest);
    if (command == nullptr) return unknown_command(parsed.rest.back());
    text = page(*command);
  }
  if (!print(text)) return fail(errno, "write to standard output");
  return 0;
}

}  // namespace

constinit const Command manual_command = {
    "manual",
    "print the manual page of husk or of a command",
    "[<command> [<subcommand>]]",
    "The manual command prints a page as man(1) takes it, or writes all of them:\n\n"
    "    # husk manual run | man -l -\n"
    "    # husk manual --directory /usr/local/share/man/man8",
    kOptions,
    0,
    2,
    manual_main};

}  // namespace husk::cli
