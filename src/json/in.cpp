#include "json/in.h"

#include <algorithm>
#include <charconv>

#include "base/weakness.h"

namespace husk::json {
namespace {

void refuse_range(const In& in, std::string_view min, std::string_view max) {
  constexpr size_t kLongest = 40;
  const std::string_view text = in.value().text();
  in.fail(text.substr(0, kLongest), text.size() > kLongest ? "..." : "", " is out of range (", min, "..", max, ")");
}

// What from_chars makes of the number; false, and an error, if it is none or not a whole one. `out` is clear if the
// number is beyond its type.
template <class T>
bool whole_number(const In& in, std::optional<T>& out) {
  if (in.value().kind() != Kind::number) {
    in.fail("expected an integer, found ", kind_name(in.value().kind()));
    return false;
  }
  const std::string_view text = in.value().text();
  if (text.find_first_of(".eE") != std::string_view::npos) {
    in.fail("expected an integer, found ", text.substr(0, 40));
    return false;
  }
  T n = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), n);
  if (ec == std::errc{} && end == text.data() + text.size()) out = n;
  return true;
}

}  // namespace

bool In::expect(Kind kind) const {
  if (value_.kind() == kind) return true;
  fail("expected ", kind_name(kind), ", found ", kind_name(value_.kind()));
  return false;
}

std::optional<In> In::at(std::string_view name) const {
  if (!ok() || !expect(Kind::object)) return std::nullopt;
  std::optional<Value> member = value_.member(name);
  if (!member && failure_->any_case) member = value_.member_any_case(name);
  if (!member || member->kind() == Kind::null) return std::nullopt;
  return In(*member, *failure_);
}

void In::missing(std::string_view name) const {
  if (!ok()) return;
  std::string pointer = value_.pointer();
  append_token(pointer, name);
  fail_at(std::move(pointer), "missing");
}

size_t In::size() const {
  size_t n = 0;
  for ([[maybe_unused]] const Value v : value_.children()) ++n;
  return n;
}

// One place, one fault. What is said of a part of what could not be read is but a consequence, and so is what is said
// of the whole afterwards.
void In::fail_at(std::string pointer, const std::string& sentence) const {
  if (failure_->all == nullptr) {
    failure_->first = Error{cat(place(pointer), ": ", sentence), 0, {}};
    return;
  }
  std::vector<Fault>& all = *failure_->all;
  const auto said = [&pointer](const Fault& fault) {
    return is_in(fault.pointer, pointer) || is_in(pointer, fault.pointer);
  };
  if (std::none_of(all.begin(), all.end(), said)) all.push_back({std::move(pointer), sentence});
}

bool is_in(std::string_view pointer, std::string_view whole) {
  return pointer.starts_with(whole) && (pointer.size() == whole.size() || pointer[whole.size()] == '/');
}

void read(const In& in, bool& out) {
  if (in.expect(Kind::boolean)) out = in.value().truth();
}

void read(const In& in, std::string& out) {
  if (!in.expect(Kind::string)) return;
  const std::string_view text = in.value().text();
  if (text.find('\0') != std::string_view::npos && !weakened(Weakness::lengths_checked)) {
    in.fail("string contains a NUL byte");
  } else {
    out = text;
  }
}

void read_key(const In& in, std::string& out) {
  const std::string_view key = in.value().key();
  if (key.find('\0') != std::string_view::npos) {
    in.fail("key contains a NUL byte");
  } else {
    out = key;
  }
}

void read(const In& in, std::vector<std::pair<std::string, std::string>>& out) {
  if (!in.expect(Kind::object)) return;
  in.each([&out](const In& member) {
    auto& [key, value] = out.emplace_back();
    read_key(member, key);
    if (member.value().kind() != Kind::null) read(member, value);
  });
}

int64_t read_signed(const In& in, int64_t min, int64_t max) {
  std::optional<int64_t> n;
  if (!whole_number(in, n)) return 0;
  if (n && *n >= min && *n <= max) return *n;
  refuse_range(in, std::to_string(min), std::to_string(max));
  return 0;
}

uint64_t read_unsigned(const In& in, uint64_t max) {
  std::optional<uint64_t> n;
  if (!whole_number(in, n)) return 0;
  if (n && *n <= max) return *n;
  refuse_range(in, "0", std::to_string(max));
  return 0;
}

}  // namespace husk::json
