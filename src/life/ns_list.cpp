// All namespaces that can be seen from /proc. There is no list of them in the kernel that a user may have: there are
// processes, whose files name theirs; descriptors and mounts, which keep others alive; and the way from each to its
// owner and its parent.
//
// The host does not stand still meanwhile. Each process is held by a descriptor of its directory, so that all that is
// read there is of the same process, or fails once it is gone. A process that may not be looked into is counted.
#include "husk/ns_list.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <memory>
#include <unordered_set>

#include "host/files.h"
#include "life/levels.h"
#include "life/ns_names.h"
#include "life/ns_scan.h"

namespace husk {
namespace {

using life::NamespaceName;

constexpr size_t kMaxText = 1UL << 20;
constexpr size_t kMaxMountinfo = size_t{64} << 20;

struct DirCloser {
  void operator()(DIR* dir) const { (void)::closedir(dir); }
};

std::optional<NamespaceName> name_at(int dir, const char* path, int* err) {
  char text[64];
  const ssize_t n = ::readlinkat(dir, path, text, sizeof text);
  *err = n < 0 ? errno : 0;
  if (n < 0) return {};
  return life::namespace_named({text, static_cast<size_t>(n)});
}

class Scan {
 public:
  Result<NamespaceView> run(const std::vector<std::string>& roots);

 private:
  struct Later {  // what a namespace has beside members; members are found when all are known
    NamespaceName name;
    pid_t pid;
    bool births;  // else it is open
  };

  sys::Fd open(int dir, const char* path, int flags);
  std::string text_at(int dir, const char* name, size_t most = kMaxText);
  std::vector<pid_t> numbers_in(int dir, const char* path);
  void look_at(pid_t pid);
  bool look_at_kinds(int dir, NamespaceMember* member);
  void look_at_threads(int dir, const NamespaceMember& process);
  void look_at_births(int dir, const NamespaceMember& process);
  void look_at_descriptors(int dir, pid_t pid);
  void look_at_maps(int dir, uint64_t user);
  void look_at_mounts(int dir, uint64_t mnt);
  std::optional<size_t> container_of(int dir, pid_t pid);
  void put_together(std::vector<NamespaceEntry>* entries);

