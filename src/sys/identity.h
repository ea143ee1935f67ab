// Who a process is, as its namespaces have it, said after every step that may have changed it. Who looks on sees what a
// setns(2), an unshare(2) or a map of ids does, and to whom: the one who joins a PID namespace keeps its pid, and only
// its children are in it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/str.h"

namespace husk::sys {

struct NamespaceKind {
  const char* file;  // in /proc/PID/ns
  uint64_t flag;     // CLONE_NEW*
};
inline constexpr size_t kKinds = 8;
inline constexpr NamespaceKind kNamespaceKinds[kKinds] = {
    {"user", 0x10000000}, {"pid", 0x20000000}, {"mnt", 0x00020000},    {"net", 0x40000000},
    {"uts", 0x04000000},  {"ipc", 0x08000000}, {"cgroup", 0x02000000}, {"time", 0x00000080}};
// "uts" of CLONE_NEWUTS.
std::string_view kind_name(uint64_t flag);

struct Identity {
  long pid = 0, uid = 0, gid = 0;
  char hostname[66] = {};
  uint64_t ids[kKinds] = {};  // inode numbers, 0: not to be seen
  // Where its next child will be. 0: in one that no process has been in yet.
  uint64_t pid_for_children = 0, time_for_children = 0;
};
// By a procfs in which we have a number: the caller's /proc, opened before it was covered or left.
Identity identity(int procfs);

// Says on standard error who we are, with a star at what has changed since it spoke last. By default it is silent.
class Narrator {
 public:
  Narrator() = default;
  // `who`: "parent", "child", "init".
  Narrator(int procfs, const char* who) : procfs_(procfs), who_(who) {}

  // Another process goes on.
  [[nodiscard]] Narrator of(const char* who) const {
    Narrator out = *this;
    out.who_ = who;
    return out;
  }
  [[nodiscard]] bool on() const { return procfs_ >= 0; }
  void tell(std::string_view what, std::string_view more = {});

 private:
  int procfs_ = -1;
  const char* who_ = "";
  bool has_spoken_ = false;
  Identity last_;
};

}  // namespace husk::sys
