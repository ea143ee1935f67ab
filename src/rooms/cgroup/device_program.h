// The device rules of a container on cgroup v2, where they are no files but a program: the kernel asks it before a
// process of the cgroup opens or makes a device node.
#pragma once

#include <linux/bpf.h>

#include <span>
#include <vector>

#include "base/result.h"
#include "rooms/cgroup/devices.h"
#include "sys/fd.h"

namespace husk::cgroup {

// The rules as a program of type BPF_PROG_TYPE_CGROUP_DEVICE that answers what a v1 device cgroup with the same list
// would: 1 (allowed) or 0. An access of several bits needs all of them from one exception where everything else is
// denied, and none of them in any exception where everything else is allowed. Pure. Fails for a list of thousands.
[[nodiscard]] Result<std::vector<bpf_insn>> device_program(const DeviceList& list);

// Hands the program to the kernel's verifier and compiler; attached to nothing yet. An error with an errno is the
// kernel's refusal of the call, one without is the verifier's of the program, with the end of its log in the text.
[[nodiscard]] Result<sys::Fd> load_device_program(std::span<const bpf_insn> program);

// Makes the program decide for the cgroup (`cgroup` may be O_PATH), besides those that the cgroup and its ancestors
// have: what any of them denies is denied. With `replaced`, a program that is attached there, the new one takes its
// place in one step; there is no moment with neither or with both.
[[nodiscard]] Status attach_device_program(int cgroup, int program, int replaced = -1);

// The program that load_device_program() made and attach_device_program() attached to this very cgroup, whichever
// process did; none: an empty Fd. For attaching with `replaced`.
[[nodiscard]] Result<sys::Fd> find_device_program(int cgroup);

}  // namespace husk::cgroup
