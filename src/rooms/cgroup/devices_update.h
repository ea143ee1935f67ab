// The device rules of a cgroup in use: changed, and put back. Private to the room.
#pragma once

#include <optional>

#include "base/result.h"
#include "rooms/cgroup/devices.h"
#include "rooms/cgroup/locate.h"
#include "sys/fd.h"

namespace husk::cgroup {

class DeviceChange {
 public:
  // `cgroup` must outlive it.
  explicit DeviceChange(const Located& cgroup) : cgroup_(cgroup) {}

  // `before`: the rules that are thought to hold, if they are known.
  [[nodiscard]] Status apply(const DeviceList& list, const DeviceList* before);
  // Best effort: what was there before, because something else of the update failed.
  void revert();

 private:
  [[nodiscard]] Status apply_v2(const DeviceList& list);
  [[nodiscard]] Status apply_v1(const DeviceList& list, const DeviceList* before);
  [[nodiscard]] Status write_v1(const DeviceList& from, const DeviceList& to) const;

  const Located& cgroup_;
  std::optional<DeviceList> from_, to_;   // v1
  sys::Fd directory_, before_, program_;  // v2
};

}  // namespace husk::cgroup
