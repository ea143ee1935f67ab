// events: the numbers now and then, and each time the kernel kills for lack of memory, until the container ends.
//
// One poll(2) waits for all of it: the end of init (its pidfd), the kernel's word about memory, and, by its timeout,
// the next numbers. Memory is looked at before the end: what ended may have been what was killed.
#include <poll.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <optional>

#include "host/clock.h"
#include "life/container.h"
#include "rooms/cgroup/oom.h"
#include "rooms/cgroup/stats.h"

namespace husk {
namespace {

constexpr int64_t kLookAround = 500;  // ms, on kernels where the end of init cannot be waited for

using Sink = std::function<bool(const std::string& type, const std::string& data)>;

class Events {
 public:
  Events(const Environment& env, const store::State& state, cgroup::Located cgroup, const Sink& sink)
      : env_(env), state_(state), cgroup_(std::move(cgroup)), sink_(sink) {}

  Status run(int interval_ms) {
    Result<sys::Fd> init = life::open_init(state_);
    if (init.ok())
      init_ = *std::move(init);
    else if (init.error().errnum != ENOSYS)
      return {};  // it has ended meanwhile
    watch_memory();
    int64_t next = host::monotonic_ms() + interval_ms;
    for (;;) {
      HUSK_TRY(wait_until(next));
      const bool ended = has_ended();
      if (!look_at_memory() || ended) return {};
      const int64_t now = host::monotonic_ms();
      if (now < next) continue;
      HUSK_LET(const std::string rdt, life::rdt_stats(state_));
      if (!sink_("stats", cgroup::stats_json(cgroup::read_stats(cgroup_), rdt))) return {};
      next += interval_ms;
      if (next <= now) next = now + interval_ms;  // one that was missed is not made up for
    }
  }

 private:
  void watch_memory() {
    Result<cgroup::OomWatch> watch = cgroup::OomWatch::open(cgroup_);
    if (watch.ok())
      memory_ = *std::move(watch);
    else
      life::say(env_, Level::warning, cat("no events of memory: ", watch.error().text()));
  }

  Status wait_until(int64_t when) {
    int64_t left = std::clamp(when - host::monotonic_ms(), int64_t{0}, int64_t{INT32_MAX});
    if (!init_) left = std::min(left, kLookAround);
    fds_[0] = {init_.get(), POLLIN, 0};  // poll passes over a negative one
    fds_[1] = {memory_ ? memory_->fd() : -1, POLLIN, 0};
    if (poll(fds_, 2, static_cast<int>(left)) >= 0) return {};
    if (errno != EINTR) return fail(errno, "wait for events");
    fds_[0].revents = fds_[1].revents = 0;
    return {};
  }

  [[nodiscard]] bool has_ended() const { return init_ ? fds_[0].revents != 0 : !life::is_alive(state_); }

  // False when there is nothing more to wait for.
  bool look_at_memory() {
    if (!memory_ || (fds_[0].revents == 0 && fds_[1].revents == 0)) return cgroup_exists();
    switch (memory_->look()) {
      case cgroup::OomSeen::killed:
        return sink_("oom", "");
      case cgroup::OomSeen::gone:
        return false;
      case cgroup::OomSeen::nothing:
        break;
    }
    return true;
  }

  [[nodiscard]] bool cgroup_exists() const { return access(cgroup_.directories.front().path.c_str(), F_OK) == 0; }

  const Environment& env_;
  const store::State& state_;
  const cgroup::Located cgroup_;
  const Sink& sink_;
  sys::Fd init_;
  std::optional<cgroup::OomWatch> memory_;
  struct pollfd fds_[2] = {};
};

}  // namespace

Status events(const Environment& env, const std::string& id, int interval_ms, const Sink& sink) {
  if (interval_ms <= 0) return Error{"duration interval must be greater than 0"};
  HUSK_LET(const life::Found found, life::find(env, id));
  if (found.phase == Phase::stopped) return Error{cat("container with id ", id, " is not running")};
  Result<cgroup::Located> cgroup = cgroup::locate(found.state.cgroup.directories);
  if (!cgroup.ok()) return std::move(cgroup).error().within(cat("cannot watch container ", id));
  return Events(env, found.state, *std::move(cgroup), sink).run(interval_ms);
}

}  // namespace husk
