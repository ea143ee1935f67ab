// What parent, child and init did, and when: a list in memory that the three share while a start is traced. Init can
// write there after it has given everything else up, and what it wrote is there when it has failed or has become the
// program.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace husk::sys {

// The processor's own clock: it needs no system call, which a seccomp filter might forbid, and no time namespace shifts
// it. What a tick is, who reads the timeline measures.
inline int64_t ticks() {
#if defined(__x86_64__)
  return static_cast<int64_t>(__builtin_ia32_rdtsc());
#elif defined(__aarch64__)
  int64_t now = 0;
  asm volatile("mrs %0, cntvct_el0" : "=r"(now));
  return now;
#endif
}

struct Moment {
  int64_t begin = 0, end = 0;  // ticks
  uint16_t who = 0;            // starting::Who
  uint16_t failed = 0;         // 1: it did not succeed
  uint32_t step = 0;           // index in the plan, or kNoStep with the words in `what`
  char what[72] = {};
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
  [[nodiscard]] int64_t now() const { return to_ == nullptr ? 0 : ticks(); }

  // Something that began at `begin` and ends now.
  void add(int64_t begin, uint32_t step, std::string_view what, bool failed = false) const {
    if (to_ == nullptr) return;
    const uint32_t at = __atomic_fetch_add(&to_->used, 1, __ATOMIC_RELAXED);
    if (at >= Timeline::kRoom) return;
    Moment& m = to_->moments[at];
    m.who = static_cast<uint16_t>(who_);
    m.failed = failed ? 1 : 0;
    m.step = step;
    for (size_t i = 0; i < what.size() && i + 1 < sizeof m.what; ++i) m.what[i] = what[i];
    m.begin = begin;
    m.end = now();
  }

 private:
  Timeline* to_ = nullptr;
  uint32_t who_ = 0;
};

}  // namespace husk::sys
