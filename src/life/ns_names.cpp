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

std::optional<NamedContainer> in_path(std::string_view path) {
  std::optional<NamedContainer> out;
  std::string_view parent;
  while (!path.empty()) {
    const std::string_view part = host::take(path, '/');
    std::optional<NamedContainer> found = by_prefix(part);
    if (!found) found = by_colons(part);
    if (!found) found = by_parent(parent, part);
    if (found) out = std::move(found);
    parent = part;
  }
  return out;
}

}  // namespace

std::optional<NamedContainer> container_in(std::string_view cgroups) {
  while (!cgroups.empty()) {
    std::string_view line = host::take(cgroups, '\n');
    host::take(line, ':');
    host::take(line, ':');
    if (std::optional<NamedContainer> found = in_path(line)) return found;
  }
  return {};
}

}  // namespace husk::life
