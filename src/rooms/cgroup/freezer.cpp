// Stopping all processes of a cgroup where they are.
//
// v2 tells when it has done so: cgroup.events changes, and poll(2) sees it. v1 does not: its state is FREEZING until
// every process was met in a place where it can stop, and only reading freezer.state makes the kernel look again. And
// a process that waits, uninterruptibly, for another one that is frozen already never comes to such a place; thawing
// for a moment lets both move on.
#include "rooms/cgroup/freezer.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <ctime>
#include <string_view>

#include "host/clock.h"
#include "rooms/cgroup/cgroup.h"
#include "rooms/cgroup/tree.h"

namespace husk::cgroup {
namespace {

constexpr std::string_view kUsualMountpoint = "/sys/fs/cgroup/";
constexpr const char* kV1File = "freezer.state";
constexpr const char* kV2File = "cgroup.freeze";
constexpr int kPatience = 10'000;  // ms, for all of it
constexpr int kThawEvery = 1000;   // ms

// Whether this is a directory of v1's freezer, judged by the usual place of its mount: /sys/fs/cgroup/freezer/...
bool is_in_freezer_tree(std::string_view path) {
  if (!path.starts_with(kUsualMountpoint)) return false;
  path.remove_prefix(kUsualMountpoint.size());
  const size_t slash = path.find('/');
  return slash != std::string_view::npos && has_controller(path.substr(0, slash), "freezer");
}

bool reads(const std::string& path, const char* file, std::string* text) {
  return read_at(AT_FDCWD, cat(path, "/", file).c_str(), text) == 0;
}

struct Freezer {
  const std::string* path = nullptr;  // null: there is none
  bool v2 = false;
  std::string state;  // what its file said: "THAWED\n", "1\n"
};

// The one freezer of the container. With several hierarchies v1's has the say, wherever it is mounted; on v2, and on a
// v1 host whose only freezer is that of the v2 tree beside it, the other one.
Freezer find_freezer(const std::vector<std::string>& directories) {
  Freezer out;
  const auto found = [&out](const std::string& path, bool v2) {
    if (!reads(path, v2 ? kV2File : kV1File, &out.state)) return false;
    out.path = &path;
    out.v2 = v2;
    return true;
  };
  if (directories.size() == 1 && found(directories.front(), true)) return out;
  if (directories.size() > 1)
    for (const std::string& path : directories)
      if (is_in_freezer_tree(path) && found(path, false)) return out;
  for (const std::string& path : directories)
    if (found(path, false)) return out;
  for (const std::string& path : directories)
    if (found(path, true)) return out;
  return out;
}

Error no_freezer(const std::vector<std::string>& directories) {
  if (directories.empty()) return Error{"the container has no cgroup that could be frozen"};
  return Error{cat("no freezer for the cgroup ", directories.front()), 0,
               "this needs the freezer controller of cgroup v1, or cgroup v2 of Linux 5.2"};
}

Error too_long(const std::string& path, bool freeze) {
  return Error{cat(freeze ? "unable to freeze " : "unable to thaw ", path, ": not done after ", kPatience / 1000, " s"),
               0, freeze ? "a process in it is in an uninterruptible wait" : "is a cgroup above it frozen?"};
}

// v2: waits until cgroup.events has the wanted line.
Status wait_v2(int dir, const std::string& path, bool freeze) {
  const sys::Fd events(::openat(dir, "cgroup.events", O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!events) return fail(errno, "open ", path, "/cgroup.events");
  const std::string_view wanted = freeze ? "frozen 1" : "frozen 0";
  const int64_t end = host::monotonic_ms() + kPatience;
  for (;;) {
    char text[256];
    const ssize_t n = ::pread(events.get(), text, sizeof text, 0);
    if (n < 0) return fail(errno, "read ", path, "/cgroup.events");
    if (std::string_view(text, static_cast<size_t>(n)).find(wanted) != std::string_view::npos) return {};
    const int64_t left = end - host::monotonic_ms();
    if (left <= 0) return too_long(path, freeze);
    struct pollfd changed = {events.get(), POLLPRI, 0};
    if (::poll(&changed, 1, static_cast<int>(left)) < 0 && errno != EINTR) return fail(errno, "poll ", path);
  }
}

Status set_v2(int dir, const std::string& path, bool freeze) {
  if (const int error = write_at(dir, kV2File, freeze ? "1" : "0"); error != 0)
    return fail(-error, freeze ? "freeze " : "thaw ", path);
  return wait_v2(dir, path, freeze);
}

Status freeze_v1(int dir, const std::string& path) {
  const int64_t start = host::monotonic_ms();
  int64_t next_thaw = start + kThawEvery;
  int64_t step = 50'000;  // ns
  for (;;) {
    if (const int error = write_at(dir, kV1File, "FROZEN"); error != 0) return fail(-error, "freeze ", path);
    std::string state;
    if (const int error = read_at(dir, kV1File, &state); error != 0) return fail(-error, "read the state of ", path);
    if (state.starts_with("FROZEN")) return {};
    const int64_t now = host::monotonic_ms();
    if (now - start > kPatience) return too_long(path, true);
    if (now >= next_thaw) {
      (void)write_at(dir, kV1File, "THAWED");
      next_thaw = now + kThawEvery;
    }
    const timespec pause_for = {0, static_cast<long>(step)};
    (void)::nanosleep(&pause_for, nullptr);
    step = std::min(step * 2, int64_t{10'000'000});
  }
}

// The kernel is done with it when the write is; only a frozen cgroup above can keep it from having an effect.
Status thaw_v1(int dir, const std::string& path) {
  if (const int error = write_at(dir, kV1File, "THAWED"); error != 0) return fail(-error, "thaw ", path);
  std::string state;
  if (read_at(dir, kV1File, &state) != 0 || !state.starts_with("FR")) return {};
  return Error{cat("unable to thaw ", path), 0, "a cgroup above it is frozen"};
}

}  // namespace

bool is_frozen(const std::vector<std::string>& directories) {
  const Freezer freezer = find_freezer(directories);
  if (freezer.path == nullptr) return false;
  return freezer.state.starts_with(freezer.v2 ? "1" : "FR");
}

bool is_frozen_below(const std::vector<std::string>& directories) {
  if (directories.size() < 2) return false;
  bool frozen = false;
  for (const std::string& path : directories) {
    if (!is_in_freezer_tree(path)) continue;
    // Mostly there is nothing below: then the directory has the two links that each has.
    struct stat st = {};
    if (::stat(path.c_str(), &st) < 0 || st.st_nlink <= 2) continue;
    std::string state;
    (void)walk(path,
               [&](int dir) { frozen = frozen || (read_at(dir, kV1File, &state) == 0 && state.starts_with("FR")); });
  }
  return frozen;
}

Status freeze(const std::vector<std::string>& directories) {
  const Freezer freezer = find_freezer(directories);
  if (freezer.path == nullptr) return no_freezer(directories);
  const sys::Fd dir(open_directory_at(AT_FDCWD, freezer.path->c_str()));
  if (!dir) return fail(-dir.get(), "open ", *freezer.path);
  Status status = freezer.v2 ? set_v2(dir.get(), *freezer.path, true) : freeze_v1(dir.get(), *freezer.path);
  // Half frozen is neither one nor the other: back to where it was.
  if (!status.ok()) (void)write_at(dir.get(), freezer.v2 ? kV2File : kV1File, freezer.v2 ? "0" : "THAWED");
  return status;
}

Status thaw(const std::vector<std::string>& directories) {
  const Freezer freezer = find_freezer(directories);
  if (freezer.path == nullptr) return no_freezer(directories);
  const sys::Fd dir(open_directory_at(AT_FDCWD, freezer.path->c_str()));
  if (!dir) return fail(-dir.get(), "open ", *freezer.path);
  return freezer.v2 ? set_v2(dir.get(), *freezer.path, false) : thaw_v1(dir.get(), *freezer.path);
}

}  // namespace husk::cgroup
