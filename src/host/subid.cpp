#include "host/subid.h"

#include <charconv>

#include "host/files.h"
#include "host/lines.h"

namespace husk::host {
namespace {

constexpr size_t kMaxFile = 4 << 20;

bool parse(std::string_view text, uint32_t& out) {
  const char* end = text.data() + text.size();
  const auto [rest, err] = std::from_chars(text.data(), end, out);
  return err == std::errc() && rest == end;
}

// `wanted`: whose lines count.
template <class Wanted>
std::vector<IdRange> ranges_in(std::string_view text, const Wanted& wanted) {
  std::vector<IdRange> out;
  while (!text.empty()) {
    std::string_view line = take(text, '\n');
    const std::string_view owner = take(line, ':');
    if (owner.empty() || !wanted(owner)) continue;
    IdRange range;
    const std::string_view first = take(line, ':');
    if (!parse(first, range.first) || !parse(line, range.count) || range.count == 0) continue;
    if (uint64_t{range.first} + range.count > 0xffffffff) continue;
    out.push_back(range);
  }
  return out;
}

}  // namespace

std::vector<IdRange> id_ranges(std::string_view text, std::string_view name, uint32_t uid) {
  const std::string number = std::to_string(uid);
  return ranges_in(text, [&](std::string_view owner) { return owner == name || owner == number; });
}

std::vector<IdRange> all_id_ranges(std::string_view text) {
  return ranges_in(text, [](std::string_view /*owner*/) { return true; });
}

std::vector<IdRange> all_id_ranges_of(const char* file) {
  const Result<std::string> text = read_file(file, kMaxFile);
  return text.ok() ? all_id_ranges(*text) : std::vector<IdRange>();
}

std::string user_name(std::string_view passwd, uint32_t uid) {
  while (!passwd.empty()) {
    std::string_view line = take(passwd, '\n');
    const std::string_view name = take(line, ':');
    (void)take(line, ':');
    uint32_t number = 0;
    if (parse(take(line, ':'), number) && number == uid) return std::string(name);
  }
  return {};
}

std::string user_name(uint32_t uid) {
  const Result<std::string> text = read_file("/etc/passwd", kMaxFile);
  return text.ok() ? user_name(*text, uid) : std::string();
}

std::vector<IdRange> id_ranges_of(const char* file, uint32_t uid) {
  const Result<std::string> text = read_file(file, kMaxFile);
  return text.ok() ? id_ranges(*text, user_name(uid), uid) : std::vector<IdRange>();
}

}  // namespace husk::host
