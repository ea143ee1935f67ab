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

}  // namespace husk::plan
