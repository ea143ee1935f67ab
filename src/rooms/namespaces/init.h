#pragma once

#include "rooms/namespaces/steps.h"
#include "sys/fault.h"

namespace husk::namespaces {

// Joins what is to be joined: all files are opened and checked first (after the mount namespace has changed, /proc is
// another one), then each is entered as the caller; those that need the joined user namespace's privileges follow once
// it was entered; mount last.
sys::Fault join_all(std::span<const Join> joins);

// The clocks' offsets of a time namespace that was just unshared: to be set before a process lives in it. The file was
// opened while we were dumpable and in no namespace of somebody else's.
sys::Fault set_clocks(std::span<const ClockOffset> clocks, int offsets_file);
inline constexpr Str kOffsetsFile = "/proc/self/timens_offsets";

sys::Fault apply(const UnshareCgroup& step);
sys::Fault apply(const Hostname& step);
sys::Fault apply(const Domainname& step);
sys::Fault apply(const Sysctl& step, int procfs);

}  // namespace husk::namespaces
