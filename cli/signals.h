// Signals by name.
#pragma once

#include <optional>
#include <string_view>

namespace husk::cli {

// "KILL", "sigkill", "9", "RTMIN+3", "SIGRTMAX-1": names with and without SIG, in any case, and numbers from 0 (which
// only asks whether there is a process) to 64. RTMIN is the C library's, 34.
[[nodiscard]] std::optional<int> signal_number(std::string_view text);

}  // namespace husk::cli
