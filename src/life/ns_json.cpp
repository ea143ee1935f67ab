// Namespaces as JSON.
#include "husk/ns_list.h"
#include "json/writer.h"

namespace husk {
namespace {

using json::Writer;

void write_pids(Writer& w, std::string_view name, const NamespaceView& view, const std::vector<size_t>& members) {
  w.key(name).begin_array();
  for (const size_t i : members) w.number(static_cast<int32_t>(view.members[i].pid));
  w.end_array();
}

void write_container(Writer& w, const NamedContainer& container) {
  w.begin_object().member("engine", container.engine).member("id", container.id);
  if (!container.runtime.empty()) w.member("runtime", container.runtime);
  w.end_object();
}

void write_levels(Writer& w, const NamespaceView& view, const NamespaceMember& member) {
  w.member("pid", static_cast<int32_t>(member.pid));
  if (member.process != member.pid) w.member("threadOf", static_cast<int32_t>(member.process));
  if (member.zombie) w.member("zombie", true);
  w.key("nsPids").begin_array();
  for (const pid_t pid : member.ns_pids) w.number(static_cast<int32_t>(pid));
  w.end_array().member("name", member.name);
  if (member.container) {
    w.key("container");
    write_container(w, view.containers[*member.container]);
  }
}

void write_members(Writer& w, std::string_view name, const NamespaceView& view, const std::vector<size_t>& members) {
  w.key(name).begin_array();
  for (const size_t i : members) {
    w.begin_object();
    write_levels(w, view, view.members[i]);
    w.end_object();
  }
  w.end_array();
}

void write_map(Writer& w, std::string_view name, const std::vector<NamespaceMap>& map) {
  w.key(name).begin_array();
  for (const NamespaceMap& line : map)
    w.begin_object()
        .member("containerID", line.inside)
        .member("hostID", line.outside)
        .member("size", line.count)
        .end_object();
  w.end_array();
}

void write_user(Writer& w, const NamespaceEntry& entry) {
  if (entry.creator) w.member("creator", *entry.creator);
  write_map(w, "uidMappings", entry.uids);
  write_map(w, "gidMappings", entry.gids);
}

void write_keepers(Writer& w, const NamespaceView& view, const NamespaceEntry& entry) {
  if (!entry.births.empty()) write_pids(w, "forChildrenOf", view, entry.births);
  if (!entry.open.empty()) write_pids(w, "openIn", view, entry.open);
  if (entry.mounts.empty()) return;
  w.key("mounts").begin_array();
  for (const NamespaceMount& mount : entry.mounts)
    w.begin_object().member("path", mount.path).member("mnt", mount.mnt).end_object();
  w.end_array();
}

void write(Writer& w, const NamespaceView& view, const NamespaceEntry& entry) {
  w.begin_object().member("kind", namespace_kind_name(entry.kind)).member("id", entry.id);
  if (entry.first) w.member("first", true);
  if (entry.own) w.member("own", true);
  if (entry.owner != 0) w.member("owner", entry.owner);
  if (entry.parent != 0) w.member("parent", entry.parent);
  if (entry.kind == NamespaceKind::user) write_user(w, entry);
  write_members(w, "processes", view, entry.members);
  if (!entry.zombies.empty()) write_members(w, "zombies", view, entry.zombies);
  if (!entry.containers.empty()) {
    w.key("containers").begin_array();
    for (const size_t i : entry.containers) write_container(w, view.containers[i]);
    w.end_array();
  }
  write_keepers(w, view, entry);
  w.end_object();
}

}  // namespace

std::string namespace_json(const NamespaceView& view, const NamespaceEntry& entry) {
  Writer w(json::Style::pretty, "  ");
  write(w, view, entry);
  return w.take();
}

std::string namespaces_json(const NamespaceView& view) {
  Writer w(json::Style::pretty, "  ");
  w.begin_object().key("namespaces").begin_array();
  for (const NamespaceEntry& entry : view.namespaces) write(w, view, entry);
  w.end_array().member("hiddenProcesses", static_cast<uint64_t>(view.hidden)).end_object();
  return w.take();
}

std::string member_json(const NamespaceView& view, const NamespaceMember& member) {
  Writer w(json::Style::pretty, "  ");
  w.begin_object();
  write_levels(w, view, member);
  w.key("namespaces").begin_object();
  for (size_t i = 0; i < kNamespaceKinds; ++i)
    if (member.namespaces[i] != 0) w.member(namespace_kind_name(static_cast<NamespaceKind>(i)), member.namespaces[i]);
  w.end_object().end_object();
  return w.take();
}

}  // namespace husk
