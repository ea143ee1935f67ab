#include "sys/identity.h"

#include "sys/calls.h"

namespace husk::sys {
namespace {

// "uts:[4026531838]".
uint64_t namespace_id(int procfs, const char* file) {
  Text<64> path;
  path.add("self/ns/").add(file);
  char link[64];
  const long size = readlinkat(procfs, path.c_str(), link, sizeof link);
  uint64_t id = 0;
  for (long i = 0; i < size; ++i)
    if (link[i] >= '0' && link[i] <= '9') id = id * 10 + static_cast<uint64_t>(link[i] - '0');
  return id;
}

using Line = Text<1024>;

void pad(Line& line, size_t begin, size_t width) {
  while (line.size() < begin + width) line.add(' ');
}

Line& mark(Line& line, bool changed) {
  return changed ? line.add('*') : line;
}

void add_id(Line& line, std::string_view kind, uint64_t id, bool changed) {
  constexpr size_t kNameWidth = 8, kWidth = 21;
  const size_t begin = line.size();
  line.add(kind);
  pad(line, begin, kNameWidth - (changed ? 1 : 0));
  mark(line, changed);
  if (id == 0)
    line.add("?");
  else
    line.number(static_cast<long>(id));
  pad(line, begin, kWidth);
}

bool same(const char* a, const char* b) {
  return std::string_view(a) == std::string_view(b);
}

// Only where they are not what the process itself is in.
void add_of_children(Line& line, std::string_view kind, uint64_t own, uint64_t id, bool changed) {
  if (id == own) return;
  line.add("        its next child: ").add(kind).add(' ');
  mark(line, changed);
  if (id == 0)
    line.add("(a new one)");
  else
    line.number(static_cast<long>(id));
  line.add('\n');
}

}  // namespace

std::string_view kind_name(uint64_t flag) {
  for (const NamespaceKind& kind : kNamespaceKinds)
    if (kind.flag == flag) return kind.file;
  return "?";
}

Identity identity(int procfs) {
  Identity out;
  out.pid = call(SYS_getpid);
  out.uid = call(SYS_getuid);
  out.gid = call(SYS_getgid);
  char names[6][65] = {};  // the kernel's struct new_utsname: the second is the host's
  if (call(SYS_uname, names) == 0)
    for (size_t i = 0; i < sizeof names[1]; ++i) out.hostname[i] = names[1][i];
  for (size_t i = 0; i < kKinds; ++i) out.ids[i] = namespace_id(procfs, kNamespaceKinds[i].file);
  out.pid_for_children = namespace_id(procfs, "pid_for_children");
  out.time_for_children = namespace_id(procfs, "time_for_children");
  return out;
}

void Narrator::tell(std::string_view what, std::string_view more) {
  if (!on()) return;
  const Identity now = identity(procfs_);
  const Identity& last = has_spoken_ ? last_ : now;
  Line line;
  line.add(who_);
  pad(line, 0, 8);
  line.add(what).add(more).add(": pid ");
  mark(line, now.pid != last.pid).number(now.pid).add(", uid ");
  mark(line, now.uid != last.uid).number(now.uid).add(", gid ");
  mark(line, now.gid != last.gid).number(now.gid).add(", hostname ");
  mark(line, !same(now.hostname, last.hostname)).add(static_cast<const char*>(now.hostname)).add('\n');
  for (size_t i = 0; i < kKinds; ++i) {
    if (i % 4 == 0) line.add("        ");
    add_id(line, kNamespaceKinds[i].file, now.ids[i], now.ids[i] != last.ids[i]);
    if (i % 4 == 3) {
      size_t end = line.size();
      while (line.c_str()[end - 1] == ' ') --end;
      line.truncate(end);
      line.add('\n');
    }
  }
  constexpr size_t kPid = 1, kTime = 7;  // in kNamespaceKinds
  add_of_children(line, "pid", now.ids[kPid], now.pid_for_children, now.pid_for_children != last.pid_for_children);
  add_of_children(line, "time", now.ids[kTime], now.time_for_children, now.time_for_children != last.time_for_children);
  (void)write(2, line.c_str(), line.size());  // at once, so that two who speak do not mix
  last_ = now;
  has_spoken_ = true;
}

}  // namespace husk::sys
