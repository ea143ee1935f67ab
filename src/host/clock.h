// The time that only goes on, for time-outs.
#pragma once

#include <cstdint>
#include <ctime>

namespace husk::host {

[[nodiscard]] inline int64_t monotonic_ns() {
  timespec t = {};
  (void)::clock_gettime(CLOCK_MONOTONIC, &t);
  return int64_t{t.tv_sec} * 1'000'000'000 + t.tv_nsec;
}

[[nodiscard]] inline int64_t monotonic_ms() {
  return monotonic_ns() / 1'000'000;
}

}  // namespace husk::host
