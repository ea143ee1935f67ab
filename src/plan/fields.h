// The members of a step as data, so that they can be printed without code for each kind of step and printer.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "base/str.h"

namespace husk::plan {

struct Field {
  enum class Kind { flag, number, text, list, group };
  const char* name = "";
  Kind kind = Kind::number;
  uint64_t number = 0;
  bool negative = false;  // `number` is a signed one below zero
  std::string text;
  std::vector<Field> parts;  // of a list (without names) or a group
};

class Fields {
 public:
  template <class T>
  Fields& operator()(const char* name, const T& value) {
    found_.push_back(field_of(name, value));
    return *this;
  }

  template <class S>
  static std::vector<Field> of(const S& step) {
    Fields fields;
    S::fields(step, fields);
    return std::move(fields.found_);
  }

 private:
  template <class T>
  static Field field_of(const char* name, const T& value) {
    Field out;
    out.name = name;
    if constexpr (std::is_same_v<T, bool>) {
      out.kind = Field::Kind::flag;
      out.number = value ? 1 : 0;
    } else if constexpr (std::is_integral_v<T>) {
      out.number = static_cast<uint64_t>(value);
      if constexpr (std::is_signed_v<T>) out.negative = value < 0;
    } else if constexpr (std::is_same_v<T, Str>) {
      out.kind = Field::Kind::text;
      out.text = value.view();
    } else if constexpr (requires { value.data(); }) {
      out.kind = Field::Kind::list;
      for (const auto& one : value) out.parts.push_back(field_of("", one));
    } else {
      out.kind = Field::Kind::group;
      out.parts = of(value);
    }
    return out;
  }

  std::vector<Field> found_;
};

}  // namespace husk::plan
