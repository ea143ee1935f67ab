// What JSON types cannot say about a Spec: a list of small named checks, none of which makes a system call.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "json/in.h"
#include "spec/types.h"

namespace husk::spec {

inline constexpr size_t kMaxMappings = 340;  // UID_GID_MAP_MAX_EXTENTS of the kernel
inline constexpr size_t kMaxHostName = 64;   // __NEW_UTS_LEN

struct Problem {
  std::string pointer;  // JSON pointer of the offending member: "/process/cwd"
  std::string message;  // what is wrong with it
  std::string hint;     // what to do about it; may be empty
  std::string needs;    // another member without which there may be no problem: "/linux/namespaces"; may be empty
  bool host = false;    // another host might take it
};

// The specification lets a container without `process` be created, though never started. We need one to start init
// with.
enum class NeedProcess { no, yes };

// Everything that makes the Spec unusable, in the order of the specification's chapters. Empty: it can be run. What
// only the host can tell (is the network namespace at this path our own? do the mappings match the user namespace at
// that path?) is not looked at.
[[nodiscard]] std::vector<Problem> check_all(const Spec& spec, NeedProcess need = NeedProcess::yes);

// The same for a process that is to be added to a running container (`exec`); pointers start at "/process".
[[nodiscard]] std::vector<Problem> check_process(const Process& process);

// The same for the limits given to `update`; pointers start at "/linux/resources".
[[nodiscard]] std::vector<Problem> check_resources(const Resources& resources);

// What is odd but not refused, for the log: unknown capability names, relative mount destinations, ...
[[nodiscard]] std::vector<Problem> warnings(const Spec& spec);

struct Around;  // foresee.h

// Everything that is wrong with the text of a config.json (or of a process.json): what cannot be read, then what
// check_all() and foresee() say of the rest. An error: it is no JSON at all.
Result<std::vector<Problem>> examine(std::string_view json, Spec& spec);
Result<std::vector<Problem>> examine_process(std::string_view json, Process& process);
std::vector<Problem> examine_process(const json::Document& doc, Process& process);
// The two parts of examine(), for who has the host looked at between them: reading, and the checks.
void read_faults(const json::Document& doc, Spec& spec, std::vector<json::Fault>& faults);
std::vector<Problem> problems_of(const Spec& spec, const std::vector<json::Fault>& faults, const Around& around);

// The first of check_all() as an Error ("/process/cwd: must be an absolute path").
Status validate(const Spec& spec, NeedProcess need = NeedProcess::yes);

// The first of check_process() as an Error.
Status validate_process(const Process& process);

// The first of check_resources() as an Error.
Status validate_resources(const Resources& resources);

}  // namespace husk::spec
