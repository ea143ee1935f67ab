// Looking without doing: is a configuration right, and what would a start do?
#pragma once

#include <husk/husk.h>

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace husk {

struct Finding {
  bool fatal = true;    // false: odd, but it would be started
  bool host = false;    // because of this host: another one might start it
  std::string file;     // that it is in
  std::string pointer;  // JSON pointer (RFC 6901) of the member: "/process/cwd"; empty: the file as a whole
  std::string message;  // what is wrong
  std::string hint;     // what to do about it; may be empty
};

struct ValidateOptions {
  std::string config;     // another file in place of the bundle's config.json
  bool portable = false;  // this host is not looked at: the container is to run on another one
};

// Everything that is wrong with a bundle (a directory: its config.json, and its root file system) or with one file: a
// config.json, or a process.json as `exec --process` takes it. Empty: nothing. An error: it cannot be read.
Result<std::vector<Finding>> validate(const std::string& path, const ValidateOptions& options = {});

// As a JSON array of objects with severity ("error", "warning"), file, pointer, message, hint and host.
std::string findings_json(const std::vector<Finding>& findings);

enum class Notation { text, json };

// What run() would do with these options on this host, step by step. Nothing is done or left behind.
Result<std::string> dry_run(const Environment& env, const CreateOptions& options, Notation format);

// A timeline that CreateOptions::trace has made, drawn: with a line of text for each thing that was done, or as SVG.
enum class Picture { text, svg };
Result<std::string> draw_trace(const std::string& path, Picture picture);

// One fact about this host.
struct HostFinding {
  enum class State { ok, missing, unknown };  // missing: containers run unless it is fatal, but without that
  using Value = std::variant<std::monostate, bool, uint64_t, std::string, std::vector<std::string>>;
  std::string area;  // "kernel", "cgroups", "security", "users", "limits"
  std::string id;    // "namespace_pid": stays the same
  std::string name;  // for people
  State state = State::ok;
  Value value;         // nothing: it cannot be known
  std::string unit;    // of a number
  std::string found;   // the value for people: "yes"
  std::string hint;    // how to have it, where it is not ok
  bool fatal = false;  // no container at all can be started by this caller
};
// `runtime_dir`: the caller's $XDG_RUNTIME_DIR, or empty.
std::vector<HostFinding> examine_host(const std::string& runtime_dir);

// As a JSON array of objects with id, area, name, state ("ok", "missing", "unknown"), value (true or false, a number, a
// text or a list of texts, or null), unit, found, hint and fatal.
std::string host_json(const std::vector<HostFinding>& findings);

}  // namespace husk
