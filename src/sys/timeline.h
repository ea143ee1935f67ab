// What parent, child and init did, and when: a list in memory that the three share while a start is traced. Init can
// write there after it has given everything else up, and what it wrote is there when it has failed or has become the
// program.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "sys/calls.h"

namespace husk::sys {

struct Moment {
  int64_t begin = 0, end = 0;  // CLOCK_MONOTONIC, ns
  uint32_t who = 0;            // starting::Who
  uint32_t step = 0;           // index in the plan, or kNoStep with the words in `what`
  char what[40] = {};
};

struct Timeline {
  uint32_t used = 0;  // how many were begun: may be more than there is room for
  uint32_t unused = 0;
  static constexpr uint32_t kRoom = 4095;
  Moment moments[kRoom];
};

// One process's pen. By default it does not write, and costs a comparison.
class Recorder {
 public:
  Recorder() = default;
  Recorder(Timeline* to, uint32_t who) : to_(to), who_(who) {}

  // Of another process with the same memory.
  [[nodiscard]] Recorder of(uint32_t who) const { return {to_, who}; }

  [[nodiscard]] bool on() const { return to_ != nullptr; }
  [[nodiscard]] int64_t now() {
    if (to_ == nullptr) return 0;
    if (stopped_) return last_;
    struct {
      int64_t seconds, nanoseconds;
    } t = {};
    (void)call(SYS_clock_gettime, 1 /* CLOCK_MONOTONIC */, &t);
    last_ = t.seconds * 1'000'000'000 + t.nanoseconds;
    return last_;
  }
  // From now on no system call is made for the time: a seccomp filter may end who asks.
  void stop_clock() { stopped_ = true; }

  // Something that began at `begin` and ends now.
  void add(int64_t begin, uint32_t step, std::string_view what) {
    if (to_ == nullptr) return;
    const uint32_t at = __atomic_fetch_add(&to_->used, 1, __ATOMIC_RELAXED);
    if (at >= Timeline::kRoom) return;
    Moment& m = to_->moments[at];
    m.who = who_;
    m.step = step;
    for (size_t i = 0; i < what.size() && i + 1 < sizeof m.what; ++i) m.what[i] = what[i];
    m.begin = begin;
    m.end = now();
  }

 private:
  Timeline* to_ = nullptr;
  uint32_t who_ = 0;
  int64_t last_ = 0;
  bool stopped_ = false;
};

}  // namespace husk::sys
