// Memory that is only ever taken, and given back all at once. The plan keeps its texts and lists in one, and init
// decodes the plan it received into one: no malloc, hence no lock, on that side.
#pragma once

#include <cstddef>
#include <cstring>
#include <new>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

#include "base/str.h"

namespace husk {

class Arena {
 public:
  Arena() = default;
  Arena(Arena&& other) noexcept
      : chunk_(std::exchange(other.chunk_, nullptr)),
        at_(std::exchange(other.at_, 0)),
        end_(std::exchange(other.end_, 0)) {}
  Arena& operator=(Arena&& other) noexcept {
    if (this != &other) {
      clear();
      chunk_ = std::exchange(other.chunk_, nullptr);
      at_ = std::exchange(other.at_, 0);
      end_ = std::exchange(other.end_, 0);
    }
    return *this;
  }
  Arena(const Arena&) = delete;
  Arena& operator=(const Arena&) = delete;
  ~Arena() { clear(); }

  // Zeroed memory of that size. Running out of memory ends the process: nothing sensible can follow.
  void* take(size_t size, size_t align);
  Str copy(std::string_view text) {
    char* to = static_cast<char*>(take(text.size() + 1, 1));
    if (!text.empty()) std::memcpy(to, text.data(), text.size());
    return {to, text.size()};
  }
  template <class T>
  std::span<T> array(size_t count) {
    static_assert(std::is_trivially_destructible_v<T>);
    T* first = static_cast<T*>(take(count * sizeof(T), alignof(T)));
    for (size_t i = 0; i < count; ++i) new (first + i) T();
    return {first, count};
  }
  template <class T, class Range>
  std::span<const T> list(const Range& from) {
    std::span<T> to = array<T>(from.size());
    size_t i = 0;
    for (const auto& one : from) to[i++] = T(one);
    return to;
  }
  // As execve(2) takes them: NULL-terminated, with room for `extra` more in front of the end.
  const char** argv(std::span<const Str> words, size_t extra = 0) {
    const std::span<const char*> to = array<const char*>(words.size() + extra + 1);
    for (size_t i = 0; i < words.size(); ++i) to[i] = words[i].c_str();
    return to.data();
  }

 private:
  struct Chunk {
    Chunk* next;
    size_t size;
  };
  void clear();

  Chunk* chunk_ = nullptr;
  size_t at_ = 0, end_ = 0;  // addresses inside the newest chunk
};

}  // namespace husk
