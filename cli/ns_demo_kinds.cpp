// The demos that need one child and a look from both sides.
#include <fcntl.h>
#include <sched.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>

#include "cli/ns_demo.h"

namespace husk::cli::demo {

namespace {

// Asked before the parent looks, so that what the child did is done.
Result<std::string> both_sides(const char* kind, NsRun run, std::string_view why) {
  leave_a_mark(kind, "parent");
  HUSK_LET(Side child, Side::begin({kind, "child"}, in_new(std::move(run))));
  HUSK_LET(Facts inside, child.facts());
  return table({{"parent", look(kind)}, {"child", std::move(inside)}}) + sentence(why);
}

NsRun with(std::vector<NsKind> kinds) {
  NsRun run;
  run.kinds = std::move(kinds);
  return run;
}

// As the parent sees the process.
void add_outside_view(Facts& facts, pid_t pid) {
  const std::string ids = status_of(pid, "Uid");
  facts.push_back({"uid as the parent sees it", ids.substr(0, ids.find(' '))});
}

// Of a process that has made a user namespace, written no map, and run no other program since.
Result<std::string> capabilities_before_execve() {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) < 0) return fail(errno, "make a pipe");
  const pid_t pid = fork();
  if (pid == 0) {
    const bool made = unshare(CLONE_NEWUSER) == 0;
    const std::string text = made ? status_of(getpid(), "CapEff") : cat("not to be had: ", errno_text(errno));
    _exit(write(ends[1], text.data(), text.size()) < 0 ? 1 : 0);
  }
  (void)close(ends[1]);
  char text[128];
  const ssize_t size = pid < 0 ? 0 : read(ends[0], text, sizeof text);
  (void)close(ends[0]);
  if (pid > 0) (void)waitpid(pid, nullptr, 0);
  if (size <= 0) return fail(0, "a process in a user namespace has said nothing");
  return std::string(text, static_cast<size_t>(size));
}

}  // namespace

Result<std::string> demo_user() {
  const NsRun mapped_run = with({NsKind::user});
  NsRun bare_run = mapped_run;
  bare_run.unmapped = true;
  HUSK_LET(Side bare, Side::begin({"user"}, in_new(bare_run)));
  HUSK_LET(Side mapped, Side::begin({"user"}, in_new(mapped_run)));
  HUSK_LET(Side joined, Side::begin({"user"}, in_those_of(mapped.pid(), {NsKind::user})));
  HUSK_LET(Side nested,
           Side::begin_below({"--user", "--uid-map", "1000:0", "--gid-map", "1000:0"}, {"user"}, in_new(mapped_run)));
  Facts parent = look("user");
  add_outside_view(parent, getpid());
  std::vector<Column> columns = {{"parent", std::move(parent)}};
  const struct {
    const char* heading;
    Side& side;
  } sides[] = {{"child, no map", bare},
               {"child, mapped", mapped},
               {"joined by setns", joined},
               {"nested in a mapped one", nested}};
  for (const auto& one : sides) {
    Facts outside;
    add_outside_view(outside, one.side.pid());
    HUSK_LET(Facts facts, one.side.facts());
    facts.push_back(outside[0]);
    columns.push_back({one.heading, std::move(facts)});
  }
  std::string out;
  HUSK_LET(std::string before, capabilities_before_execve());
  const Facts capabilities = {{"before execve", std::move(before)},
                              {"after it, as uid 65534", value_of(columns[1].facts, "capabilities")}};
  for (size_t i = 1; i < columns.size(); ++i) out += cat(i == 1 ? "" : "\n", table({columns[0], columns[i]}));
  return out + "\n" + table({{"capabilities without a map", capabilities}}) +
         sentence(
             "The kernel keeps one id for each process and translates it whenever somebody asks: what no map of the "
             "namespace has is shown as the overflow id 65534, what joined it is seen as its map says, and a nested "
             "namespace maps ids of the one around it. Whoever makes a user namespace has all capabilities in it, with "
             "a map "
             "or without; it is execve that takes them, unless his uid there is 0: so the programs that ran here as "
             "65534 and as 1000 have none.");
}

Result<std::string> demo_ipc() {
  return both_sides("ipc", with({NsKind::ipc}),
                    "The kernel keeps a table of queues, segments and semaphores for each ipc namespace and looks a "
                    "key up in the caller's alone; when the last process is gone, so is all that is in it.");
}

Result<std::string> demo_net() {
  return both_sides(
      "net", with({NsKind::net}),
      "A new network namespace has one interface, lo, which the kernel makes and leaves down (husk has set "
      "it up); devices, addresses, routes, ports and firewall rules of the parent are not in it.");
}

Result<std::string> demo_uts() {
  NsRun run = with({NsKind::uts});
  run.hostname = "husk-demo";
  return both_sides("uts", run,
                    "The kernel has copied the parent's names into the new namespace; sethostname(2) then changed the "
                    "copy, and the parent's is what it was.");
}

Result<std::string> demo_cgroup() {
  return both_sides("cgroup", with({NsKind::cgroup}),
                    "Both processes are in the same cgroup: the kernel cuts what the child is told at the root of its "
                    "cgroup namespace, which is where its creator was.");
}

Result<std::string> demo_time() {
  NsRun run = with({NsKind::time});
  constexpr int64_t kDay = 86400;
  run.monotonic_offset = kDay;
  run.boottime_offset = 100 * kDay;
  return both_sides(
      "time", run,
      "The kernel adds the offsets of the namespace (here a day, and a hundred) to the clocks that count "
      "from boot whenever they are read; the time of day is everybody's. They are written before the first "
      "process is born in it, since no clock may jump under one that runs.");
}

}  // namespace husk::cli::demo
