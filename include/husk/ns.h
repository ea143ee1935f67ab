// Programs in new namespaces, or in those of another process: what unshare(1) and nsenter(1) do, by the rooms that make
// containers.
#pragma once

#include <husk/husk.h>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace husk {

enum class NsKind { user, pid, mnt, net, uts, ipc, cgroup, time };
inline constexpr NsKind kNsKinds[] = {NsKind::user, NsKind::pid, NsKind::mnt,    NsKind::net,
                                      NsKind::uts,  NsKind::ipc, NsKind::cgroup, NsKind::time};
const char* ns_name(NsKind kind);  // as the file in /proc/PID/ns: "mnt"

// A part of a map of ids: `size` ids from `inside` on are those from `outside` on.
struct IdRange {
  uint32_t inside = 0, outside = 0, size = 1;
};

enum class Propagation { private_mounts, slave_mounts, shared_mounts, as_it_is };

// What both have. The program keeps the caller's session, terminal, umask and processors, and of its descriptors 0, 1
// and 2 and those that are to be preserved.
struct NsProgram {
  std::vector<std::string> args;  // never empty; looked for in PATH of `env`
  std::vector<std::string> env;   // "KEY=value", all of it
  std::string instead;            // of args[0], where there is no such file for the program; empty: nothing
  std::string cwd;                // where the program begins; empty: as a namespace that is joined makes it
  int preserve_fds = 0;           // descriptors from 3 on that it keeps
  // On descriptor 2: who the caller, the process that joins or unshares, and the one that becomes the program are after
  // each step. Needs /proc.
  bool show = false;
};

struct NsRun : NsProgram {
  std::vector<NsKind> kinds;  // that are new; at least one
  // Of a new user namespace. Empty: root inside is the caller. Whoever lacks CAP_SETUID and maps more than himself has
  // it done by newuidmap and newgidmap.
  std::vector<IdRange> uid_map, gid_map;
  bool map_auto = false;                                     // and all ids that /etc/subuid and /etc/subgid give him
  bool unmapped = false;                                     // no maps at all: everybody is the overflow id there
  std::string hostname;                                      // of a new uts namespace; empty: as outside
  Propagation propagation = Propagation::private_mounts;     // of all mounts in a new mnt namespace
  bool mount_proc = true;                                    // with new pid and mnt namespaces
  std::optional<int64_t> monotonic_offset, boottime_offset;  // seconds, of a new time namespace
};

struct NsEnter : NsProgram {
  std::string target;         // a pid, or the id of a container
  std::vector<NsKind> kinds;  // empty: all in which the target is not where the caller is
};

// The program runs in new namespaces. It is the caller's child (see Launched). On an error nothing is left behind.
Result<Launched> ns_run(const Environment& env, const NsRun& run);

// The program runs in namespaces of the target, and outside of its cgroup. A mnt namespace that is joined changes root
// and working directory to its root.
Result<Launched> ns_enter(const Environment& env, const NsEnter& enter);

}  // namespace husk