  NamespaceView view_;
  life::Namespaces namespaces_;
  std::vector<Later> later_;
  std::vector<uint64_t> mapped_, mounts_seen_;
  std::array<uint64_t, kNamespaceKinds> own_ = {};
  std::unordered_map<pid_t, std::string> places_;  // of the cgroups that name a container
  int wanted_ = 0;                                 // see life::is_want()
};

// What cannot be opened because it is gone is nothing to speak of; what cannot be for want of descriptors would be
// missing in silence.
sys::Fd Scan::open(int dir, const char* path, int flags) {
  sys::Fd out(::openat(dir, path, flags | O_CLOEXEC));
  if (!out && life::is_want(errno)) wanted_ = errno;
  return out;
}

std::string Scan::text_at(int dir, const char* name, size_t most) {
  Result<std::string> text = host::read_file(cat("/proc/self/fd/", dir, "/", name), most);
  if (text.ok()) return *std::move(text);
  if (life::is_want(text.error().errnum)) wanted_ = text.error().errnum;
  return {};
}

// The entries of a directory that are numbers.
std::vector<pid_t> Scan::numbers_in(int dir, const char* path) {
  std::vector<pid_t> out;
  sys::Fd fd = open(dir, path, O_RDONLY | O_DIRECTORY);
  if (!fd) return out;
  const std::unique_ptr<DIR, DirCloser> stream(::fdopendir(fd.get()));
  if (stream == nullptr) return out;
  (void)fd.release();
  while (const dirent* entry = ::readdir(stream.get())) {
    const std::string_view name = entry->d_name;
    pid_t number = 0;
    const auto [end, error] = std::from_chars(name.data(), name.data() + name.size(), number);
    if (error == std::errc() && end == name.data() + name.size()) out.push_back(number);
  }
  return out;
}

// False: it may not be looked into, or is gone.
bool Scan::look_at_kinds(int dir, NamespaceMember* member) {
  bool any = false;
  for (size_t i = 0; i < kNamespaceKinds; ++i) {
    const std::string path = cat("ns/", namespace_kind_name(static_cast<NamespaceKind>(i)));
    int err = 0;
    const std::optional<NamespaceName> name = name_at(dir, path.c_str(), &err);
    if (err == EACCES || err == EPERM) {
      // User and PID are let go last: a process that is ending has these alone.
      ++view_.hidden;
      return false;
    }
    if (!name) continue;
    any = true;
    member->namespaces[i] = name->id;
    (void)namespaces_.at(*name);
    namespaces_.ask_at(*name, dir, path.c_str());
  }
  return any;
}

// One thread may be elsewhere than its process: setns(2) and unshare(2) move the calling thread alone.
void Scan::look_at_threads(int dir, const NamespaceMember& process) {
  for (const pid_t tid : numbers_in(dir, "task")) {
    if (tid == process.pid) continue;
    const sys::Fd task = open(dir, cat("task/", tid).c_str(), O_PATH | O_DIRECTORY);
    NamespaceMember thread;
    const size_t hidden = view_.hidden;
    if (!task || !look_at_kinds(task.get(), &thread) || thread.namespaces == process.namespaces) {
      view_.hidden = hidden;
      continue;
    }
    ProcessLevels levels = life::levels_in(text_at(task.get(), "status"));
    thread.pid = tid;
    thread.process = process.pid;
    thread.name = std::move(levels.name);
    thread.ns_pids = std::move(levels.ns_pids);
    thread.container = process.container;
    view_.members.push_back(std::move(thread));
  }
}

void Scan::look_at_births(int dir, const NamespaceMember& process) {
  for (const NamespaceKind kind : {NamespaceKind::pid, NamespaceKind::time}) {
    const std::string path = cat("ns/", namespace_kind_name(kind), "_for_children");
    int err = 0;
    const std::optional<NamespaceName> name = name_at(dir, path.c_str(), &err);
    if (!name || name->id == process.namespaces[static_cast<size_t>(kind)]) continue;
    namespaces_.ask_at(*name, dir, path.c_str());
    later_.push_back({*name, process.pid, true});
  }
}

void Scan::look_at_descriptors(int dir, pid_t pid) {
  const sys::Fd descriptors = open(dir, "fd", O_RDONLY | O_DIRECTORY);
  if (!descriptors) return;
  std::vector<uint64_t> seen;
  for (const pid_t number : numbers_in(descriptors.get(), ".")) {
    const std::string path = std::to_string(number);
    int err = 0;
    const std::optional<NamespaceName> name = name_at(descriptors.get(), path.c_str(), &err);
    if (!name || std::find(seen.begin(), seen.end(), name->id) != seen.end()) continue;
    seen.push_back(name->id);
    namespaces_.ask_at(*name, descriptors.get(), path.c_str());
    // A file with such a name is none: then there was nobody to ask.
    if (namespaces_.was_asked(name->id)) later_.push_back({*name, pid, false});
  }
}

void Scan::look_at_maps(int dir, uint64_t user) {
  if (user == 0 || std::find(mapped_.begin(), mapped_.end(), user) != mapped_.end()) return;
  mapped_.push_back(user);
  NamespaceEntry& entry = namespaces_.at({NamespaceKind::user, user});
  entry.uids = life::maps_in(text_at(dir, "uid_map"));
  entry.gids = life::maps_in(text_at(dir, "gid_map"));
}

// Once for each mount namespace. What is mounted in another one is not opened: who may mount there decides what is
// found at the path.
void Scan::look_at_mounts(int dir, uint64_t mnt) {
  if (mnt == 0 || std::find(mounts_seen_.begin(), mounts_seen_.end(), mnt) != mounts_seen_.end()) return;
  mounts_seen_.push_back(mnt);
  const std::string text = text_at(dir, "mountinfo", kMaxMountinfo);
  const bool own = own_[static_cast<size_t>(NamespaceKind::mnt)] == mnt;
  for (life::NamespaceMounted& mounted : life::namespaces_mounted(text)) {
    namespaces_.at(mounted.name).mounts.push_back({mounted.path, mnt});
    if (own) namespaces_.ask_at(mounted.name, AT_FDCWD, mounted.path.c_str());
  }
}

std::optional<size_t> Scan::container_of(int dir, pid_t pid) {
  std::string place;
  const std::optional<NamedContainer> named = life::container_in(text_at(dir, "cgroup"), &place);
  if (!named) return {};
  places_[pid] = std::move(place);
  return life::container_named(*named, &view_);
}

void Scan::look_at(pid_t pid) {
  const sys::Fd dir = open(AT_FDCWD, cat("/proc/", pid).c_str(), O_RDONLY | O_DIRECTORY);
  NamespaceMember member;
  member.pid = member.process = pid;
  if (!dir || !look_at_kinds(dir.get(), &member)) return;
  const std::string status = text_at(dir.get(), "status");
  ProcessLevels levels = life::levels_in(status);
  if (levels.ns_pids.empty()) return;  // gone
  member.name = std::move(levels.name);
  member.ns_pids = std::move(levels.ns_pids);
  // Who is dying has no memory either. A process whose first thread has ended and others live is none that has ended.
  const std::string_view state = life::status_value(status, "State");
  const bool ended = state.starts_with('Z') || state.starts_with('X');
  member.zombie = ended && numbers_in(dir.get(), "task").size() <= 1;
  member.kernel = life::status_value(status, "VmSize").empty() && !ended;
  // It may have ended since its namespaces were looked at: the dead keep these two alone.
  for (size_t i = 0; member.zombie && i < kNamespaceKinds; ++i)
    if (const auto kind = static_cast<NamespaceKind>(i); kind != NamespaceKind::user && kind != NamespaceKind::pid)
      member.namespaces[i] = 0;
  member.container = container_of(dir.get(), pid);
  look_at_maps(dir.get(), member.namespaces[static_cast<size_t>(NamespaceKind::user)]);
  look_at_mounts(dir.get(), member.namespaces[static_cast<size_t>(NamespaceKind::mnt)]);
  look_at_births(dir.get(), member);
  look_at_descriptors(dir.get(), pid);
  if (life::status_value(status, "Threads") != "1") look_at_threads(dir.get(), member);
  view_.members.push_back(std::move(member));
}

void Scan::put_together(std::vector<NamespaceEntry>* entries) {
  std::unordered_map<uint64_t, NamespaceEntry*> by_id;
  for (NamespaceEntry& entry : *entries) by_id[entry.id] = &entry;
  std::unordered_map<pid_t, size_t> by_pid;
  for (size_t i = 0; i < view_.members.size(); ++i) by_pid[view_.members[i].pid] = i;
  for (size_t i = 0; i < view_.members.size(); ++i) {
    const NamespaceMember& member = view_.members[i];
    const auto process = by_pid.find(member.process);
    for (size_t kind = 0; kind < kNamespaceKinds; ++kind) {
      const uint64_t id = member.namespaces[kind];
      if (id == 0) continue;
      // Of a thread only that is worth a word in which it differs.
      if (member.pid != member.process && process != by_pid.end() &&
          view_.members[process->second].namespaces[kind] == id)
        continue;
      NamespaceEntry& entry = *by_id[id];
      (member.zombie ? entry.zombies : entry.members).push_back(i);
      if (!member.container || entry.first || entry.own) continue;
      if (std::find(entry.containers.begin(), entry.containers.end(), *member.container) == entry.containers.end())
        entry.containers.push_back(*member.container);
    }
  }
  for (const Later& later : later_) {
    const auto process = by_pid.find(later.pid);
    if (process == by_pid.end() || !by_id.contains(later.name.id)) continue;
    NamespaceEntry& entry = *by_id[later.name.id];
    (later.births ? entry.births : entry.open).push_back(process->second);
  }
}

// What was seen of a process that was gone the next moment has nothing that keeps it. What leads to others stays.
void drop_forsaken(std::vector<NamespaceEntry>* entries) {
  std::unordered_map<uint64_t, const NamespaceEntry*> by_id;
  for (const NamespaceEntry& entry : *entries) by_id[entry.id] = &entry;
  std::unordered_set<uint64_t> kept;
  std::vector<uint64_t> todo;
  for (const NamespaceEntry& entry : *entries)
    if (!entry.members.empty() || !entry.zombies.empty() || !entry.births.empty() || !entry.open.empty() ||
        !entry.mounts.empty())
      todo.push_back(entry.id);
  while (!todo.empty()) {
    const uint64_t id = todo.back();
    todo.pop_back();
    const auto found = by_id.find(id);
    if (found == by_id.end() || !kept.insert(id).second) continue;
    todo.push_back(found->second->owner);
    todo.push_back(found->second->parent);
  }
  std::erase_if(*entries, [&kept](const NamespaceEntry& entry) { return !kept.contains(entry.id); });
}

// The first namespaces have numbers that are part of the kernel's interface; those of net and mnt only since
// Linux 6.18.
bool is_first(const NamespaceEntry& entry, const NamespaceMember* init) {
  constexpr uint64_t kFirst[kNamespaceKinds] = {0xEFFFFFFD, 0xEFFFFFFC, 0xEFFFFFF8, 0xEFFFFFF9,
                                                0xEFFFFFFE, 0xEFFFFFFF, 0xEFFFFFFB, 0xEFFFFFFA};
  const auto kind = static_cast<size_t>(entry.kind);
  if (entry.id == kFirst[kind]) return true;
  const bool numbered = entry.kind != NamespaceKind::net && entry.kind != NamespaceKind::mnt;
  return !numbered && init != nullptr && init->namespaces[kind] == entry.id;
}

Result<NamespaceView> Scan::run(const std::vector<std::string>& roots) {
  // Before the processes: a container that is gone by then has none.
  const std::vector<life::KnownContainer> known = life::known_containers(roots);
  for (size_t i = 0; i < kNamespaceKinds; ++i) {
    int err = 0;
    const std::string path = cat("/proc/self/ns/", namespace_kind_name(static_cast<NamespaceKind>(i)));
    if (const std::optional<NamespaceName> own = name_at(AT_FDCWD, path.c_str(), &err)) own_[i] = own->id;
  }
  for (const pid_t pid : numbers_in(AT_FDCWD, "/proc")) look_at(pid);
  std::sort(view_.members.begin(), view_.members.end(),
            [](const NamespaceMember& a, const NamespaceMember& b) { return a.pid < b.pid; });
  if (wanted_ == 0) wanted_ = namespaces_.wanted();
  if (wanted_ != 0)
    return Error{"look at the processes in /proc", wanted_, "it takes about twenty descriptors: see `ulimit -n`"};
  for (const life::KnownContainer& one : known)
    if (one.stopped) view_.stopped.push_back({one.runtime, one.id, one.runtime});
  life::name_by_states(known, places_, own_[static_cast<size_t>(NamespaceKind::pid)], &view_);
  // kthreadd, which no other PID namespace has.
  const NamespaceMember* init = nullptr;
  for (const NamespaceMember& member : view_.members)
    if (member.pid == 2 && member.kernel) init = &member;
  std::vector<NamespaceEntry> entries = namespaces_.take();
  for (NamespaceEntry& entry : entries) {
    entry.first = is_first(entry, init);
    entry.own = own_[static_cast<size_t>(entry.kind)] == entry.id;
  }
  put_together(&entries);
  drop_forsaken(&entries);
  view_.namespaces = std::move(entries);
  return std::move(view_);
}

}  // namespace

Result<NamespaceView> list_namespaces(const std::vector<std::string>& roots) {
  if (::access("/proc/self/ns/user", F_OK) != 0)
    return Error{"look at /proc/self/ns", errno, "namespaces are seen by way of /proc: mount a procfs there"};
  return Scan().run(roots);
}

}  // namespace husk
