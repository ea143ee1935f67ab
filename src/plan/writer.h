// Encodes a plan as base/reader.h decodes it.
#pragma once

#include <span>
#include <string>
#include <type_traits>

#include "base/str.h"
#include "base/weakness.h"

namespace husk::plan {

class Writer {
 public:
  template <class T>
  Writer& operator()(const char* /*name*/, const T& value) {
    write(value);
    return *this;
  }

  template <class T>
  requires(std::is_integral_v<T> || std::is_enum_v<T>) void write(T value) {
    const auto raw = static_cast<uint64_t>(value);
    out_.append(reinterpret_cast<const char*>(&raw), sizeof raw);
  }
  void write(const Str& value) {
    write(weakened(Weakness::lengths_checked) ? value.size() & 0xffff : uint64_t{value.size()});
    out_.append(value.c_str(), value.size());
    out_.push_back('\0');
  }
  template <class T>
  void write(std::span<const T> list) {
    write(uint64_t{list.size()});
    for (const T& one : list) write(one);
  }
  template <class T>
  requires(std::is_class_v<T>&& requires(const T& t, Writer& w) { T::fields(t, w); }) void write(const T& value) {
    T::fields(value, *this);
  }

  [[nodiscard]] std::string take() { return std::move(out_); }
  void reserve(size_t size) { out_.reserve(size); }

 private:
  std::string out_;
};

}  // namespace husk::plan
