// Looking without doing: is a configuration right, and what would a start do?
#pragma once

#include <husk/husk.h>

#include <string>
#include <vector>

namespace husk {

struct Finding {
  bool fatal = true;    // false: odd, or not as it should be on this host, but it would be started
  std::string file;     // that it is in
  std::string pointer;  // JSON pointer (RFC 6901) of the member: "/process/cwd"; empty: the file as a whole
  std::string message;  // what is wrong
  std::string hint;     // what to do about it; may be empty
};

// Everything that is wrong with a bundle (a directory: its config.json, and its root file system) or with one file: a
// config.json, or a process.json as `exec --process` takes it. `config`: another file in place of the bundle's
// config.json. Empty: nothing. An error: it cannot be read.
Result<std::vector<Finding>> validate(const std::string& path, const std::string& config = {});

// As a JSON array of objects with severity ("error", "warning"), file, pointer, message and hint.
std::string findings_json(const std::vector<Finding>& findings);

enum class Notation { text, json };

// What run() would do with these options on this host, step by step. Nothing is done or left behind.
Result<std::string> dry_run(const Environment& env, const CreateOptions& options, Notation format);

// A timeline that CreateOptions::trace has made, drawn: with a line of text for each thing that was done, or as SVG.
enum class Picture { text, svg };
Result<std::string> draw_trace(const std::string& path, Picture picture);

// What this host offers to containers, and what it lacks.
struct HostFinding {
  enum class State { ok, limited, missing };  // limited: containers run, and something is slower or not to be had
  std::string area;                           // "kernel", "cgroups", ...
  std::string name;
  State state = State::ok;
  std::string value;   // what was found
  std::string hint;    // how to have it, where it is not ok
  bool fatal = false;  // no container at all can be started by this caller
};
// `runtime_dir`: the caller's $XDG_RUNTIME_DIR, or empty.
std::vector<HostFinding> examine_host(const std::string& runtime_dir);

// As a JSON array of objects with area, name, state ("ok", "limited", "missing"), value, hint and fatal.
std::string host_json(const std::vector<HostFinding>& findings);

}  // namespace husk
