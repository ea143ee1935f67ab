// husk events: one JSON object a line.
#include <algorithm>
#include <climits>

#include "cli/command.h"
#include "cli/quantity.h"

namespace husk::cli {

namespace {

constexpr int64_t kMillisecond = 1'000'000;  // ns

struct Interval {
  int64_t nanoseconds = 5000 * kMillisecond;
};

bool parse(const char* value, Interval& to) {
  const std::optional<int64_t> n = parse_duration(value);
  if (n) to.nanoseconds = *n;
  return n.has_value();
}

struct EventsArguments {
  Interval interval;
  bool stats = false;
};

}  // namespace

namespace detail {
template <>
struct KindOf<Interval> {
  static constexpr Kind value = Kind::text;
};
}  // namespace detail

namespace {

constexpr Option kOptions[] = {
    option<EventsArguments, &EventsArguments::interval>(
        "interval", '\0', "time between the numbers, such as 100ms, 5s or 1m30s (default: 5s)"),
    option<EventsArguments, &EventsArguments::stats>("stats", '\0', "print the numbers once, and no events"),
};

// An id needs no escaping (store::check_id). What an event has no data for, it has no "data" for.
bool print_event(const std::string& type, const std::string& id, const std::string& data) {
  std::string line = cat(R"({"type":")", type, R"(","id":")", id, '"');
  if (!data.empty()) line += cat(R"(,"data":)", data);
  return print(line + "}\n");
}

Result<int> events_main(const Command& self, const Globals& globals, const Log& log, std::span<char*> argv) {
  EventsArguments arguments;
  HUSK_LET(const Parsed parsed, read_arguments(self, argv, &arguments));
  if (parsed.help) return 0;
  if (arguments.interval.nanoseconds <= 0) return fail(0, "duration interval must be greater than 0");
  HUSK_LET(const Environment env, make_environment(globals, log));
  const std::string id = parsed.rest[0];
  if (arguments.stats) {
    HUSK_LET(const std::string data, husk::stats(env, id));
    if (!print_event("stats", id, data)) return fail(errno, "write to standard output");
    return 0;
  }
  const int64_t ms = std::clamp(arguments.interval.nanoseconds / kMillisecond, int64_t{1}, int64_t{INT_MAX});
  HUSK_TRY(husk::events(env, id, static_cast<int>(ms), [&id](const std::string& type, const std::string& data) {
    return print_event(type, id, data);
  }));
  return 0;
}

}  // namespace

constinit const Command events_command = {
    "events",
    "display what a container uses, and when it runs out of memory",
    "<container-id>",
    "The events command prints one JSON object a line until the container ends: of type \"stats\"\n"
    "with the use of processors, memory, processes and block devices, every 5 seconds unless\n"
    "--interval says otherwise, and of type \"oom\" when the kernel has killed a process of the\n"
    "container for lack of memory.",
    kOptions,
    1,
    1,
    events_main};

}  // namespace husk::cli
