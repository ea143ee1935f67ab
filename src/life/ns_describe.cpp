// One namespace, or one process, in full.
#include <algorithm>

#include "husk/text.h"
#include "life/ns_words.h"

namespace husk {
namespace {

std::string row(std::string_view name, std::string_view value) {
  constexpr size_t kWidth = 12;
  return cat(name, std::string(kWidth - std::min(kWidth - 1, name.size()), ' '), value, "\n");
}

std::string related(const NamespaceView& view, const char* kind, uint64_t id) {
  const NamespaceEntry* entry = view.find(id);
  return cat(kind, " ", id, entry != nullptr && entry->first ? " (the first)" : "");
}

std::string map_rows(std::string_view name, const std::vector<NamespaceMap>& map) {
  std::string out;
  for (const NamespaceMap& line : map)
    out += row(out.empty() ? name : "",
               cat(line.inside, " is ", line.outside, ", ", line.count, line.count == 1 ? " id" : " ids"));
  return out;
}

std::string who(const NamespaceMember& member) {
  return cat(member.pid, " ", printable(member.name));
}

std::string member_rows(std::string_view name, const NamespaceView& view, const std::vector<size_t>& members) {
  std::string out = row(name, std::to_string(members.size()));
  for (const size_t i : members) {
    const NamespaceMember& member = view.members[i];
    std::string line = cat(life::level_words(member), "  ", printable(member.name));
    if (member.process != member.pid) line += cat(" (a thread of ", member.process, ")");
    out += row("", line);
  }
  return out;
}

}  // namespace

std::string describe_namespace(const NamespaceView& view, const NamespaceEntry& entry) {
  const char* kind = namespace_kind_name(entry.kind);
  std::string out =
      row("namespace", cat(kind, " ", entry.id, entry.first ? " (the first)" : "", entry.own ? " (yours)" : ""));
  if (entry.owner != 0 && entry.kind != NamespaceKind::user) out += row("owner", related(view, "user", entry.owner));
  if (entry.parent != 0) out += row("parent", related(view, kind, entry.parent));
  if (entry.creator) out += row("made by", cat("uid ", *entry.creator));
  out += map_rows("uids", entry.uids) + map_rows("gids", entry.gids);
  for (const size_t i : entry.containers) out += row("container", life::container_words(view.containers[i]));
  for (const NamespaceMount& mount : entry.mounts)
    out += row("mounted at", cat(printable(mount.path), " (in mnt ", mount.mnt, ")"));
  for (const size_t i : entry.births) out += row("children of", who(view.members[i]));
  for (const size_t i : entry.open) out += row("open in", who(view.members[i]));
  out += member_rows("processes", view, entry.members);
  if (!entry.zombies.empty()) out += member_rows("zombies", view, entry.zombies);
  return out;
}

std::string describe_member(const NamespaceView& view, const NamespaceMember& member) {
  std::string out = row("process", who(member));
  if (member.process != member.pid) out += row("a thread of", std::to_string(member.process));
  if (member.zombie) out += row("state", "zombie: it has ended, and its parent has not waited for it");
  out += row("pids", cat(life::level_words(member), member.ns_pids.size() > 1 ? "  (the innermost last)" : ""));
  if (member.container) out += row("container", life::container_words(view.containers[*member.container]));
  for (size_t i = 0; i < kNamespaceKinds; ++i) {
    const NamespaceEntry* entry = view.find(member.namespaces[i]);
    if (entry == nullptr) continue;
    std::vector<std::string> facts = life::facts_of(view, *entry);
    out += row(namespace_kind_name(entry->kind), cat(entry->id, facts.empty() ? "" : "  ", life::joined(facts, "; ")));
  }
  return out;
}

}  // namespace husk
