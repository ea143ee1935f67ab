// System calls newer than a profile. Private to the room.
#pragma once

#include <linux/filter.h>

#include <cstdint>
#include <vector>

#include "spec/types.h"

namespace husk::seccomp {

// Instructions to put in front of a filter: they answer ENOSYS to system calls above the highest number that the
// profile names, for each of `architectures` (SCMP_ARCH_*).
//
// A profile lists what its author knew of. What the kernel got later falls to the default action, mostly EPERM, and
// a C library that tries a new call first takes EPERM for an answer where ENOSYS would have made it try the old one.
// Empty when the default action lets calls through or is ENOSYS already.
[[nodiscard]] std::vector<sock_filter> enosys_stub(const spec::Seccomp& seccomp,
                                                   const std::vector<uint32_t>& architectures);

}  // namespace husk::seccomp
