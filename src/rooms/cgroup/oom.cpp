// v1: an eventfd is registered in cgroup.event_control, and counts each time the cgroup is out of memory. The kernel
// also counts it up once when the cgroup is removed; which of the two it was is seen by whether the cgroup is there.
//
// v2: memory.events has a counter, and inotify tells when it changes. Other counters are in the same file, so that it
// is this one that decides.
#include "rooms/cgroup/oom.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <optional>

#include "rooms/cgroup/stats_files.h"
#include "rooms/cgroup/tree.h"

namespace husk::cgroup {
namespace {

constexpr const char* kEvents = "memory.events";
constexpr int kRemovalPatience = 100;  // ms between a removal and the kernel's word of it

std::optional<uint64_t> kills_in(const std::string& directory) {
  const auto counters = StatFiles(directory).keyed(kEvents);
  const auto kills = counters.find("oom_kill");
  return kills == counters.end() ? std::nullopt : std::optional(kills->second);
}

uint64_t take_count(int fd) {
  uint64_t count = 0;
  return ::read(fd, &count, sizeof count) == sizeof count ? count : 0;
}

Status open_v1(const std::string& directory, sys::Fd* wake) {
  wake->reset(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!*wake) return fail(errno, "eventfd");
  const sys::Fd dir(open_directory_at(AT_FDCWD, directory.c_str()));
  if (!dir) return fail(-dir.get(), "open ", directory);
  const sys::Fd control(::openat(dir.get(), "memory.oom_control", O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!control) return fail(errno, "open ", directory, "/memory.oom_control");
  if (const int error = write_at(dir.get(), "cgroup.event_control", cat(wake->get(), ' ', control.get())); error != 0)
    return fail(-error, "write ", directory, "/cgroup.event_control");
  return {};
}

Status open_v2(const std::string& directory, sys::Fd* wake) {
  wake->reset(::inotify_init1(IN_CLOEXEC | IN_NONBLOCK));
  if (!*wake) return fail(errno, "inotify_init1");
  const std::string file = cat(directory, '/', kEvents);
  if (::inotify_add_watch(wake->get(), file.c_str(), IN_MODIFY) < 0) return fail(errno, "watch ", file);
  return {};
}

}  // namespace

Result<OomWatch> OomWatch::open(const Located& cgroup) {
  const Directory* memory = directory_of(cgroup.directories, "memory");
  if (memory == nullptr) return Error{"the memory controller is not mounted on this host"};
  OomWatch out;
  out.v2_ = cgroup.mode == Mode::v2;
  out.directory_ = memory->path;
  HUSK_TRY(out.v2_ ? open_v2(out.directory_, &out.wake_) : open_v1(out.directory_, &out.wake_));
  if (out.v2_) out.kills_ = kills_in(out.directory_).value_or(0);
  return out;
}

OomSeen OomWatch::look() {
  return v2_ ? look_v2() : look_v1();
}

OomSeen OomWatch::look_v1() {
  uint64_t count = take_count(wake_.get());
  if (::access(cat(directory_, "/cgroup.event_control").c_str(), F_OK) == 0)
    return count != 0 ? OomSeen::killed : OomSeen::nothing;
  if (count == 1) {
    // Either the removal, or a kill right before it, whose removal is still to be told.
    struct pollfd more = {wake_.get(), POLLIN, 0};
    if (::poll(&more, 1, kRemovalPatience) > 0) count += take_count(wake_.get());
  }
  return count > 1 ? OomSeen::killed : OomSeen::gone;
}

OomSeen OomWatch::look_v2() {
  // What changed is not in the events; they only have to be taken away. IN_IGNORED comes with the end of the file.
  alignas(inotify_event) char events[1024];
  while (::read(wake_.get(), events, sizeof events) > 0) {
  }
  const std::optional<uint64_t> kills = kills_in(directory_);
  if (!kills) return OomSeen::gone;
  const bool more = *kills > kills_;
  kills_ = *kills;
  return more ? OomSeen::killed : OomSeen::nothing;
}

}  // namespace husk::cgroup
