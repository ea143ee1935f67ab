// Texts of /proc and of the kernel's file systems. Pure.
#pragma once

#include <string>
#include <string_view>

namespace husk::host {

// Cuts what stands before `separator` off the front of `rest`; all of it, where there is none.
std::string_view take(std::string_view& rest, char separator);

// mountinfo writes space, tab, newline and backslash as three octal digits: "\040".
[[nodiscard]] std::string unescape_mountinfo(std::string_view field);

}  // namespace husk::host
