// husk ns list, tree and show: the namespaces that the host has.
#include <husk/ns_list.h>

#include <algorithm>
#include <cerrno>

#include "cli/command.h"
#include "cli/table.h"

namespace husk::cli {

namespace {

struct ListArguments {
  std::string format = "table";
  std::vector<std::string> kinds;
};

constexpr Option kListOptions[] = {
    one_of("table json", option<ListArguments, &ListArguments::format>("format", 'f', "table (default) or json")),
    one_of("user pid mnt net uts ipc cgroup time",
           option<ListArguments, &ListArguments::kinds>(
               "kind", 'k', "only this kind: user, pid, mnt, net, uts, ipc, cgroup or time (may be repeated)")),
};

struct TreeArguments {
  bool svg = false;
  int most = 10;
};

constexpr Option kTreeOptions[] = {
    option<TreeArguments, &TreeArguments::svg>("svg", '\0', "as a picture in SVG"),
    option<TreeArguments, &TreeArguments::most>("most", 'n',
                                                "how many processes of a namespace are named (default: 10)"),
};

struct ShowArguments {
  std::string format = "text";
};

constexpr Option kShowOptions[] = {
    one_of("text json", option<ShowArguments, &ShowArguments::format>("format", 'f', "text (default) or json")),
};

Result<NamespaceView> look(const Globals& globals, const Log& log) {
  std::vector<std::string> roots;
  if (!globals.root.empty()) {
    HUSK_LET(std::string root, state_root(globals));
    roots.push_back(std::move(root));
  }
  Result<NamespaceView> view = list_namespaces(roots);
  if (view.ok() && view->hidden > 0)
    log.write(Level::warning,
              view->hidden == 1
                  ? std::string("one process may not be looked into: its namespaces are left out")
                  : cat(view->hidden, " processes may not be looked into: their namespaces are left out"));
  return view;
}

Result<int> put_out(const std::string& text) {
  if (!print(text)) return fail(errno, "write to standard output");
  return 0;
}

std::string number_or_nothing(uint64_t id) {
  return id == 0 ? std::string("-") : std::to_string(id);
}

std::string container_of(const NamespaceView& view, const NamespaceEntry& entry) {
  std::string out;
  for (const size_t i : entry.containers)
    out += cat(out.empty() ? "" : ", ", view.containers[i].engine, ":", short_id(view.containers[i]));
  return out.empty() ? "-" : out;
}

// The first of its processes; else what keeps it.
std::string stands_for(const NamespaceView& view, const NamespaceEntry& entry) {
  const auto who = [&view](size_t i) { return cat(view.members[i].pid, " ", view.members[i].name); };
  if (!entry.members.empty()) return who(entry.members[0]);
  if (!entry.zombies.empty()) return cat(who(entry.zombies[0]), " (zombie)");
  if (!entry.mounts.empty()) return entry.mounts[0].path;
  if (!entry.births.empty()) return cat("for children of ", who(entry.births[0]));
  if (!entry.open.empty()) return cat("open in ", who(entry.open[0]));
  return "-";
}

std::string as_table(const NamespaceView& view) {
  Table table;
  table.add({"KIND", "ID", "OWNER", "PARENT", "UID", "PROCS", "CONTAINER", "PROCESS"});
  for (const NamespaceEntry& entry : view.namespaces)
    table.add({namespace_kind_name(entry.kind), std::to_string(entry.id), number_or_nothing(entry.owner),
               number_or_nothing(entry.parent), entry.creator ? std::to_string(*entry.creator) : "-",
               std::to_string(entry.members.size()), container_of(view, entry), stands_for(view, entry)});
  return table.text();
}

Result<int> list_main(const Command& self, const Globals& globals, const Log& log, std::span<char*> argv) {
  ListArguments arguments;
  HUSK_LET(const Parsed parsed, read_arguments(self, argv, &arguments));
  if (parsed.help) return 0;
  HUSK_LET(const Notation format, format_named(arguments.format, "table"));
  std::vector<NamespaceKind> kinds;
  for (const std::string& name : arguments.kinds) {
    const std::optional<NamespaceKind> kind = namespace_kind(name);
    if (!kind) return fail(0, "no kind of namespace: ", name, " (known: user, pid, mnt, net, uts, ipc, cgroup, time)");
    kinds.push_back(*kind);
  }
  HUSK_LET(NamespaceView view, look(globals, log));
  if (!kinds.empty())
    std::erase_if(view.namespaces, [&kinds](const NamespaceEntry& entry) {
      return std::find(kinds.begin(), kinds.end(), entry.kind) == kinds.end();
    });
  return put_out(format == Notation::json ? namespaces_json(view) + "\n" : as_table(view));
}

Result<int> tree_main(const Command& self, const Globals& globals, const Log& log, std::span<char*> argv) {
  TreeArguments arguments;
  HUSK_LET(const Parsed parsed, read_arguments(self, argv, &arguments));
  if (parsed.help) return 0;
  if (arguments.most < 0) return fail(0, "--most: ", arguments.most, " is no number of processes");
  HUSK_LET(const NamespaceView view, look(globals, log));
  return put_out(
      draw_namespaces(view, arguments.svg ? Picture::svg : Picture::text, static_cast<size_t>(arguments.most)));
}

Result<int> show_main(const Command& self, const Globals& globals, const Log& log, std::span<char*> argv) {
  ShowArguments arguments;
  HUSK_LET(const Parsed parsed, read_arguments(self, argv, &arguments));
  if (parsed.help) return 0;
  HUSK_LET(const Notation format, format_named(arguments.format));
  HUSK_LET(const NamespaceView view, look(globals, log));
  const bool json = format == Notation::json;
  HUSK_LET(const NamespaceTarget target, find_in(view, parsed.rest[0]));
  if (!target.also.empty())
    log.write(Level::warning,
              cat(static_cast<const char*>(parsed.rest[0]), " may be something else, too: ", target.also));
  if (target.entry != nullptr)
    return put_out(json ? namespace_json(view, *target.entry) + "\n" : describe_namespace(view, *target.entry));
  return put_out(json ? member_json(view, *target.member) + "\n" : describe_member(view, *target.member));
}

}  // namespace

constinit const Command ns_list_command = {
    "ns list",
    "list the namespaces of the host",
    "",
    "The ns list command shows every namespace that can be seen from /proc: those with processes\n"
    "(or single threads), those that are open or mounted somewhere, and those that are the owner\n"
    "or the parent of another. OWNER is the user namespace that it belongs to, PARENT the one\n"
    "around a user or PID namespace, UID who made a user namespace. Containers are known by the\n"
    "state of husk and runc, where it is root's or the caller's, and by the names that Podman,\n"
    "Docker, containerd and others give to cgroups: who may make cgroups may choose such a name,\n"
    "but not that of a container whose state is known. Zombies are not counted as processes. An\n"
    "ordinary user sees the namespaces of his own processes.",
    kListOptions,
    0,
    0,
    list_main};

constinit const Command ns_tree_command = {
    "ns tree",
    "draw which namespace belongs to which",
    "",
    "The ns tree command draws the user namespaces, each with all that it owns, and the PID\n"
    "namespaces with their processes: each with its pid at every level, the outermost first.\n\n"
    "    # husk ns tree --svg > namespaces.svg",
    kTreeOptions,
    0,
    0,
    tree_main};

constinit const Command ns_show_command = {
    "ns show",
    "show one namespace, or those of a process or container",
    "<namespace>|<pid>|<container-id>",
    "The ns show command shows all about the namespace with this id (\"4026531837\", or as\n"
    "readlink(1) has it: \"user:[4026531837]\"), its processes with their pids at every level; or\n"
    "the namespaces that a process is in, or the first process of a container. Of the long ids that\n"
    "engines give their containers the beginning will do.\n\n"
    "A number is the id of a namespace if there is such one, else a pid, else a container;\n"
    "\"pid:1234\" and \"container:1234\" say which is meant.",
    kShowOptions,
    1,
    1,
    show_main};

}  // namespace husk::cli
