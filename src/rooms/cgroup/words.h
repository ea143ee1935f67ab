// Texts of the kernel's files, and paths as texts. Private to the room; pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "host/lines.h"

namespace husk::cgroup {

using host::take;

// Whether `path` is `top` or lies below it.
[[nodiscard]] bool is_below(std::string_view path, std::string_view top);

// "/a//./b/" is "/a/b"; "" and "/" are "". Nothing for one that goes up ("..") or has a line break in it, which the
// kernel takes in no name.
[[nodiscard]] std::optional<std::string> clean_path(std::string_view path);

}  // namespace husk::cgroup
