// Namespaces of the host, as far as the caller may look: who is in them, who owns them, what keeps them.
#pragma once

#include <husk/inspect.h>

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace husk {

enum class NamespaceKind : uint8_t { user, pid, mnt, net, uts, ipc, cgroup, time };
constexpr size_t kNamespaceKinds = 8;
const char* namespace_kind_name(NamespaceKind kind);  // as in /proc/PID/ns: "mnt"
std::optional<NamespaceKind> namespace_kind(std::string_view name);

// Whose a process is, by the name of its cgroup, or by the state of a runtime.
struct NamedContainer {
  std::string engine;   // "podman", "docker", "containerd" ...; the runtime where no engine is known
  std::string id;       // in full
  std::string runtime;  // "husk" or "runc", whose state directory has it; may be empty
  pid_t init = 0;       // its first process, where a state says it; 0: not known
};

// As it is told: engines' own ids are as long as they are random, and their beginning will do; what a person has chosen
// is told in full.
std::string short_id(const NamedContainer& container);

struct NamespaceMember {
  pid_t pid = 0;               // as the caller sees it; of a thread: its own number
  pid_t process = 0;           // the process that the thread is of; the same as pid otherwise
  std::string name;            // by the kernel: 15 characters at most
  std::vector<pid_t> ns_pids;  // in every PID namespace, from that of /proc to its own
  bool kernel = false;         // a thread of the kernel
  bool zombie = false;         // it has ended, and its parent has not waited for it
  std::array<uint64_t, kNamespaceKinds> namespaces = {};  // ids by kind; 0: not known
  std::optional<size_t> container;                        // in NamespaceView::containers
};

struct NamespaceMap {
  uint32_t inside = 0, outside = 0, count = 0;  // `outside` as the caller sees it
};

struct NamespaceMount {
  std::string path;
  uint64_t mnt = 0;  // the mount namespace that it is in
};

// Lists of members are places in NamespaceView::members.
struct NamespaceEntry {
  NamespaceKind kind = NamespaceKind::user;
  uint64_t id = 0;                       // the inode number, as lsns(8) and readlink(1) show it
  bool first = false;                    // the one that the kernel began with
  bool own = false;                      // the caller is in it
  uint64_t owner = 0;                    // user namespace; 0: none, or out of the caller's sight. So is the parent
  uint64_t parent = 0;                   // of user and pid
  std::optional<uint32_t> creator;       // of user: the uid that made it
  std::vector<NamespaceMap> uids, gids;  // of user
  std::vector<size_t> members;           // living processes, and threads that are elsewhere than their process
  std::vector<size_t> zombies;           // those that have ended in it and were not waited for
  std::vector<size_t> births;            // of pid and time: those whose children will be born in it
  std::vector<size_t> open;              // those that have it open
  std::vector<NamespaceMount> mounts;    // where it is mounted
  std::vector<size_t> containers;        // in NamespaceView::containers; none for the host's
};

struct NamespaceView {
  std::vector<NamespaceEntry> namespaces;  // by kind and id
  std::vector<NamespaceMember> members;    // by pid
  std::vector<NamedContainer> containers;
  std::vector<NamedContainer> stopped;  // those that the state of a runtime tells of, and whose first process has ended
  size_t hidden = 0;                    // processes that the caller may not look into

  [[nodiscard]] const NamespaceEntry* find(uint64_t id) const;
};

// Looks at /proc. What ends meanwhile is left out; what may not be read is left out and counted; too few descriptors
// are an error. `roots`: state directories of husk, beside the usual ones.
Result<NamespaceView> list_namespaces(const std::vector<std::string>& roots);

// What a word means: "net:[4026531840]"; the id of a namespace; a pid; the id of a container, or the beginning of one
// that an engine has drawn: then its first process. A number is looked for in this order; "pid:1234" and
// "container:1234" say what is meant.
struct NamespaceTarget {
  const NamespaceEntry* entry = nullptr;    // this one,
  const NamespaceMember* member = nullptr;  // or this one
  std::string also;                         // how to name what else it could be; empty: nothing else
};
Result<NamespaceTarget> find_in(const NamespaceView& view, std::string_view word);

// One object of that JSON array, or all of it.
std::string namespaces_json(const NamespaceView& view);
std::string namespace_json(const NamespaceView& view, const NamespaceEntry& entry);
// {"pid":1234,"nsPids":[1234,7],"name":"sh","namespaces":{"user":4026531837,...},"container":{...}}
std::string member_json(const NamespaceView& view, const NamespaceMember& member);

// All about one, and about a process, as text.
std::string describe_namespace(const NamespaceView& view, const NamespaceEntry& entry);
std::string describe_member(const NamespaceView& view, const NamespaceMember& member);

// The user namespaces with what each owns, and the PID namespaces with who is in them. `most`: of the processes of one
// namespace so many are named.
std::string draw_namespaces(const NamespaceView& view, Picture picture, size_t most);

}  // namespace husk
