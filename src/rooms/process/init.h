#pragma once

#include <span>

#include "base/arena.h"
#include "rooms/process/steps.h"
#include "sys/fault.h"
#include "sys/path.h"

namespace husk::process {

sys::Fault apply(const Keyring& step);
// Before anything is joined or made, and before we stop being dumpable: then the file is ours to write.
sys::Fault set_oom_score(int64_t value);
// The CPUs to run on, as bits; empty: all that our cgroup allows, whatever the caller is bound to. (Since Linux 6.2 the
// kernel keeps to what was once asked for, and does not widen it when a process changes its cgroup.)
sys::Fault set_affinity(std::span<const uint64_t> cpus);
sys::Fault apply(const Personality& step);
sys::Fault apply(const IoPriority& step);
sys::Fault apply(const Scheduler& step);
sys::Fault apply(const MemoryPolicy& step);
sys::Fault apply(const Umask& step);
sys::Fault apply(const NoNewPrivileges& step);
sys::Fault apply(const Credentials& step);
// `done`: an earlier try succeeded; set when this one does.
sys::Fault apply(const WorkingDirectory& step, bool& done);

// While on, a signal that would end any other process ends this one too: PID 1 is spared those it has no handler for.
void end_by_signals(bool on);

// What Program prepared and Exec starts: NULL-terminated, as execve(2) takes them.
struct Image {
  Str file;
  const char** args = nullptr;
  const char** env = nullptr;
};
sys::Fault apply(const Program& step, sys::RootDir root, Arena& arena, Image& image);
// Returns only when it failed.
sys::Fault apply(const Exec& step, const Image& image, Arena& arena);

}  // namespace husk::process
