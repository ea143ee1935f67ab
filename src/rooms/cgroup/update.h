// Changing the limits of a cgroup that is in use.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "rooms/cgroup/locate.h"
#include "spec/types.h"

namespace husk::cgroup {

// Limits that depend on each other, of which only one is named: the other one is added with its present value (v2: swap
// and memory, quota and period). To be done before somebody else is told of the update; update() does it, too. The
// error is that of memory.checkBeforeUpdate.
[[nodiscard]] Status complete(const Located& cgroup, spec::Resources* resources);

// Writes what `resources` names; the rest stays as it is. When the kernel refuses a value, those before it are put
// back.
//
// Devices are changed only where the rules differ from `configured`, those of the container's configuration or of
// its last update (null: they are left alone). Clients send all resources of a container to change one of them, and
// what somebody has allowed besides (a hook, for a GPU) is to outlive that. runc never changes them.
[[nodiscard]] Status update(const Located& cgroup, spec::Resources resources,
                            const std::vector<spec::DeviceRule>* configured = nullptr);

// The writes that lead a v1 cgroup from one list of devices to another while processes use it: what is allowed in both
// is allowed all the time, and nothing else is for a moment. With `*pause` set that cannot be had, and the processes
// have to stand still meanwhile. Pure.
[[nodiscard]] std::vector<Write> device_transition(const DeviceList& from, const DeviceList& to, bool* pause);

}  // namespace husk::cgroup
