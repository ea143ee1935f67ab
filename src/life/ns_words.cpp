// Words for namespaces.
#include "life/ns_words.h"

#include <algorithm>

#include "husk/text.h"

namespace husk {
namespace life {
namespace {

std::string range(uint32_t first, uint32_t count) {
  return count == 1 ? cat(first) : cat(first, "-", uint64_t{first} + count - 1);
}

bool is_identity(const std::vector<NamespaceMap>& map) {
  return map.size() == 1 && map[0].inside == 0 && map[0].outside == 0 && map[0].count == ~uint32_t{0};
}

const std::vector<size_t>& found_in(const std::unordered_map<uint64_t, std::vector<size_t>>& map, uint64_t id) {
  static const std::vector<size_t> none;
  const auto found = map.find(id);
  return found == map.end() ? none : found->second;
}

}  // namespace
}  // namespace life

std::string short_id(const NamedContainer& container) {
  constexpr size_t kWhole = 64, kShort = 12;
  return container.id.size() == kWhole ? container.id.substr(0, kShort) : container.id;
}

namespace life {

const std::vector<size_t>& NamespaceForest::children_of(uint64_t id) const {
  return found_in(children, id);
}

const std::vector<size_t>& NamespaceForest::owned_by(uint64_t id) const {
  return found_in(owned, id);
}

NamespaceForest forest_of(const NamespaceView& view) {
  std::unordered_map<uint64_t, NamespaceKind> kinds;
  for (const NamespaceEntry& entry : view.namespaces) kinds[entry.id] = entry.kind;
  const auto is = [&kinds](uint64_t id, NamespaceKind kind) {
    const auto found = kinds.find(id);
    return found != kinds.end() && found->second == kind;
  };
  NamespaceForest out;
  for (size_t i = 0; i < view.namespaces.size(); ++i) {
    const NamespaceEntry& entry = view.namespaces[i];
    const bool nested = entry.parent != entry.id && is(entry.parent, entry.kind);
    if (entry.kind == NamespaceKind::user || entry.kind == NamespaceKind::pid) {
      if (nested)
        out.children[entry.parent].push_back(i);
      else
        (entry.kind == NamespaceKind::user ? out.users : out.pids).push_back(i);
    }
    if (entry.kind == NamespaceKind::user) continue;
    if (is(entry.owner, NamespaceKind::user))
      out.owned[entry.owner].push_back(i);
    else
      out.strays.push_back(i);
  }
  return out;
}

std::string container_words(const NamedContainer& container) {
  const bool told = container.runtime.empty() || container.runtime == container.engine;
  return printable(cat(container.engine, " ", short_id(container), told ? "" : " by ", told ? "" : container.runtime));
}

std::string map_words(std::string_view what, const std::vector<NamespaceMap>& map) {
  constexpr size_t kMost = 4;
  if (is_identity(map)) return {};
  std::string out;
  for (size_t i = 0; i < map.size() && i < kMost; ++i)
    out += cat(i == 0 ? what : "", i == 0 ? " " : ", ", range(map[i].inside, map[i].count), " = ",
               range(map[i].outside, map[i].count));
  if (map.size() > kMost) out += cat(", and ", map.size() - kMost, " more");
  return out;
}

std::string level_words(const NamespaceMember& member) {
  std::string out;
  for (const pid_t pid : member.ns_pids) out += cat(out.empty() ? "" : " \xe2\x86\x92 ", pid);
  return out;
}

std::vector<std::string> facts_of(const NamespaceView& view, const NamespaceEntry& entry) {
  std::vector<std::string> out;
  if (entry.first) out.emplace_back("the first");
  if (entry.own) out.emplace_back("yours");
  if (entry.creator && !entry.first) out.push_back(cat("made by uid ", *entry.creator));
  for (const auto& [what, map] : {std::pair("uids", &entry.uids), std::pair("gids", &entry.gids)})
    if (std::string words = map_words(what, *map); !words.empty()) out.push_back(std::move(words));
  constexpr size_t kMost = 3;
  for (size_t i = 0; i < entry.containers.size() && i < kMost; ++i)
    out.push_back(container_words(view.containers[entry.containers[i]]));
  if (entry.containers.size() > kMost) out.push_back(cat("and ", entry.containers.size() - kMost, " more containers"));
  return out;
}

std::string keeper_words(const NamespaceView& view, const NamespaceEntry& entry) {
  const auto number = [](size_t n, const char* one, const char* more) { return cat(n, " ", n == 1 ? one : more); };
  const std::string dead = entry.zombies.empty() ? "" : number(entry.zombies.size(), "zombie", "zombies");
  if (const size_t count = entry.members.size(); count > 0)
    return cat(number(count, "process", "processes"), dead.empty() ? "" : " and ", dead);
  if (!dead.empty()) return cat("nobody in it but ", dead);
  if (!entry.mounts.empty()) return cat("nobody in it, mounted at ", printable(entry.mounts[0].path));
  const auto who = [&view](size_t i) { return cat(view.members[i].pid, " ", printable(view.members[i].name)); };
  if (!entry.births.empty()) return cat("nobody in it, for children of ", who(entry.births[0]));
  if (!entry.open.empty()) return cat("nobody in it, open in ", who(entry.open[0]));
  return "nobody in it that can be seen";
}

std::vector<size_t> named_members(const NamespaceView& view, const NamespaceEntry& entry, size_t most) {
  std::vector<size_t> out;
  for (const size_t i : entry.members)
    if (!view.members[i].kernel && out.size() < most) out.push_back(i);
  return out;
}

std::string joined(const std::vector<std::string>& words, std::string_view separator) {
  std::string out;
  for (const std::string& word : words) out += cat(out.empty() ? "" : separator, word);
  return out;
}

}  // namespace life
}  // namespace husk
