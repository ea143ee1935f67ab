// husk ns run: a program in new namespaces.
#include <algorithm>
#include <charconv>

#include "cli/ns.h"

namespace husk::cli {

namespace {

struct Arguments : Kinds, ProgramArguments {
  std::vector<std::string> uid_map, gid_map;
  bool map_auto = false, no_map = false, no_proc = false;
  std::optional<std::string> hostname, propagation, monotonic, boottime;
};

template <auto Member>
constexpr Option run_option(const char* name, const char* help) {
  return option<Arguments, Member>(name, '\0', help);
}

constexpr Option kOptions[] = {
    run_option<&Arguments::user>("user", "a new user namespace, in which the caller is root"),
    run_option<&Arguments::pid>("pid", "a new pid namespace, whose first process is the program"),
    run_option<&Arguments::mnt>("mount", "a new mount namespace: what is mounted there is not seen outside"),
    run_option<&Arguments::net>("net", "a new network namespace, with lo up"),
    run_option<&Arguments::uts>("uts", "a new uts namespace: a hostname of its own"),
    run_option<&Arguments::ipc>("ipc", "a new ipc namespace: queues, segments and semaphores of its own"),
    run_option<&Arguments::cgroup>("cgroup", "a new cgroup namespace, with the caller's cgroup as its root"),
    run_option<&Arguments::time>("time", "a new time namespace"),
    run_option<&Arguments::all>("all", "new ones of all kinds"),
    run_option<&Arguments::uid_map>("uid-map", "user ids that are mapped, INSIDE:OUTSIDE[:COUNT]; may be repeated"),
    run_option<&Arguments::gid_map>("gid-map", "group ids that are mapped, likewise"),
    run_option<&Arguments::map_auto>("map-auto",
                                     "map the caller to root, and behind it all ids that are his in /etc/subuid"),
    run_option<&Arguments::no_map>("no-map", "write no maps: all ids are the overflow ids there"),
    run_option<&Arguments::hostname>("hostname", "hostname in the new uts namespace"),
    one_of("private slave shared unchanged",
           run_option<&Arguments::propagation>("propagation",
                                               "of mounts in the new mount namespace: private "
                                               "(default), slave, shared, or unchanged")),
    run_option<&Arguments::no_proc>("no-proc", "leave /proc as it is (else it is mounted anew with --pid and --mount)"),
    run_option<&Arguments::monotonic>("monotonic", "seconds by which the monotonic clock is ahead, with --time"),
    run_option<&Arguments::boottime>("boottime", "seconds by which the time since boot is ahead, with --time"),
    run_option<&Arguments::show>("show", "say who parent, child and init are, before and after each step"),
    run_option<&Arguments::wd>("wd", "directory that the program begins in"),
    run_option<&Arguments::preserve_fds>("preserve-fds", "pass N more descriptors to the program, beside 0, 1 and 2"),
    run_option<&Arguments::clear_env>("clear-env", "of the caller's environment, pass PATH, TERM and HOME alone"),
};

template <class T>
bool read_number(std::string_view text, T& to) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), to);
  return error == std::errc() && end == text.data() + text.size();
}

Status read_map(const char* option, const std::vector<std::string>& texts, std::vector<IdRange>& to) {
  for (const std::string& text : texts) {
    const size_t first = text.find(':');
    const size_t second = first == std::string::npos ? first : text.find(':', first + 1);
    const std::string_view all = text;
    IdRange range;
    const bool right =
        first != std::string::npos && read_number(all.substr(0, first), range.inside) &&
        read_number(all.substr(first + 1, second == std::string::npos ? second : second - first - 1), range.outside) &&
        (second == std::string::npos || read_number(all.substr(second + 1), range.size)) && range.size > 0;
    if (!right) return fail(0, "invalid --", option, ": \"", text, "\" (INSIDE:OUTSIDE[:COUNT], as in 0:100000:65536)");
    to.push_back(range);
  }
  return {};
}

