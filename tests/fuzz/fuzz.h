// What the fuzzers share. Each is one file with LLVMFuzzerTestOneInput(), which returns 0 whatever it is given, and
// aborts where a promise of the code under test is broken; the sanitizers do so for the rest.
//
// The first byte of an input chooses what it is fed to. It is a letter, and the rest is text wherever the thing itself
// is text, so that the files of a corpus can be read and written by hand.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <string_view>

#include "base/result.h"

namespace husk::fuzz {

inline void demand(bool holds, const char* promise, std::string_view about = "") {
  if (holds) return;
  fprintf(stderr, "fuzz: broken promise: %s\n%.*s\n", promise, static_cast<int>(about.size()), about.data());
  abort();
}

// Every error is a sentence; nothing empty is ever said to a user.
inline void demand_sentence(const Error& error) {
  demand(!error.text().empty(), "an error says something");
}
template <class T>
bool good(const Result<T>& result) {
  if (!result.ok()) demand_sentence(result.error());
  return result.ok();
}

// Takes an input to pieces.
class Input {
 public:
  Input(const uint8_t* data, size_t size) : rest_(reinterpret_cast<const char*>(data), size) {}
  explicit Input(std::string_view text) : rest_(text) {}

  [[nodiscard]] bool empty() const { return rest_.empty(); }
  [[nodiscard]] std::string_view rest() const { return rest_; }
  // 0 at the end.
  uint8_t byte() {
    if (rest_.empty()) return 0;
    const auto out = static_cast<uint8_t>(rest_.front());
    rest_.remove_prefix(1);
    return out;
  }
  template <class T>
  T number() {
    T out = 0;
    const std::string_view bytes = rest_.substr(0, sizeof out);
    std::memcpy(&out, bytes.data(), bytes.size());
    rest_.remove_prefix(bytes.size());
    return out;
  }
  std::string_view take(size_t size) {
    const std::string_view out = rest_.substr(0, size);
    rest_.remove_prefix(out.size());
    return out;
  }
  // Up to the separator, which goes too; else the rest.
  std::string_view part(char separator = '\n') {
    const std::string_view out = rest_.substr(0, rest_.find(separator));
    rest_.remove_prefix(std::min(out.size() + 1, rest_.size()));
    return out;
  }
  Input line() { return Input(part()); }
  Input until(std::string_view separator) {
    const std::string_view out = rest_.substr(0, rest_.find(separator));
    rest_.remove_prefix(std::min(out.size() + separator.size(), rest_.size()));
    return Input(out);
  }

 private:
  std::string_view rest_;
};

}  // namespace husk::fuzz
