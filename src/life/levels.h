// The text of /proc/PID/status. Pure.
#pragma once

#include <string_view>

#include "husk/husk.h"

namespace husk::life {

// What follows "key:\t", to the end of the line; empty: no such line.
[[nodiscard]] std::string_view status_value(std::string_view status, std::string_view key);

// What a process is called, and its pid in each PID namespace from that of the procfs to its own.
[[nodiscard]] ProcessLevels levels_in(std::string_view status);

}  // namespace husk::life
