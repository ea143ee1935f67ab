// husk trace: draws the timeline of a start.
#include <cerrno>

#include "cli/command.h"

namespace husk::cli {

namespace {

struct Arguments {
  bool svg = false;
};

constexpr Option kOptions[] = {
    option<Arguments, &Arguments::svg>("svg", '\0', "as a picture in SVG"),
};

Result<int> trace_main(const Command& self, const Globals& /*globals*/, const Log& /*log*/, std::span<char*> argv) {
  Arguments arguments;
  HUSK_LET(const Parsed parsed, read_arguments(self, argv, &arguments));
  if (parsed.help) return 0;
  HUSK_LET(const std::string drawn, draw_trace(parsed.rest[0], arguments.svg ? Picture::svg : Picture::text));
  if (!print(drawn)) return fail(errno, "write to standard output");
  return 0;
}

}  // namespace

constinit const Command trace_command = {
    "trace",
    "draw the timeline of a start",
    "<file>",
    "The trace command draws what `husk run`, `create` or `exec` has written with --trace: what\n"
    "parent, child and init did, when, and for how long. The file is in the format of Chrome's\n"
    "tracing: ui.perfetto.dev opens it, too.\n\n"
    "    # husk run --trace start.json web\n"
    "    # husk trace start.json\n"
    "    # husk trace --svg start.json > start.svg",
    kOptions,
    1,
    1,
    trace_main};

}  // namespace husk::cli
