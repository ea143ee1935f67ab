// The specification's names for actions, operators, architectures and flags. For the room, and for
// `features`, which lists them.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace husk::seccomp {

// SCMP_ACT_*; ERRNO and TRACE carry `data` (an errno, or what a tracer gets), the others ignore it. Nothing: no such
// action.
[[nodiscard]] std::optional<uint32_t> action_of(std::string_view name, uint32_t data);
[[nodiscard]] std::optional<int> operator_of(std::string_view name);  // scmp_compare
// SCMP_ARCH_*; 0: known to the specification, but not to the libseccomp husk is built with.
[[nodiscard]] std::optional<uint32_t> architecture_of(std::string_view name);
[[nodiscard]] std::optional<uint32_t> flag_of(std::string_view name);  // SECCOMP_FILTER_FLAG_*

}  // namespace husk::seccomp
