// Engines do not agree on anything about a container but on this: its cgroup bears its id. So the cgroup's path is the
// one thing that tells of every engine's containers without asking the engine. A container inside a container has a
// path with two names: the last one is meant.
#include "life/ns_names.h"

#include <algorithm>

#include "host/lines.h"

namespace husk::life {
namespace {

struct Prefix {
  std::string_view text;
  std::string_view engine;
  bool scope;   // a unit of systemd, and nothing without ".scope"
  bool any_id;  // else an id is hexadecimal, and long
};

constexpr Prefix kPrefixes[] = {
    {"libpod-payload-", "podman", false, false},
    {"libpod-", "podman", false, false},
    {"docker-", "docker", true, false},
    {"cri-containerd-", "containerd", true, false},
    {"nerdctl-", "containerd", true, false},
    {"crio-", "cri-o", false, false},
    {"lxc.payload.", "lxc", false, true},
    {"machine-", "machine", true, true},
    {"husk-", "husk", true, true},
    {"runc-", "runc", true, true},
    {"crun-", "crun", true, true},
};

bool is_engine_id(std::string_view id) {
  constexpr size_t kShortest = 12;
  const auto hexadecimal = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); };
  return id.size() >= kShortest && std::all_of(id.begin(), id.end(), hexadecimal);
}

// systemd writes what a unit's name may not have as "\x2d".
std::string unescape_unit(std::string_view name) {
  const auto digit = [&](size_t at) {
    const char c = at < name.size() ? name[at] : ' ';
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
  };
  std::string out;
  for (size_t i = 0; i < name.size(); ++i) {
    if (name.substr(i).starts_with("\\x") && digit(i + 2) >= 0 && digit(i + 3) >= 0) {
      out += static_cast<char>(digit(i + 2) * 16 + digit(i + 3));
      i += 3;
    } else {
      out += name[i];
    }
  }
  return out;
}

std::optional<NamedContainer> by_prefix(std::string_view part) {
  const bool scope = part.ends_with(".scope");
  if (scope) part.remove_suffix(std::string_view(".scope").size());
  for (const Prefix& prefix : kPrefixes) {
    if (!part.starts_with(prefix.text) || (prefix.scope && !scope)) continue;
    const std::string_view id = part.substr(prefix.text.size());
    if (id.empty() || (!prefix.any_id && !is_engine_id(id))) continue;
    return NamedContainer{std::string(prefix.engine), scope ? unescape_unit(id) : std::string(id), ""};
  }
  return {};
}

// "kubepods-pod1.slice:cri-containerd:ID": what stands in a configuration for systemd, where a runtime made directories
// of it.
std::optional<NamedContainer> by_colons(std::string_view part) {
  const size_t last = part.rfind(':');
  if (last == std::string_view::npos || !is_engine_id(part.substr(last + 1))) return {};
  const size_t before = part.rfind(':', last - 1);
  if (before == std::string_view::npos || last == 0) return {};
  const std::string_view prefix = part.substr(before + 1, last - before - 1);
  const std::string id(part.substr(last + 1));
  if (prefix == "cri-containerd" || prefix == "nerdctl") return NamedContainer{"containerd", id, ""};
  if (prefix == "crio") return NamedContainer{"cri-o", id, ""};
  if (prefix == "docker") return NamedContainer{"docker", id, ""};
  if (prefix == "libpod") return NamedContainer{"podman", id, ""};
  return {};
}

// By the directory that it lies in.
std::optional<NamedContainer> by_parent(std::string_view parent, std::string_view part) {
  if (parent == "lxc" && !part.empty()) return NamedContainer{"lxc", std::string(part), ""};
  if (parent == "k8s.io" && !part.empty()) return NamedContainer{"containerd", std::string(part), ""};
  if (!is_engine_id(part)) return {};
  if (parent == "docker") return NamedContainer{"docker", std::string(part), ""};
  if (parent == "default" || parent == "moby") return NamedContainer{"containerd", std::string(part), ""};
  if (parent.starts_with("pod")) return NamedContainer{"kubernetes", std::string(part), ""};
  return {};
}

std::optional<NamedContainer> in_path(std::string_view path, std::string* place) {
  std::optional<NamedContainer> out;
  const std::string_view whole = path;
  std::string_view parent;
  while (!path.empty()) {
    const std::string_view part = host::take(path, '/');
    std::optional<NamedContainer> found = by_prefix(part);
    if (!found) found = by_colons(part);
    if (!found) found = by_parent(parent, part);
    if (found) {
      out = std::move(found);
      if (place != nullptr) *place = whole.substr(0, static_cast<size_t>(part.end() - whole.begin()));
    }
    parent = part;
  }
  return out;
}

}  // namespace

std::optional<NamedContainer> container_in(std::string_view cgroups, std::string* place) {
  while (!cgroups.empty()) {
    std::string_view line = host::take(cgroups, '\n');
    host::take(line, ':');
    host::take(line, ':');
    if (std::optional<NamedContainer> found = in_path(line, place)) return found;
  }
  return {};
}

size_t container_named(const NamedContainer& named, NamespaceView* view) {
  for (size_t i = 0; i < view->containers.size(); ++i)
    if (view->containers[i].engine == named.engine && view->containers[i].id == named.id) return i;
  view->containers.push_back(named);
  return view->containers.size() - 1;
}

namespace {

// Processes with a cgroup that is called as that of `one` is, but stands elsewhere.
void disown_others(const KnownContainer& one, const std::unordered_map<pid_t, std::string>& places,
                   NamespaceView* view) {
  const auto home = places.find(one.init);
  if (home == places.end()) return;
  for (NamespaceMember& member : view->members) {
    if (!member.container || view->containers[*member.container].id != one.id) continue;
    const auto place = places.find(member.process);
    if (place != places.end() && place->second != home->second) member.container.reset();
  }
}

}  // namespace

void name_by_states(const std::vector<KnownContainer>& known, const std::unordered_map<pid_t, std::string>& places,
                    uint64_t host, NamespaceView* view) {
  constexpr auto kPid = static_cast<size_t>(NamespaceKind::pid);
  for (const KnownContainer& one : known) disown_others(one, places, view);
  std::vector<bool> named(view->members.size());
  for (const KnownContainer& one : known) {
    uint64_t pid_namespace = 0;
    for (const NamespaceMember& member : view->members)
      if (one.own_pid_namespace && member.pid == one.init) pid_namespace = member.namespaces[kPid];
    if (pid_namespace == host) pid_namespace = 0;
    for (size_t i = 0; i < view->members.size(); ++i) {
      NamespaceMember& member = view->members[i];
      const bool is_in = member.process == one.init ||
                         (pid_namespace != 0 && member.namespaces[kPid] == pid_namespace) ||
                         std::binary_search(one.processes.begin(), one.processes.end(), member.process);
      if (!is_in || named[i]) continue;
      named[i] = true;
      if (!member.container || view->containers[*member.container].id != one.id)
        member.container = container_named({one.runtime, one.id, one.runtime}, view);
      NamedContainer& container = view->containers[*member.container];
      container.runtime = one.runtime;
      if (member.pid == one.init) container.init = one.init;
    }
  }
}

}  // namespace husk::life
