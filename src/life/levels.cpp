// Pids at every level. A process in nested PID namespaces has a number in each of them, and who looks from outside
// wants to know which process "7" is that somebody speaks of inside. The kernel lists the numbers, from the PID
// namespace of the procfs that is read to the process's own.
#include "life/levels.h"

#include <algorithm>

#include "host/files.h"
#include "life/container.h"

namespace husk {
namespace {

std::vector<pid_t> numbers(std::string_view text) {
  std::vector<pid_t> out;
  pid_t value = 0;
  for (const char c : text) {
    if (c >= '0' && c <= '9') {
      value = value * 10 + (c - '0');
    } else {
      out.push_back(value);
      value = 0;
    }
  }
  if (!text.empty()) out.push_back(value);
  return out;
}

// The kernel has put a backslash before backslashes, and "\n" for a newline.
std::string plain(std::string_view name) {
  std::string out;
  for (size_t i = 0; i < name.size(); ++i) {
    const bool escaped = name[i] == '\\' && i + 1 < name.size();
    if (escaped) ++i;
    out += escaped && name[i] == 'n' ? '\n' : name[i];
  }
  return out;
}

}  // namespace

namespace life {

// A name has no newline in it: the kernel writes "\n" for that.
std::string_view status_value(std::string_view status, std::string_view key) {
  for (size_t at = 0; at < status.size();) {
    const size_t end = std::min(status.find('\n', at), status.size());
    const std::string_view line = status.substr(at, end - at);
    if (line.starts_with(key) && line.substr(key.size()).starts_with(":\t")) return line.substr(key.size() + 2);
    at = end + 1;
  }
  return {};
}

ProcessLevels levels_in(std::string_view status) {
  return {plain(status_value(status, "Name")), numbers(status_value(status, "NSpid"))};
}

ProcessLevels levels_of(pid_t pid) {
  constexpr size_t kMost = 65536;
  if (pid <= 0) return {};
  const Result<std::string> status = host::read_file(cat("/proc/", pid, "/status"), kMost);
  if (!status.ok()) return {};
  return levels_in(*status);
}

}  // namespace life

Result<std::vector<ProcessLevels>> process_levels(const Environment& env, const std::string& id) {
  HUSK_LET(const std::vector<pid_t> before, processes(env, id));
  std::vector<ProcessLevels> out;
  for (const pid_t pid : before)
    if (ProcessLevels levels = life::levels_of(pid); !levels.ns_pids.empty()) out.push_back(std::move(levels));
  // A number may have been given to somebody else meanwhile; then it is not in the cgroup any more.
  HUSK_LET(const std::vector<pid_t> after, processes(env, id));
  std::erase_if(out, [&after](const ProcessLevels& levels) {
    return !std::binary_search(after.begin(), after.end(), levels.ns_pids.front());
  });
  return out;
}

}  // namespace husk
