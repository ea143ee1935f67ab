#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace husk::plan {

// The names of the namespaces whose CLONE_NEW* are in `flags`, as in /proc/PID/ns.
[[nodiscard]] std::vector<std::string> namespace_names(uint64_t flags);

// The names of the bits of a step's member, if that is a mask: bits_of("mount", "attrSet", 6) is {"nosuid", "nodev"}.
[[nodiscard]] std::optional<std::vector<std::string>> bits_of(std::string_view op, std::string_view field,
                                                              uint64_t mask);

// The letter of a device's type, as mknod(1) has it ("c", "b", "p"), or null where the member is something else.
[[nodiscard]] const char* type_of(std::string_view op, std::string_view field, uint64_t number);

// As /proc/PID/timens_offsets has it.
[[nodiscard]] const char* clock_name(int64_t clock);

}  // namespace husk::plan
