#include "rooms/cgroup/words.h"

#include "base/result.h"

namespace husk::cgroup {

std::string_view take(std::string_view& rest, char separator) {
  const size_t end = rest.find(separator);
  const std::string_view out = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  return out;
}

bool is_below(std::string_view path, std::string_view top) {
  return path.starts_with(top) && (path.size() == top.size() || top == "/" || path[top.size()] == '/');
}

std::optional<std::string> clean_path(std::string_view path) {
  std::string out;
  while (!path.empty()) {
    const std::string_view part = take(path, '/');
    if (part == ".." || part.find('\n') != std::string_view::npos) return {};
    if (!part.empty() && part != ".") out += cat('/', part);
  }
  return out;
}

}  // namespace husk::cgroup
