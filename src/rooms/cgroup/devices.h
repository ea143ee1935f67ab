// The device rules of a container as one list: what linux.resources.devices (a sequence in which later rules win)
// amounts to. v1 writes it to devices.allow and devices.deny.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "spec/types.h"

namespace husk::cgroup {

enum Access : uint8_t { kRead = 1, kWrite = 2, kMknod = 4, kAllAccess = 7 };

struct DeviceException {
  char type = 'c';                      // 'c' or 'b'
  std::optional<int64_t> major, minor;  // absent: all
  uint8_t access = 0;                   // Access bits

  bool operator==(const DeviceException&) const = default;
};

struct DeviceList {
  bool allow_all = false;                   // what holds for a device that no exception names
  std::vector<DeviceException> exceptions;  // the opposite holds for these

  bool operator==(const DeviceList&) const = default;
};

// Folds the rules, then the runtime's own (null, zero, tty ... and mknod of anything). A rule that takes a part out of
// a wider one cannot be kept in such a list, nor by a v1 kernel: that is an error that names the rule.
[[nodiscard]] Result<DeviceList> fold_devices(const std::vector<spec::DeviceRule>& rules);

// What a v1 devices.list says. Of a cgroup where all is allowed the kernel does not tell the exceptions.
[[nodiscard]] DeviceList parse_device_list(std::string_view text);

// "c 1:3 rwm"
[[nodiscard]] std::string to_string(const DeviceException& exception);

}  // namespace husk::cgroup
