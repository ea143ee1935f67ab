// What is asked of a filter that libseccomp has made. Private to the room.
#pragma once

#include <linux/filter.h>

#include <cstdint>
#include <span>
#include <vector>

namespace husk::seccomp {

// Whether no comparison that is meant for a system call looks at the architecture instead. See Compiler::lead().
[[nodiscard]] bool looks_at_calls(std::span<const sock_filter> program, const std::vector<uint32_t>& architectures);

}  // namespace husk::seccomp
