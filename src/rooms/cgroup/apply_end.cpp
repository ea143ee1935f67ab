// The end of a cgroup: listing, killing, removing. Works from the paths alone.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <ctime>

#include "host/clock.h"
#include "rooms/cgroup/cgroup.h"
#include "rooms/cgroup/dying.h"
#include "rooms/cgroup/tree.h"

namespace husk::cgroup {
namespace {

constexpr int64_t kNanoseconds = 1'000'000'000;
constexpr int64_t kRemovePatience = 10 * kNanoseconds;  // a process in the kernel's hands may take seconds to die
constexpr int64_t kLivingPatience = kNanoseconds / 4;   // one that nobody has killed does not go by itself
constexpr int kKillRounds = 20;
constexpr const char* kRemove = "unable to remove container's cgroup ";

// Whether somebody is in these cgroups who is not about to end.
bool has_living(const std::string& path) {
  const auto pids = processes({path});
  return pids.ok() && std::any_of(pids->begin(), pids->end(), [](pid_t pid) { return !is_dying(pid); });
}

void pause_for(int64_t nanoseconds) {
  const timespec t = {nanoseconds / kNanoseconds, nanoseconds % kNanoseconds};
  (void)::nanosleep(&t, nullptr);
}

// Waits a little longer each time, from 0.2 to 20 ms, until the time is over.
class Patience {
 public:
  [[nodiscard]] bool over() const { return host::monotonic_ns() >= end_; }
  bool wait() {
    if (over()) return false;
    pause_for(step_);
    step_ = std::min(step_ * 2, int64_t{20'000'000});
    return true;
  }
  // For a cgroup that may have others' processes. The short time is for an exec that is about to fail: until it is in
  // the container's PID namespace, its process does not end with that.
  bool wait_for(const std::string& path) {
    if (host::monotonic_ns() >= start_ + kLivingPatience && has_living(path)) return false;
    return wait();
  }

