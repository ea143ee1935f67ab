// husk validate: every problem of a bundle or of a configuration file at once.
#include <algorithm>

#include "cli/command.h"
#include "husk/text.h"

namespace husk::cli {

namespace {

struct Arguments {
  std::string config;
  bool portable = false;
  std::string format = "text";
};

constexpr Option kOptions[] = {
    option<Arguments, &Arguments::config>("config", 'f',
                                          "configuration file to use in place of the bundle's config.json"),
    option<Arguments, &Arguments::portable>("portable", '\0',
                                            "leave out what this host lacks: it is to run on another"),
    one_of("text json", option<Arguments, &Arguments::format>("format", '\0', "text (default) or json")),
};

std::string line_of(const Finding& finding) {
  std::string out = cat(finding.fatal ? "error   " : "warning ",
                        finding.pointer.empty() ? finding.file : finding.pointer, ": ", finding.message);
  if (finding.host) out += " [this host]";
  if (!finding.hint.empty()) out += cat(" (", finding.hint, ")");
  return printable(out) + "\n";
}

std::string counted(size_t count, const char* what) {
  return cat(count, " ", what, count == 1 ? "" : "s");
}

std::string text_of(const std::vector<Finding>& findings, const std::string& path) {
  std::string out;
  size_t errors = 0;
  for (const Finding& finding : findings) {
    out += line_of(finding);
    if (finding.fatal) ++errors;
  }
  if (findings.empty()) return cat(printable(path), ": nothing to complain about\n");
  return out +
         cat(printable(path), ": ", counted(errors, "error"), ", ", counted(findings.size() - errors, "warning"), "\n");
}

Result<int> validate_main(const Command& self, const Globals& /*globals*/, const Log& /*log*/, std::span<char*> argv) {
  Arguments arguments;
  HUSK_LET(const Parsed parsed, read_arguments(self, argv, &arguments));
  if (parsed.help) return 0;
  HUSK_LET(const Notation format, format_named(arguments.format));
  const std::string path = parsed.rest.empty() ? "." : parsed.rest[0];
  HUSK_LET(const std::vector<Finding> findings, validate(path, {arguments.config, arguments.portable}));
  if (!print(format == Notation::json ? findings_json(findings) : text_of(findings, path)))
    return fail(errno, "write to standard output");
  return std::any_of(findings.begin(), findings.end(), [](const Finding& f) { return f.fatal; }) ? 1 : 0;
}

}  // namespace

constinit const Command validate_command = {
    "validate",
    "find every problem of a bundle or a configuration file",
    "[<bundle>|<file>]",
    "The validate command reads the config.json of a bundle (default: the current directory), or\n"
    "a single file that is a config.json or a process.json, and prints all that is wrong with it,\n"
    "a line each with the JSON pointer of the member. It ends with 1 when a container could not\n"
    "be started from it; warnings alone are no failure.\n"
    "\n"
    "What this host lacks (paths, file systems, controllers, privileges of the caller) is an error\n"
    "as well, and marked [this host]; with --portable it is left out. A file may be /dev/stdin.\n"
    "\n"
    "As JSON: an array of objects with severity (error, warning), file, pointer, message, hint (may\n"
    "be empty) and host (true: because of this host).",
    kOptions,
    0,
    1,
    validate_main};

}  // namespace husk::cli
