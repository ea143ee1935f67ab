// The demos in which several things happen one after the other: mounts that spread, and who is in a PID namespace.
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <functional>

#include "cli/ns_demo.h"

namespace husk::cli::demo {

namespace {

// What a process of its own finds out: 0, or an errno.
std::string errno_of_fork(const std::function<int()>& trial) {
  const pid_t pid = fork();
  if (pid == 0) _exit(trial() & 0xff);
  int status = 0;
  if (pid < 0 || waitpid(pid, &status, 0) < 0 || !WIFEXITED(status)) return "could not be tried";
  return WEXITSTATUS(status) == 0 ? "works" : cat("fails: ", errno_text(WEXITSTATUS(status)));
}

int start_thread() {
  pthread_t thread = {};
  const int error = pthread_create(
      &thread, nullptr, [](void* /*none*/) -> void* { return nullptr; }, nullptr);
  return error != 0 ? error : pthread_join(thread, nullptr);
}

int join(pid_t pid, const char* kind) {
  const int fd = open(cat("/proc/", pid, "/ns/", kind).c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return errno;
  const int error = setns(fd, 0) < 0 ? errno : 0;
  (void)close(fd);
  return error;
}

// ---------------------------------------------------------------- mnt

Result<Facts> one_propagation(Propagation propagation, Facts& child_facts) {
  NsRun run;
  run.kinds = {NsKind::mnt};
  run.propagation = propagation;
  HUSK_LET(Side child, Side::begin({"mnt", "child"}, in_new(run)));
  leave_a_mark("mnt", "parent");
  HUSK_LET(child_facts, child.facts());
  Facts parent = look("mnt");
  for (const char* who : {"parent", "child"}) (void)umount2(cat(kMountPlace, "/shared/of-", who).c_str(), MNT_DETACH);
  return parent;
}

Result<std::string> why_all_are_opened_first() {
  NsRun run;
  run.kinds = {NsKind::pid, NsKind::mnt, NsKind::uts};
  HUSK_LET(const Side target, Side::begin({"uts"}, in_new(run)));
  const pid_t pid = target.pid();
  const auto late = [pid] {
    if (const int error = join(pid, "mnt"); error != 0) return error;
    return join(pid, "uts");
  };
  const auto early = [pid] {
    const int uts = open(cat("/proc/", pid, "/ns/uts").c_str(), O_RDONLY | O_CLOEXEC);
    if (const int error = join(pid, "mnt"); error != 0) return error;
    return setns(uts, 0) < 0 ? errno : 0;
  };
  const Facts facts = {{cat("setns mnt, then open /proc/", pid, "/ns/uts"), errno_of_fork(late)},
                       {cat("open it first, then setns mnt and uts"), errno_of_fork(early)}};
  return table({{"a process that joins both", facts}});
}

// ---------------------------------------------------------------- pid

// The child that is process 1 of its namespace. (The one that made it may not have been waited for yet.)
pid_t first_process_below(pid_t pid) {
  const int fd = open(cat("/proc/", pid, "/task/", pid, "/children").c_str(), O_RDONLY | O_CLOEXEC);
  char text[256] = {};
  if (fd >= 0 && read(fd, text, sizeof text - 1) < 0) text[0] = '\0';
  if (fd >= 0) (void)close(fd);
  char* at = text;
  for (;;) {
    char* end = at;
    const auto child = static_cast<pid_t>(strtol(at, &end, 10));
    if (end == at) return 0;
    if (status_of(child, "NSpid").ends_with(" 1")) return child;
    at = end;
  }
}

// Of lines with pids per level, the first number of the one with so many.
std::string number_of_level(const std::string& lines, size_t levels) {
  for (size_t at = 0; at < lines.size();) {
    const size_t end = std::min(lines.find('\n', at), lines.size());
    const std::string line = lines.substr(at, end - at);
    size_t words = 1;
    for (const char c : line) words += c == ' ' ? 1 : 0;
    if (words == levels) return line.substr(0, line.find(' '));
    at = end + 1;
  }
  return "?";
}

std::string threads_after_setns(pid_t pid) {
  const auto after = [pid] {
    const int error = join(pid, "pid");
    return error != 0 ? error : start_thread();
  };
  const auto in_child = [pid] {
    if (const int error = join(pid, "pid"); error != 0) return error;
    const pid_t child = fork();
    if (child == 0) _exit(start_thread());
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) < 0) return errno;
    return WEXITSTATUS(status);
  };
  return table({{"pthread_create",
                 {{"before setns into the pid namespace", errno_of_fork(start_thread)},
                  {"after it, in the joiner", errno_of_fork(after)},
                  {"in a child born after it", errno_of_fork(in_child)}}}});
}

}  // namespace

Result<std::string> demo_mnt() {
  HUSK_TRY(mount_place(kMountPlace, false));
  HUSK_TRY(mount_place(cat(kMountPlace, "/shared"), true));
  const struct {
    const char* name;
    Propagation propagation;
  } all[] = {{"private", Propagation::private_mounts},
             {"slave", Propagation::slave_mounts},
             {"shared", Propagation::shared_mounts}};
  std::string out;
  for (const auto& one : all) {
    Facts child;
    HUSK_LET(Facts parent, one_propagation(one.propagation, child));
    out += cat(table({{"parent, shared", std::move(parent)}, {cat("child, ", one.name), std::move(child)}}), "\n");
  }
  HUSK_LET(const std::string reason, why_all_are_opened_first());
  return out + reason +
         sentence(
             "The child has a copy of the parent's tree of mounts, and the kernel repeats a mount in the copies that "
             "its "
             "place spreads to: in none when the copy is private, from the parent to the child when it is a slave, "
             "both "
             "ways when it is shared. Who has joined the mount namespace sees its /proc, in which the numbers of "
             "outside "
             "mean nothing: so a joiner opens all of /proc/PID/ns before its first setns.");
}

Result<std::string> demo_pid() {
  NsRun run;
  run.kinds = {NsKind::pid, NsKind::mnt};
  HUSK_LET(Side below, Side::begin_below({"--pid", "--mount"}, {"pid"}, in_new(run)));
  const pid_t child = below.pid();
  const pid_t grandchild = first_process_below(child);
  HUSK_LET(Side inside, Side::begin({"pid"}, in_those_of(child, {NsKind::pid, NsKind::mnt})));
  HUSK_LET(const Facts seen_inside, inside.facts());
  const std::string others = value_of(seen_inside, "others in /proc");
  const std::string ns_pids = status_of(grandchild, "NSpid");
  const std::string threads = threads_after_setns(child);
  HUSK_LET(const Facts seen_below, below.facts());

  const std::string own = value_of(seen_below, "getpid()");
  const std::string heads[] = {"the parent", "its child", "the child's child", "NSpid of the last"};
  const Facts parent = {
      {heads[0], cat(getpid())}, {heads[1], cat(child)}, {heads[2], cat(grandchild)}, {heads[3], ns_pids}};
  const Facts level1 = {
      {heads[0], "not there"}, {heads[1], number_of_level(others, 1)}, {heads[2], number_of_level(others, 2)}};
  const Facts level2 = {{heads[0], "not there"}, {heads[1], "not there"}, {heads[2], own}};
  return table({{"in the parent's /proc", parent}, {"in the child's", level1}, {"in its child's", level2}}) + "\n" +
         threads +
         sentence(
             "A process gets a number in its own PID namespace and in each one above, and setns into a PID namespace "
             "changes only where the next children are born: so the kernel refuses the joiner a thread (EINVAL), which "
             "would have to be in another namespace than its process, and gives one to the child.");
}

}  // namespace husk::cli::demo
