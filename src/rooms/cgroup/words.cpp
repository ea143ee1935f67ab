#include "rooms/cgroup/words.h"

#include "base/result.h"

namespace husk::cgroup {

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
