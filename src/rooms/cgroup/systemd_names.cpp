// Names of units and where they put a container in the tree. Pure.
#include "rooms/cgroup/systemd.h"

namespace husk::cgroup {
namespace {

constexpr std::string_view kSlice = ".slice";
constexpr std::string_view kScope = ".scope";
constexpr size_t kLongestName = 255;

bool is_plain(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == ':' || c == '-' ||
         c == '_' || c == '.' || c == '\\';
}

bool is_unit_name(std::string_view name, std::string_view suffix) {
  if (name.size() > kLongestName || name.size() <= suffix.size() || !name.ends_with(suffix)) return false;
  for (size_t i = 0; i < name.size(); ++i)
    if (!is_plain(name[i]) && (name[i] != '@' || i == 0)) return false;
  return true;
}

// An id may have a character that a unit's name may not ('+'): "\x2b", as systemd writes such itself.
std::string escaped(std::string_view id) {
  constexpr char kHex[] = "0123456789abcdef";
  std::string out;
  for (const char c : id) {
    if (is_plain(c) && c != '\\')
      out.push_back(c);
    else
      out.append("\\x").append({kHex[static_cast<unsigned char>(c) >> 4], kHex[static_cast<unsigned char>(c) & 15]});
  }
  return out;
}

Error bad_path(std::string_view path) {
  return Error{cat("expected cgroupsPath to be of format \"slice:prefix:name\" for systemd cgroups, got \"", path,
                   "\" instead")};
}

}  // namespace

Result<Unit> plan_unit(std::string_view cgroups_path, const std::string& id, bool user) {
  Unit out;
  out.user = user;
  out.slice = user ? "user.slice" : "system.slice";
  if (cgroups_path.empty()) {
    out.name = cat("husk-", escaped(id), kScope);
  } else {
    const size_t first = cgroups_path.find(':');
    const size_t second = first == std::string_view::npos ? first : cgroups_path.find(':', first + 1);
    if (second == std::string_view::npos || cgroups_path.find(':', second + 1) != std::string_view::npos)
      return bad_path(cgroups_path);
    const std::string_view prefix = cgroups_path.substr(first + 1, second - first - 1);
    const std::string_view name = cgroups_path.substr(second + 1);
    if (first != 0) out.slice = cgroups_path.substr(0, first);
    if (name.ends_with(kSlice))
      return Error{
          cat("cgroupsPath \"", cgroups_path, "\": a container is a scope, and \"", name, "\" is the name of a slice")};
    out.name = cat(prefix, prefix.empty() ? "" : "-", name.empty() ? escaped(id) : std::string(name), kScope);
  }
  if (!is_unit_name(out.name, kScope))
    return Error{cat("\"", out.name, "\" is no name for a systemd unit"), 0,
                 "letters, digits and \":-_.\\\" only, and 255 of them at most; see systemd.unit(5)"};
  HUSK_TRY(slice_directory(out.slice));
  return out;
}

Result<std::string> slice_directory(std::string_view slice) {
  const Error invalid{cat("invalid slice name: ", slice), 0, "it is of the form \"a-b.slice\"; see systemd.slice(5)"};
  if (!is_unit_name(slice, kSlice)) return invalid;
  const std::string_view stem = slice.substr(0, slice.size() - kSlice.size());
  if (stem == "-") return std::string();
  if (stem.find('@') != std::string_view::npos || stem.front() == '-' || stem.back() == '-' ||
      stem.find("--") != std::string_view::npos)
    return invalid;
  std::string out;
  for (size_t end = stem.find('-');; end = stem.find('-', end + 1)) {
    out.append("/").append(stem.substr(0, end)).append(kSlice);
    if (end == std::string_view::npos) return out;
  }
}

}  // namespace husk::cgroup
