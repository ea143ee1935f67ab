#include "cli/quantity.h"

#include <charconv>
#include <cmath>

namespace husk::cli {

namespace {

struct Unit {
  std::string_view name;
  double nanoseconds;
};

// "ms" before "m": the first that fits is taken. Both ways to write a micro sign: U+00B5 and the Greek letter.
constexpr Unit kUnits[] = {{"ns", 1},   {"us", 1e3}, {"\u00b5s", 1e3}, {"\u03bcs", 1e3},
                           {"ms", 1e6}, {"s", 1e9},  {"m", 60e9},      {"h", 3600e9}};
constexpr double kLimit = 9.2e18;  // 2^63

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}

// Digits with at most one point among them, off the front of `rest`. No exponents, no signs.
std::optional<double> take_number(std::string_view& rest) {
  size_t end = 0;
  size_t points = 0;
  size_t digits = 0;
  for (; end < rest.size() && (is_digit(rest[end]) || rest[end] == '.'); ++end)
    (rest[end] == '.' ? points : digits) += 1;
  if (digits == 0 || points > 1) return {};
  // By hand: what the C++ library brings along to read any double exactly is larger than all of this program's options.
  double out = 0;
  double unit = 0;  // of the next digit, once there was a point
  for (const char c : rest.substr(0, end)) {
    if (c == '.') {
      unit = 0.1;
    } else if (unit == 0) {
      out = out * 10 + (c - '0');
    } else {
      out += (c - '0') * unit;
      unit /= 10;
    }
  }
  rest.remove_prefix(end);
  return out;
}

Error bad_size(const std::string& text) {
  return fail(0, "invalid size: '", text, "'");
}

}  // namespace

std::optional<int64_t> parse_duration(std::string_view text) {
  bool negative = false;
  if (!text.empty() && (text.front() == '-' || text.front() == '+')) {
    negative = text.front() == '-';
    text.remove_prefix(1);
  }
  if (text == "0") return 0;
  if (text.empty()) return {};
  double sum = 0;
  while (!text.empty()) {
    const std::optional<double> n = take_number(text);
    if (!n) return {};
    const Unit* unit = nullptr;
    for (const Unit& u : kUnits)
      if (unit == nullptr && text.starts_with(u.name)) unit = &u;
    if (unit == nullptr) return {};
    text.remove_prefix(unit->name.size());
    sum += *n * unit->nanoseconds;
  }
  if (sum > kLimit) return {};
  const auto out = static_cast<int64_t>(std::llround(sum));
  return negative ? -out : out;
}

Result<int64_t> parse_size(const std::string& text) {
  constexpr std::string_view prefixes = "kmgtp";
  if (text == "-1") return -1;
  std::string_view rest = text;
  const std::optional<double> n = take_number(rest);
  if (!n) return bad_size(text);
  if (!rest.empty() && rest.front() == ' ') rest.remove_prefix(1);
  std::string suffix(rest);
  for (char& c : suffix)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  double scale = 1;
  std::string_view letters = suffix;
  if (!letters.empty() && prefixes.find(letters.front()) != std::string_view::npos) {
    scale = std::ldexp(1.0, 10 * static_cast<int>(prefixes.find(letters.front()) + 1));
    letters.remove_prefix(1);
    if (letters == "ib") letters.remove_prefix(2);
  }
  if (letters == "b") letters.remove_prefix(1);
  if (!letters.empty()) return fail(0, "invalid suffix: '", suffix, "'");
  const double bytes = *n * scale;
  if (bytes > kLimit) return bad_size(text);
  return static_cast<int64_t>(bytes);
}

std::optional<int64_t> parse_signed(std::string_view text) {
  if (text.starts_with('+') && text.size() > 1 && is_digit(text[1])) text.remove_prefix(1);
  int64_t out = 0;
  const auto done = std::from_chars(text.data(), text.data() + text.size(), out);
  if (done.ec != std::errc() || done.ptr != text.data() + text.size()) return {};
  return out;
}

std::optional<uint64_t> parse_unsigned(std::string_view text) {
  uint64_t out = 0;
  const auto done = std::from_chars(text.data(), text.data() + text.size(), out);
  if (done.ec != std::errc() || done.ptr != text.data() + text.size()) return {};
  return out;
}

}  // namespace husk::cli
