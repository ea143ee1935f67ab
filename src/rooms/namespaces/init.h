#pragma once

#include "rooms/namespaces/steps.h"
#include "sys/fault.h"

namespace husk::namespaces {

// Joins what is to be joined: all files are opened and checked first (after the mount namespace has changed, /proc is
// another one), then each is entered as the caller; those that need the joined user namespace's privileges follow once
// it was entered; mount last. `witness`: a pidfd of the process in whose /proc the files are, or -1; it must be there
// still when all of them are open, so that they are not those of another process with its number.
// `on_join` is told of each that was entered.
struct OnJoin {
  void (*call)(void* whom, uint64_t type) = nullptr;
  void* whom = nullptr;
};
sys::Fault join_all(std::span<const Join> joins, int witness = -1, OnJoin on_join = {});

// Joins the namespaces `flags` of the process behind the pidfd with one call; by `joins` where the kernel cannot (Linux
// 5.8) or wants them one by one.
sys::Fault join_process(int pidfd, uint64_t flags, std::span<const Join> joins);

// The clocks' offsets of a time namespace that was just unshared: to be set before a process lives in it. The file was
// opened while we were dumpable and in no namespace of somebody else's.
sys::Fault set_clocks(std::span<const ClockOffset> clocks, int offsets_file);
inline constexpr Str kOffsetsFile = "/proc/self/timens_offsets";

sys::Fault apply(const UnshareCgroup& step);
sys::Fault apply(const Hostname& step);
sys::Fault apply(const Domainname& step);
sys::Fault apply(const Sysctl& step, int procfs);

}  // namespace husk::namespaces
