// Reading the numbers of one cgroup directory. Private to the room.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "rooms/cgroup/stats.h"
#include "rooms/cgroup/words.h"
#include "sys/fd.h"

namespace husk::cgroup {

// "max" is 2^64-1, what is no number (or negative) is 0.
[[nodiscard]] uint64_t to_number(std::string_view text);

class StatFiles {
 public:
  explicit StatFiles(const std::string& directory);

  [[nodiscard]] bool has(const char* file) const;
  [[nodiscard]] std::string text(const std::string& file) const;  // empty when it cannot be read
  [[nodiscard]] uint64_t number(const std::string& file) const { return to_number(text(file)); }
  // Files of lines "key value".
  [[nodiscard]] std::map<std::string, uint64_t> keyed(const std::string& file) const;
  [[nodiscard]] std::optional<Pressure> pressure(const std::string& file) const;
  // The sizes of huge pages that have limits here ("2MB"): those with a file hugetlb.SIZE`suffix`.
  [[nodiscard]] std::vector<std::string> page_sizes(std::string_view suffix) const;

 private:
  sys::Fd dir_;
};

}  // namespace husk::cgroup
