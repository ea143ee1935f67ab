// husk ns demo: what a kind of namespace does, done now and seen from both sides. And husk ns probe, which is what the
// demo runs on the other side.
#include "cli/ns_demo.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>

#include "cli/ns.h"

namespace husk::cli {

namespace {

struct None {};

constexpr std::string_view kKnown = "user, pid, ipc, mnt, net, uts, cgroup, time";

std::vector<NsKind> nothing() {
  return {};
}
std::vector<NsKind> ipc_around() {
  return {NsKind::ipc};
}
std::vector<NsKind> mounts_around() {
  return {NsKind::mnt};
}

constexpr demo::Demo kDemos[] = {
    {"user", nothing, demo::demo_user},     {"pid", nothing, demo::demo_pid},   {"ipc", ipc_around, demo::demo_ipc},
    {"mnt", mounts_around, demo::demo_mnt}, {"net", nothing, demo::demo_net},   {"uts", nothing, demo::demo_uts},
    {"cgroup", nothing, demo::demo_cgroup}, {"time", nothing, demo::demo_time},
};

const demo::Demo* find_demo(std::string_view kind) {
  for (const demo::Demo& one : kDemos)
    if (one.kind == (kind == "mount" ? "mnt" : kind)) return &one;
  return nullptr;
}

Result<int> print_demo(const demo::Demo& demo) {
  HUSK_LET(const std::string text, demo.run());
  if (!print(text)) return fail(errno, "write to standard output");
  return 0;
}

bool may_make_namespaces() {
  constexpr unsigned kSysAdmin = 21;
  return (strtoull(demo::status_of(getpid(), "CapEff").c_str(), nullptr, 16) >> kSysAdmin & 1) != 0;
}

Result<int> ns_demo_main(const Command& self, const Globals& /*globals*/, const Log& log, std::span<char*> argv) {
  None none;
  HUSK_LET(const Parsed parsed, read_arguments(self, argv, &none));
  if (parsed.help) return 0;
  const demo::Demo* demo = find_demo(parsed.rest[0]);
  if (demo == nullptr)
    return Error{cat("no demo of \"", static_cast<const char*>(parsed.rest[0]), "\""), 0, std::string(kKnown)};
  // A user namespace around it lets anybody see it; the demo of user namespaces makes its own.
  NsRun around;
  around.kinds = demo->surroundings();
  if (!may_make_namespaces() && demo->kind != "user") around.kinds.insert(around.kinds.begin(), NsKind::user);
  if (around.kinds.empty()) return print_demo(*demo);
  HUSK_LET(const std::string husk, demo::own_program());
  std::string words[] = {husk, "ns", "probe", "--", std::string(demo->kind)};
  char* const list[] = {words[0].data(), words[1].data(), words[2].data(), words[3].data(), words[4].data()};
  HUSK_TRY(set_program({}, list, around));
  return stay_with(log, [&around] { return ns_run(Environment(), around); });
}

}  // namespace

// `ns probe KIND [WORD]`: leaves a mark, says that it is there, and looks when its standard input ends. `ns probe --
// KIND`: the whole demo, with what was to be around it.
Result<int> ns_probe(std::span<char* const> words) {
  if (words.size() == 3 && std::string_view(words[1]) == "--") {
    const demo::Demo* demo = find_demo(words[2]);
    return demo != nullptr ? print_demo(*demo) : Result<int>(fail(0, "no such demo"));
  }
  if (words.size() < 2) return fail(0, "no kind to probe");
  demo::leave_a_mark(words[1], words.size() > 2 ? words[2] : "");
  if (!print("\n")) return fail(errno, "write to standard output");
  char c = '\0';
  while (read(STDIN_FILENO, &c, 1) > 0) continue;
  std::string out;
  for (const demo::Fact& fact : demo::look(words[1])) out += cat(fact.name, '\t', fact.value, '\n');
  if (!print(out)) return fail(errno, "write to standard output");
  return 0;
}

constinit const Command ns_demo_command = {
    "ns demo",
    "show live what a kind of namespace does",
    "user|pid|ipc|mnt|net|uts|cgroup|time",
    "The ns demo command makes namespaces of the kind, looks at the same things from outside and\n"
    "from inside, prints both beside each other, and says in a sentence what the kernel did. It is\n"
    "all done when the command is called, and nothing outside is changed. A user without privileges\n"
    "sees it in a user namespace of his own, where the host allows that.",
    {},
    1,
    1,
    ns_demo_main};

}  // namespace husk::cli
