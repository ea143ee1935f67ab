// The husk command: global options, then a command's main.
#include <cstdlib>
#include <cstring>

#include "cli/command.h"

namespace husk::cli {

namespace {

Result<Level> parse_level(std::string_view name) {
  if (name == "debug") return Level::debug;
  if (name.empty() || name == "info") return Level::info;
  if (name == "warning" || name == "warn") return Level::warning;
  if (name == "error") return Level::error;
  return fail(0, "invalid log-level: ", name);
}

Status open_log(const Globals& globals, Log& log) {
  HUSK_LET(const Level level, parse_level(globals.log_level));
  log.set_level(globals.debug ? Level::debug : level);
  if (globals.log_format == "json")
    log.set_format(Format::json);
  else if (!globals.log_format.empty() && globals.log_format != "text")
    return fail(0, "invalid log-format: ", globals.log_format);
  return log.open(globals.log);
}

Result<int> perform(std::span<char*> argv, Log& log) {
  Globals globals;
  Result<Parsed> parsed = parse_options(argv, global_options(), Order::args_first, &globals);
  if (!parsed.ok()) {
    print_incorrect_usage(parsed.error(), global_help());
    return std::move(parsed).error();
  }
  if (globals.version || parsed->help || parsed->rest.empty()) {
    (void)print(globals.version && !parsed->help ? version_text() : global_help());
    return 0;
  }
  HUSK_TRY(open_log(globals, log));
  const Command* command = find_command(parsed->rest[0]);
  if (command == nullptr) return unknown_command(parsed->rest[0]);
  if (log.wants(Level::debug)) log.write(Level::debug, cat("husk ", husk::version(), ": ", command->name));
  return command->main(*command, globals, log, parsed->rest);
}

}  // namespace

}  // namespace husk::cli

// The C++ library's own one prints the type of an exception, with a demangler of 50 KB for it. Nothing here throws.
namespace __gnu_cxx {                 // NOLINT(bugprone-reserved-identifier)
void __verbose_terminate_handler() {  // NOLINT(bugprone-reserved-identifier)
  abort();
}
}  // namespace __gnu_cxx

int main(int argc, char** argv) {
  // The usual questions of an engine, answered before anything else is looked at.
  if (argc == 2 && (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-v") == 0))
    return husk::cli::print(husk::cli::version_text()) ? 0 : 1;
  husk::cli::Log log;
  const husk::Result<int> code = husk::cli::perform({argv, static_cast<size_t>(argc)}, log);
  if (code.ok()) return *code;
  log.final_error(code.error());
  return code.error().exit_code;
}
