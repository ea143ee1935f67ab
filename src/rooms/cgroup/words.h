// Texts of the kernel's files, and paths as texts. Private to the room; pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace husk::cgroup {

// Cuts what stands before `separator` off the front of `rest`; all of it, where there is none.
std::string_view take(std::string_view& rest, char separator);

// Whether `path` is `top` or lies below it.
[[nodiscard]] bool is_below(std::string_view path, std::string_view top);

// "/a//./b/" is "/a/b"; "" and "/" are "". Nothing for one that goes up ("..") or has a line break in it, which the
// kernel takes in no name.
[[nodiscard]] std::optional<std::string> clean_path(std::string_view path);

}  // namespace husk::cgroup
