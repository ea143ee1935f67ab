#include "rooms/rootfs/idmap_option.h"

#include <algorithm>
#include <charconv>
#include <vector>

namespace husk::rootfs {
namespace {

using Mappings = std::vector<spec::IdMapping>;

// Takes what is in front of the next `separator` off `rest`.
std::string_view take(std::string_view& rest, char separator) {
  const size_t end = std::min(rest.find(separator), rest.size());
  const std::string_view out = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  return out;
}

bool number(std::string_view text, uint32_t& out) {
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, out);
  return error == std::errc() && stop == end;
}

// A range of the container's ids may lie in several ranges of the host's: then it is as many.
Status add_relative(spec::IdMapping range, const Mappings& container, std::string_view text, Mappings& out) {
  while (range.size > 0) {
    const auto has_it = [&range](const spec::IdMapping& m) {
      return range.host_id >= m.container_id && range.host_id - m.container_id < m.size;
    };
    const auto m = std::find_if(container.begin(), container.end(), has_it);
    if (m == container.end())
      return Error{cat("option idmap: \"", text, "\": the container has no id ", range.host_id), 0,
                   "a range with \"@\" is one of the ids that /linux/uidMappings and gidMappings give the container",
                   1};
    const uint32_t at = range.host_id - m->container_id;
    const uint32_t count = std::min(range.size, m->size - at);
    out.push_back({range.container_id, m->host_id + at, count});
    range = {range.container_id + count, range.host_id + count, range.size - count};
  }
  return {};
}

Status add_range(std::string_view text, const Mappings& container, Mappings& out) {
  std::string_view rest = text;
  const bool relative = rest.starts_with('@');
  if (relative) rest.remove_prefix(1);
  spec::IdMapping range;
  const bool good = number(take(rest, '-'), range.container_id) && number(take(rest, '-'), range.host_id) &&
                    number(rest, range.size) && range.size > 0 &&
                    range.size <= ~std::max(range.container_id, range.host_id);
  if (!good)
    return Error{cat("option idmap: invalid mapping \"", text, "\""), 0, "it is FIRST-THEN-COUNT, as in 0-1000-10", 1};
  if (relative) return add_relative(range, container, text, out);
  out.push_back(range);
  return {};
}

}  // namespace

Result<IdMaps> parse_idmap_option(std::string_view value, const spec::Linux& lx) {
  Mappings uids;
  Mappings gids;
  while (!value.empty()) {
    std::string_view part = take(value, ';');
    if (part.empty()) continue;
    const std::string_view kind = take(part, '=');
    if (kind != "uids" && kind != "gids")
      return Error{cat("option idmap: \"", kind, "\" is neither uids nor gids"), 0, {}, 1};
    const bool users = kind == "uids";
    while (!part.empty())
      HUSK_TRY(add_range(take(part, '#'), users ? lx.uid_mappings : lx.gid_mappings, users ? uids : gids));
  }
  if (uids.empty() || gids.empty()) return Error{"option idmap: needs both uids and gids, or neither", 0, {}, 1};
  return IdMaps{spec::map_text(uids), spec::map_text(gids)};
}

}  // namespace husk::rootfs
