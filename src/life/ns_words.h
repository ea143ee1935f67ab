// What is said about a namespace, in the tree as in the picture; and the trees. Pure.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "husk/ns_list.h"

namespace husk::life {

// What is put before a word that may mean several things.
inline constexpr std::string_view kPidPrefix = "pid:", kContainerPrefix = "container:";

// Places in NamespaceView::namespaces, by id.
struct NamespaceForest {
  std::vector<size_t> users, pids;                             // those without a parent in the view
  std::unordered_map<uint64_t, std::vector<size_t>> children;  // of user and pid: of their own kind
  std::unordered_map<uint64_t, std::vector<size_t>> owned;     // by a user namespace: of the other kinds
  std::vector<size_t> strays;                                  // of the other kinds: nobody knows who owns them

  [[nodiscard]] const std::vector<size_t>& children_of(uint64_t id) const;
  [[nodiscard]] const std::vector<size_t>& owned_by(uint64_t id) const;
};
[[nodiscard]] NamespaceForest forest_of(const NamespaceView& view);

// "podman 0123456789ab"
[[nodiscard]] std::string container_words(const NamedContainer& container);
// "uids 0-9 = 1000-1009": nothing for the map of the first, in which all are themselves.
[[nodiscard]] std::string map_words(std::string_view what, const std::vector<NamespaceMap>& map);
// "1234 -> 7 -> 1"
[[nodiscard]] std::string level_words(const NamespaceMember& member);
// "first", "yours", "made by uid 1000", "podman 0123456789ab": what is worth a word.
[[nodiscard]] std::vector<std::string> facts_of(const NamespaceView& view, const NamespaceEntry& entry);
// "3 processes", or what keeps one that has none.
[[nodiscard]] std::string keeper_words(const NamespaceView& view, const NamespaceEntry& entry);
// Members that are to be named: no threads of the kernel, `most` of them.
[[nodiscard]] std::vector<size_t> named_members(const NamespaceView& view, const NamespaceEntry& entry, size_t most);
// Of a container (a place in NamespaceView::containers); null: no living one is in sight.
[[nodiscard]] const NamespaceMember* first_process(const NamespaceView& view, size_t container);
[[nodiscard]] std::string joined(const std::vector<std::string>& words, std::string_view separator);

[[nodiscard]] std::string namespaces_svg(const NamespaceView& view, size_t most);

}  // namespace husk::life
