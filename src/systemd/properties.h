// The properties of a request, as D-Bus wants them.
#pragma once

#include <systemd/sd-bus.h>

#include "rooms/cgroup/systemd_protocol.h"
#include "systemd/systemd_bus.h"

namespace husk::systemd {

// Which properties, by their place, this systemd does not take.
struct Dropped {
  static constexpr size_t kMax = 128;
  bool is[kMax] = {};
};

// Appends an array of (name, variant), from what is left of the request. 0 or -errno.
[[nodiscard]] int append_properties(sd_bus_message* message, cgroup::systemd::Texts in, const Dropped& dropped);

// Whether the failure is about a property that may be left out: then it is marked, and the call is worth another try.
[[nodiscard]] bool drop_property(cgroup::systemd::Texts in, const Failure& failure, Dropped& dropped);

}  // namespace husk::systemd
