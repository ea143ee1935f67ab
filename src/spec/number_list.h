// Lists of CPUs and memory nodes as in cpuset(7): "0-3,7".
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace husk::spec {

struct NumberRange {
  uint32_t first = 0, last = 0;  // both included
};

// The highest number that is taken: more than any kernel can be built for.
inline constexpr uint32_t kMaxListed = 65535;

// Nothing when the text is not such a list or a number is above kMaxListed. Spaces around the parts and empty parts are
// allowed, as engines write them. An empty text is an empty list, one of nothing but spaces and commas is an error.
[[nodiscard]] std::optional<std::vector<NumberRange>> number_list(std::string_view text);

// How many different numbers the ranges name.
[[nodiscard]] uint32_t count_numbers(const std::vector<NumberRange>& ranges);

}  // namespace husk::spec