 private:
  int64_t start_ = host::monotonic_ns();
  int64_t end_ = start_ + kRemovePatience;
  int64_t step_ = 200'000;
};

int remove_at(int dir, const char* name) {
  return ::unlinkat(dir, name, AT_REMOVEDIR) < 0 ? -errno : 0;
}

// Removes the cgroups below `top` (a descriptor of `path`, kept open), innermost first; see walk() for why by "..".
// 0 or -errno: -EBUSY when the time is over.
int remove_children(int top, const std::string& path, Patience* patience) {
  sys::Fd here(open_directory_at(top, "."));
  for (int depth = 0; here;) {
    std::string name;
    if (const int error = first_child(here.get(), &name); error < 0) return error;
    if (name.empty()) {
      if (depth-- == 0) return 0;
      here.reset(open_directory_at(here.get(), ".."));
      continue;
    }
    const int error = remove_at(here.get(), name.c_str());
    if (error == 0 || error == -ENOENT) {
      if (patience->over()) return -EBUSY;  // who owns the cgroup makes them as fast
      continue;
    }
    if (error != -EBUSY) return error;
    sys::Fd child(open_directory_at(here.get(), name.c_str()));
    std::string inner;
    if (child && first_child(child.get(), &inner) == 0 && !inner.empty()) {
      here = std::move(child);
      ++depth;
    } else if (!patience->wait_for(path)) {
      return -EBUSY;
    }
  }
  return 0;  // removed under our hands
}

Error in_use(Error error, const std::string& path) {
  if (const auto left = processes({path}); left.ok() && !left->empty())
    error.hint = cat(left->size(), " process(es) are still in it, the first is ", left->front());
  return error;
}

Status remove_one(const std::string& path, Patience* patience) {
  for (;;) {
    int error = remove_at(AT_FDCWD, path.c_str());
    if (error == 0 || error == -ENOENT) return {};
    std::string child;
    if (error == -EBUSY || error == -ENOTEMPTY) {
      const sys::Fd dir(open_directory_at(AT_FDCWD, path.c_str()));
      if (dir && first_child(dir.get(), &child) == 0 && !child.empty()) {
        error = remove_children(dir.get(), path, patience);
        if (error == 0 && !patience->over()) continue;
        if (error == 0) error = -EBUSY;
      } else if (patience->wait_for(path)) {
        continue;
      }
    }
    Error out = fail(-error, kRemove, path);
    return error == -EBUSY ? in_use(std::move(out), path) : std::move(out);
  }
}

// The numbers in the text, one a line. 0 is a process that lives in a pid namespace out of our sight.
void add_numbers(std::string_view text, std::vector<pid_t>* out) {
  pid_t pid = 0;
  for (const char c : text) {
    if (c >= '0' && c <= '9') {
      pid = pid * 10 + (c - '0');
      continue;
    }
    if (pid > 0) out->push_back(pid);
    pid = 0;
  }
}

// The process that a thread belongs to; 0: gone.
pid_t process_of(pid_t thread) {
  std::string status;
  if (read_at(AT_FDCWD, cat("/proc/", thread, "/status").c_str(), &status) < 0) return 0;
  constexpr std::string_view kField = "\nTgid:\t";
  const size_t at = status.find(kField);
  if (at == std::string::npos) return 0;
  std::vector<pid_t> number;
  add_numbers(std::string_view(status).substr(at + kField.size(), 20), &number);
  return number.empty() ? 0 : number.front();
}

// The processes of one cgroup. A threaded one of v2 only tells its threads.
void add_pids(int dir, std::vector<pid_t>* out) {
  std::string text;
  const int error = read_at(dir, "cgroup.procs", &text);
  if (error == 0) return add_numbers(text, out);
  if (error != -EOPNOTSUPP || read_at(dir, "cgroup.threads", &text) < 0) return;
  std::vector<pid_t> threads;
  add_numbers(text, &threads);
  for (const pid_t thread : threads)
    if (const pid_t pid = process_of(thread); pid > 0 && (out->empty() || out->back() != pid)) out->push_back(pid);
}

// Freezes or thaws a tree with whatever freezer it has. Thawing goes to every sub-cgroup, which may be frozen itself.
Status set_frozen(const std::string& path, bool frozen) {
  return walk(path, [&](int dir) {
    if (write_at(dir, "freezer.state", frozen ? "FROZEN" : "THAWED") == -ENOENT)
      (void)write_at(dir, "cgroup.freeze", frozen ? "1" : "0");
  });
}

// Signals everyone while nobody can move. Nothing stays frozen, whatever fails.
Status kill_frozen(const std::vector<std::string>& directories, std::vector<pid_t>* pids) {
  Status status;
  const auto freeze_all = [&](bool frozen) {
    for (const std::string& path : directories)
      if (Status done = set_frozen(path, frozen); status.ok()) status = std::move(done);
  };
  freeze_all(true);
  if (status.ok()) {
    Result<std::vector<pid_t>> found = processes(directories);
    if (found.ok()) *pids = *std::move(found);
    status = found.ok() ? signal_processes(directories, *pids, SIGKILL) : Status(std::move(found).error());
  }
  freeze_all(false);
  return status;
}

// cgroup.kill (Linux 5.14) takes the whole tree at once, forks included. False: not there.
bool kill_by_kernel(const std::string& path) {
  const sys::Fd dir(open_directory_at(AT_FDCWD, path.c_str()));
  return dir && write_at(dir.get(), "cgroup.kill", "1") == 0;
}

}  // namespace

bool remove_empty(const std::vector<std::string>& directories) {
  bool all = true;
  for (const std::string& path : directories)
    if (const int error = remove_at(AT_FDCWD, path.c_str()); error != 0 && error != -ENOENT) all = false;
  return all;
}

Status refuse_living(const std::vector<std::string>& directories) {
  Patience patience;
  for (const std::string& path : directories)
    while (has_living(path))
      if (!patience.wait_for(path)) return in_use(fail(EBUSY, kRemove, path), path);
  return {};
}

Status remove(const std::vector<std::string>& directories) {
  Status first;
  Patience patience;
  for (const std::string& path : directories)
    if (Status status = remove_one(path, &patience); !status.ok() && first.ok()) first = std::move(status);
  return first;
}

Result<std::vector<pid_t>> processes(const std::vector<std::string>& directories) {
  std::vector<pid_t> out;
  for (const std::string& path : directories) HUSK_TRY(walk(path, [&](int dir) { add_pids(dir, &out); }));
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

Status kill_all(const std::vector<std::string>& directories) {
  bool all = !directories.empty();
  for (const std::string& path : directories) all = kill_by_kernel(path) && all;
  if (all) return {};
  // v1, or an old kernel. Frozen processes cannot fork away from the signal, and die when thawed. Without a freezer
  // the rounds catch up with those that do.
  Patience patience;
  for (int round = 0; round < kKillRounds; ++round) {
    std::vector<pid_t> pids;
    HUSK_TRY(kill_frozen(directories, &pids));
    const bool ourselves = pids.size() == 1 && pids[0] == ::getpid();
    if (pids.empty() || ourselves || !patience.wait()) break;
  }
  return {};
}

}  // namespace husk::cgroup