Status read_seconds(const char* option, const std::optional<std::string>& text, std::optional<int64_t>& to) {
  if (!text) return {};
  int64_t seconds = 0;
  if (!read_number(std::string_view(*text).substr(text->starts_with('+') ? 1 : 0), seconds))
    return fail(0, "invalid --", option, ": \"", *text, "\" is no number of seconds");
  to = seconds;
  return {};
}

Status read_propagation(const std::optional<std::string>& given, bool mount, Propagation& to) {
  if (!given) return {};
  const std::string& text = *given;
  if (!mount) return fail(0, "--propagation needs a new mnt namespace (--mount)");
  if (text == "slave")
    to = Propagation::slave_mounts;
  else if (text == "shared")
    to = Propagation::shared_mounts;
  else if (text == "unchanged")
    to = Propagation::as_it_is;
  else if (text != "private")
    return fail(0, "invalid --propagation: ", text, " (known: private, slave, shared, unchanged)");
  return {};
}

Result<NsRun> complete(const Arguments& arguments, const Parsed& parsed) {
  NsRun run;
  run.kinds = kinds_of(arguments);
  HUSK_TRY(read_map("uid-map", arguments.uid_map, run.uid_map));
  HUSK_TRY(read_map("gid-map", arguments.gid_map, run.gid_map));
  HUSK_TRY(read_seconds("monotonic", arguments.monotonic, run.monotonic_offset));
  HUSK_TRY(read_seconds("boottime", arguments.boottime, run.boottime_offset));
  HUSK_TRY(read_propagation(arguments.propagation, arguments.mnt || arguments.all, run.propagation));
  const bool given = !(run.uid_map.empty() && run.gid_map.empty());
  if (arguments.no_map && given) return fail(0, "--no-map contradicts --uid-map and --gid-map");
  if (arguments.map_auto && (given || arguments.no_map))
    return fail(0, "--map-auto contradicts --uid-map, --gid-map and --no-map");
  if (arguments.hostname && arguments.hostname->empty()) return fail(0, "--hostname: an empty name is none");
  // What is given may say itself which kind it needs: that is better than the list of all.
  const bool needy = given || arguments.map_auto || arguments.hostname || arguments.monotonic || arguments.boottime;
  if (run.kinds.empty() && !needy)
    return Error{"no kind of namespace is named", 0,
                 "--user, --pid, --mount, --net, --uts, --ipc, --cgroup, --time, or --all"};
  run.unmapped = arguments.no_map;
  run.map_auto = arguments.map_auto;
  run.hostname = arguments.hostname.value_or("");
  run.mount_proc = !arguments.no_proc;
  HUSK_TRY(set_program(arguments, parsed.rest, run));
  return run;
}

Result<int> ns_run_main(const Command& self, const Globals& globals, const Log& log, std::span<char*> argv) {
  Arguments arguments;
  HUSK_LET(const Parsed parsed, read_arguments(self, argv, &arguments));
  if (parsed.help) return 0;
  HUSK_LET(const NsRun run, complete(arguments, parsed));
  HUSK_LET(const Environment env, make_environment(globals, log));
  return stay_with(log, [&] { return with_word_of_show(run, ns_run(env, run)); });
}

}  // namespace

constinit const Command ns_run_command = {
    "ns run",
    "run a program in new namespaces",
    "[--] [<program> [arguments]]",
    "The ns run command makes the namespaces that are named, runs the program (default: the\n"
    "caller's shell) in them, and ends as it does: with its status, or 128+n when it was ended by\n"
    "signal n. It is careful: mounts are private, /proc shows the new pid namespace, lo is up.\n\n"
    "A user without privileges names --user as well. With no maps given, root inside is the\n"
    "caller; more ids are mapped by newuidmap and newgidmap, as /etc/subuid and /etc/subgid\n"
    "allow: those that are named, or all that are his (--map-auto).\n\n"
    "    $ husk ns run --user --pid --mount --show -- ps\n\n"
    "The first process of a pid namespace is spared signals that it has no handler for.",
    kOptions,
    0,
    static_cast<size_t>(-1),
    ns_run_main,
    Order::args_first};

}  // namespace husk::cli
