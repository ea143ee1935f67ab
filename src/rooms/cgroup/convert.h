// Limits that v1 has in one way and v2 in another: from the words of linux.resources to v2's. Pure.
#pragma once

#include <cstdint>
#include <optional>

#include "base/result.h"

namespace husk::cgroup {

// cpu.shares (2..262144, default 1024) as cpu.weight (1..10000, default 100).
[[nodiscard]] uint64_t weight_of(uint64_t shares);

// blkio.weight (10..1000) as io.weight (1..10000).
[[nodiscard]] uint64_t io_weight_of(uint64_t weight);

// memory.swap.max from the limit of memory and that of memory and swap together; 0 stands for one that is not given.
// -1: no limit; nothing: leave it as it is.
[[nodiscard]] Result<std::optional<int64_t>> swap_of(int64_t limit, int64_t swap);

// pids.max; negative: no limit. 0, "no process at all", becomes 1: a container has one, and systemd takes no 0.
[[nodiscard]] int64_t pids_of(int64_t limit);

}  // namespace husk::cgroup
