// Being told when the kernel kills a process of a cgroup for lack of memory.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "rooms/cgroup/locate.h"
#include "sys/fd.h"

namespace husk::cgroup {

enum class OomSeen { nothing, killed, gone };

class OomWatch {
 public:
  // An error where memory is not controlled.
  [[nodiscard]] static Result<OomWatch> open(const Located& cgroup);

  // poll(2) says POLLIN when look() is worth a call.
  [[nodiscard]] int fd() const { return wake_.get(); }
  // What has happened since the last look. `gone`: the cgroup was removed.
  [[nodiscard]] OomSeen look();

 private:
  OomWatch() = default;
  OomSeen look_v1();
  OomSeen look_v2();

  bool v2_ = false;
  sys::Fd wake_;           // v1: eventfd, v2: inotify
  std::string directory_;  // with the memory controller
  uint64_t kills_ = 0;     // v2: the count that was seen last
};

}  // namespace husk::cgroup
