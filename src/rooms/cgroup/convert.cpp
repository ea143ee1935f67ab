#include "rooms/cgroup/convert.h"

#include <algorithm>
#include <cmath>

namespace husk::cgroup {

// Both are exponential in what they mean, so the curve goes through the three pairs (least, default, most) in
// logarithms: 10^((l² + 125 l) / 612 - 7/34), l = log2(shares).
uint64_t weight_of(uint64_t shares) {
  if (shares <= 2) return 1;
  if (shares >= 262144) return 10000;
  const double l = std::log2(static_cast<double>(shares));
  return static_cast<uint64_t>(std::ceil(std::pow(10.0, (l * l + 125 * l) / 612.0 - 7.0 / 34.0)));
}

// A straight line through both ends.
uint64_t io_weight_of(uint64_t weight) {
  return weight < 10 ? 1 : std::min(uint64_t{10000}, 1 + (weight - 10) * 9999 / 990);
}

Result<std::optional<int64_t>> swap_of(int64_t limit, int64_t swap) {
  const auto refuse = [](const char* why) { return Error{cat("/linux/resources/memory/swap: ", why)}; };
  if (swap == 0) {
    // No limit of memory and nothing said of swap: v1 would take both away.
    if (limit < 0) return std::optional<int64_t>(-1);
    return std::optional<int64_t>();
  }
  if (swap < 0) return std::optional<int64_t>(-1);
  if (limit < 0) return std::optional<int64_t>(swap);  // no sum to be a part of
  if (limit == 0) return refuse("unable to set swap limit without memory limit");
  if (swap < limit) return refuse("memory+swap limit should be >= memory limit");
  return std::optional<int64_t>(swap - limit);
}

int64_t pids_of(int64_t limit) {
  return limit == 0 ? 1 : limit;
}

}  // namespace husk::cgroup
