// Whether a process that is still there has its end behind it already.
//
// The leader of a process can be a zombie while its other threads live on, so each thread is asked. Between SIGKILL and
// the last moments there is a time (of seconds, in an uninterruptible wait) when only the pending signal tells: the
// kernel puts SIGKILL into the set of each thread.
#include "rooms/cgroup/dying.h"

#include <fcntl.h>

#include <string>
#include <vector>

#include "rooms/cgroup/tree.h"

namespace husk::cgroup {
namespace {

// proc(5): fields of stat, counted from 1; the name in the second one may contain anything.
constexpr int kState = 3, kFlags = 9, kPending = 31;
constexpr uint64_t kExiting = 0x4, kDumpedCore = 0x8, kSignaled = 0x400;  // PF_* of the kernel's sched.h
constexpr uint64_t kKill = uint64_t{1} << 8;                              // SIGKILL in a set of signals

uint64_t number(std::string_view word) {
  uint64_t out = 0;
  for (const char c : word) {
    if (c < '0' || c > '9') break;
    out = out * 10 + static_cast<uint64_t>(c - '0');
  }
  return out;
}

}  // namespace

bool is_dying_thread(std::string_view stat) {
  const size_t name = stat.rfind(')');
  if (name == std::string_view::npos || name + 2 >= stat.size()) return false;
  stat.remove_prefix(name + 2);
  for (int field = kState; !stat.empty(); ++field) {
    const size_t space = stat.find(' ');
    const std::string_view word = stat.substr(0, space);
    stat = space == std::string_view::npos ? std::string_view() : stat.substr(space + 1);
    if (field == kState && (word.starts_with('Z') || word.starts_with('X'))) return true;
    if (field == kFlags && (number(word) & (kExiting | kDumpedCore | kSignaled)) != 0) return true;
    if (field == kPending) return (number(word) & kKill) != 0;
  }
  return false;
}

bool is_dying(pid_t pid) {
  const std::string tasks = cat("/proc/", pid, "/task");
  const sys::Fd dir(open_directory_at(AT_FDCWD, tasks.c_str()));
  std::vector<std::string> threads;
  if (!dir || children(dir.get(), &threads) < 0) return true;  // gone
  std::string stat;
  for (const std::string& thread : threads)
    if (read_at(dir.get(), cat(thread, "/stat").c_str(), &stat) == 0 && !is_dying_thread(stat)) return false;
  return true;
}

}  // namespace husk::cgroup
