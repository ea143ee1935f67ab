// Decodes what plan/writer.h encodes: integers as 8 bytes in the machine's order, texts as length, bytes and NUL,
// lists as count and elements. Both ends are the same build on the same machine; still nothing is read past the end,
// and whatever does not fit marks the reader as bad.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>
#include <type_traits>

#include "base/arena.h"
#include "base/str.h"

namespace husk {

class Reader {
 public:
  Reader(const char* data, size_t size, Arena& arena) : at_(data), end_(data + size), arena_(&arena) {}

  [[nodiscard]] bool bad() const { return bad_; }
  [[nodiscard]] bool done() const { return at_ == end_; }

  // One named member of a struct; the name is for printers, see plan/print.h.
  template <class T>
  Reader& operator()(const char* /*name*/, T& value) {
    read(value);
    return *this;
  }

  template <class T>
  requires(std::is_integral_v<T> || std::is_enum_v<T>) void read(T& value) {
    uint64_t raw = 0;
    if (!has(sizeof raw)) return;
    std::memcpy(&raw, at_, sizeof raw);
    at_ += sizeof raw;
    value = static_cast<T>(raw);
  }
  void read(Str& value) {
    uint64_t size = 0;
    read(size);
    if (bad_ || size >= left() || at_[size] != '\0') {
      bad_ = true;
      return;
    }
    value = Str(at_, size);  // stays in the buffer it came in
    at_ += size + 1;
  }
  template <class T>
  void read(std::span<const T>& value) {
    uint64_t count = 0;
    read(count);
    if (bad_ || count > left()) {  // every element takes at least one byte
      bad_ = true;
      return;
    }
    std::span<T> to = arena_->array<T>(count);
    for (T& one : to) read(one);
    value = to;
  }
  template <class T>
  requires(std::is_class_v<T>&& requires(T& t, Reader& r) { T::fields(t, r); }) void read(T& value) {
    T::fields(value, *this);
  }

 private:
  [[nodiscard]] size_t left() const { return static_cast<size_t>(end_ - at_); }
  bool has(size_t size) {
    if (bad_ || left() < size) bad_ = true;
    return !bad_;
  }

  const char* at_;
  const char* end_;
  Arena* arena_;
  bool bad_ = false;
};

}  // namespace husk
