// Files of resctrl. Private to the room.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"

namespace husk::intelrdt {

// What the kernel says of a refused write, with it.
[[nodiscard]] Error explained(Error error, const std::string& root);

[[nodiscard]] std::string text_of(const std::string& path);  // without space around it; empty when not there
[[nodiscard]] uint64_t number_of(const std::string& path);   // 0 when not there
[[nodiscard]] bool is_directory(const std::string& path);

}  // namespace husk::intelrdt
