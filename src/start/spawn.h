// From the calling process to husk-init, with nothing in between that a program with threads could trip over.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <span>

#include "base/result.h"
#include "sys/fd.h"

namespace husk::starting {

struct SpawnOptions {
  uint64_t namespaces = 0;  // CLONE_NEW*
  int cgroup = -1;          // v2 cgroup to be born in, or -1
  int preserve_fds = 0;     // 3 .. 3+n-1 are inherited too
  bool clone3 = true;
  std::span<const uint64_t> affinity;  // CPUs to begin on, as bits; empty: the caller's
};

struct Spawned {
  pid_t pid = -1;
  sys::Fd pidfd;  // empty without clone3
};

struct SocketPair {
  sys::Fd ours, theirs;
};
// `theirs` keeps clear of the numbers that are inherited.
Result<SocketPair> make_sockets(int preserve_fds);

// The new process has `socket`, and takes it as its end of the conversation.
Result<Spawned> spawn(const SpawnOptions& options, const sys::Fd& socket);

}  // namespace husk::starting
