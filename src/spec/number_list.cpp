#include "spec/number_list.h"

#include <algorithm>
#include <charconv>

namespace husk::spec {
namespace {

std::string_view trimmed(std::string_view s) {
  constexpr std::string_view kSpace = " \t\n";
  const size_t first = s.find_first_not_of(kSpace);
  if (first == std::string_view::npos) return {};
  return s.substr(first, s.find_last_not_of(kSpace) - first + 1);
}

std::optional<uint32_t> number(std::string_view s) {
  uint32_t n = 0;
  const char* end = s.data() + s.size();
  const auto [stop, ec] = std::from_chars(s.data(), end, n);
  if (ec != std::errc{} || stop != end || n > kMaxListed) return std::nullopt;
  return n;
}

std::optional<NumberRange> range(std::string_view s) {
  const size_t dash = s.find('-');
  const std::optional<uint32_t> first = number(s.substr(0, dash));
  const std::optional<uint32_t> last = dash == std::string_view::npos ? first : number(s.substr(dash + 1));
  if (!first || !last || *first > *last) return std::nullopt;
  return NumberRange{*first, *last};
}

}  // namespace

std::optional<std::vector<NumberRange>> number_list(std::string_view text) {
  std::vector<NumberRange> out;
  if (text.empty()) return out;
  while (!text.empty()) {
    const size_t comma = text.find(',');
    const std::string_view part = trimmed(text.substr(0, comma));
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
    if (part.empty()) continue;
    const std::optional<NumberRange> one = range(part);
    if (!one) return std::nullopt;
    out.push_back(*one);
  }
  if (out.empty()) return std::nullopt;
  return out;
}

uint32_t count_numbers(const std::vector<NumberRange>& ranges) {
  std::vector<NumberRange> sorted = ranges;
  std::sort(sorted.begin(), sorted.end(), [](const NumberRange& a, const NumberRange& b) { return a.first < b.first; });
  uint32_t count = 0;
  uint32_t next = 0;  // all below it are counted
  for (const NumberRange& r : sorted) {
    if (r.last < next) continue;
    count += r.last - std::max(r.first, next) + 1;
    next = r.last + 1;
  }
  return count;
}

}  // namespace husk::spec
