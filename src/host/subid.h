// Ranges of ids that were given to a user: /etc/subuid and /etc/subgid.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace husk::host {

struct IdRange {
  uint32_t first = 0;
  uint32_t count = 0;
};

// The ranges in such a file's text that are those of the user: lines with his name, or with his number in its place.
// Lines that are damaged count for nobody, as for newuidmap. Pure.
[[nodiscard]] std::vector<IdRange> id_ranges(std::string_view text, std::string_view name, uint32_t uid);

// The ranges of everybody in such a text. Pure.
[[nodiscard]] std::vector<IdRange> all_id_ranges(std::string_view text);
// Those of a file; none where it is not there.
[[nodiscard]] std::vector<IdRange> all_id_ranges_of(const char* file);

// The user's name in a text as that of /etc/passwd; empty: not there. Pure.
[[nodiscard]] std::string user_name(std::string_view passwd, uint32_t uid);

// The user's name on this host.
[[nodiscard]] std::string user_name(uint32_t uid);
// His ranges in /etc/subuid or /etc/subgid; none where it is not there.
[[nodiscard]] std::vector<IdRange> id_ranges_of(const char* file, uint32_t uid);

}  // namespace husk::host
