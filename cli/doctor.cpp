// husk doctor: what this host offers to containers, what it lacks, and how to have it.
#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "cli/command.h"
#include "cli/table.h"

namespace husk::cli {

namespace {

struct Arguments {
  std::string format = "text";
};

constexpr Option kOptions[] = {
    one_of("text json", option<Arguments, &Arguments::format>("format", 'f', "text (default) or json")),
};

std::string text_of(const std::vector<HostFinding>& findings) {
  constexpr const char* kStates[] = {"ok", "missing", "unknown"};
  Table table;
  table.add({"STATE", "AREA", "WHAT", "FOUND"});
  std::string hints;
  for (const HostFinding& f : findings) {
    table.add({kStates[static_cast<size_t>(f.state)], f.area, f.name, f.found});
    if (!f.hint.empty()) hints += cat(f.fatal ? "needed: " : "", f.name, ": ", f.hint, "\n");
  }
  return table.text() + (hints.empty() ? "" : "\n" + hints);
}

Result<int> doctor_main(const Command& self, const Globals& /*globals*/, const Log& /*log*/, std::span<char*> argv) {
  Arguments arguments;
  HUSK_LET(const Parsed parsed, read_arguments(self, argv, &arguments));
  if (parsed.help) return 0;
  HUSK_LET(const Notation notation, format_named(arguments.format));
  const char* directory = getenv("XDG_RUNTIME_DIR");
  const std::vector<HostFinding> findings = examine_host(directory != nullptr ? directory : "");
  if (!print(notation == Notation::json ? host_json(findings) : text_of(findings)))
    return fail(errno, "write to standard output");
  return std::any_of(findings.begin(), findings.end(), [](const HostFinding& f) { return f.fatal; }) ? 1 : 0;
}

}  // namespace

constinit const Command doctor_command = {
    "doctor",
    "say what this host offers to containers, and what it lacks",
    "",
    "The doctor command looks at the kernel, the cgroups, the security modules, what ordinary users\n"
    "need, and the caller's limits. What is missing comes with a way to have it; unknown is what\n"
    "cannot be told here. It ends with 1 when the caller could not start any container.\n"
    "\n"
    "As JSON: an array of objects with id (stays the same), area, name (for people), state (ok,\n"
    "missing, unknown), value (true or false, a number, \"unlimited\", a text, an array of texts, or\n"
    "null where it is unknown), unit (of a number: descriptors, processes, namespaces; else empty),\n"
    "found (the value for people), hint (how to have it; may be empty) and fatal (true: no container\n"
    "can be started).",
    kOptions,
    0,
    0,
    doctor_main};

}  // namespace husk::cli
