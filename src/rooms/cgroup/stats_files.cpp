#include "rooms/cgroup/stats_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <unistd.h>

#include <charconv>

#include "rooms/cgroup/tree.h"

namespace husk::cgroup {
namespace {

// "12.34": always two digits behind the point, which is all the kernel gives; they are per cents, so a few digits are
// enough. Not by strtod(3), which asks the locale of the program what a decimal point is.
double to_real(std::string_view text) {
  uint64_t hundredths = 0;
  constexpr uint64_t kEnough = 1'000'000'000;
  for (const char c : text)
    if (c >= '0' && c <= '9' && hundredths < kEnough) hundredths = hundredths * 10 + static_cast<uint64_t>(c - '0');
  return static_cast<double>(hundredths) / 100;
}

// avg10=0.00 avg60=0.00 avg300=0.00 total=0
PressureLine parse_pressure_line(std::string_view line) {
  PressureLine out;
  while (!line.empty()) {
    std::string_view value = take(line, ' ');
    const std::string_view key = take(value, '=');
    if (key == "avg10") out.avg10 = to_real(value);
    if (key == "avg60") out.avg60 = to_real(value);
    if (key == "avg300") out.avg300 = to_real(value);
    if (key == "total") out.total = to_number(value);
  }
  return out;
}

}  // namespace

uint64_t to_number(std::string_view text) {
  if (text.starts_with("max")) return UINT64_MAX;
  uint64_t out = 0;
  (void)std::from_chars(text.data(), text.data() + text.size(), out);
  return out;
}

StatFiles::StatFiles(const std::string& directory) : dir_(open_directory_at(AT_FDCWD, directory.c_str())) {}

bool StatFiles::has(const char* file) const {
  return dir_ && ::faccessat(dir_.get(), file, F_OK, 0) == 0;
}

std::string StatFiles::text(const std::string& file) const {
  std::string out;
  if (!dir_ || read_at(dir_.get(), file.c_str(), &out) != 0) out.clear();
  return out;
}

std::map<std::string, uint64_t> StatFiles::keyed(const std::string& file) const {
  const std::string all = text(file);
  std::map<std::string, uint64_t> out;
  for (std::string_view rest = all; !rest.empty();) {
    std::string_view value = take(rest, '\n');
    const std::string_view key = take(value, ' ');
    if (!key.empty() && !value.empty()) out.emplace(key, to_number(value));
  }
  return out;
}

std::optional<Pressure> StatFiles::pressure(const std::string& file) const {
  const std::string all = text(file);
  if (all.empty()) return {};
  Pressure out;
  for (std::string_view rest = all; !rest.empty();) {
    std::string_view line = take(rest, '\n');
    const std::string_view kind = take(line, ' ');
    if (kind == "some") out.some = parse_pressure_line(line);
    if (kind == "full") out.full = parse_pressure_line(line);
  }
  return out;
}

std::vector<std::string> StatFiles::page_sizes(std::string_view suffix) const {
  constexpr std::string_view prefix = "hugetlb.";
  std::vector<std::string> out;
  if (!dir_) return out;
  const int fd = open_directory_at(dir_.get(), ".");
  DIR* stream = fd < 0 ? nullptr : ::fdopendir(fd);
  if (stream == nullptr) {
    if (fd >= 0) (void)::close(fd);
    return out;
  }
  while (const dirent* entry = ::readdir(stream)) {
    std::string_view name = entry->d_name;
    if (!name.starts_with(prefix) || !name.ends_with(suffix) || name.size() <= prefix.size() + suffix.size()) continue;
    name.remove_prefix(prefix.size());
    name.remove_suffix(suffix.size());
    if (name.find('.') == std::string_view::npos) out.emplace_back(name);
  }
  (void)::closedir(stream);
  return out;
}

}  // namespace husk::cgroup
