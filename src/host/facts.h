// What this kernel and this caller can do, found out once.
#pragma once

#include <cstdint>

namespace husk::host {

struct Facts {
  bool clone3 = false;     // Linux 5.3, with CLONE_INTO_CGROUP and CLONE_CLEAR_SIGHAND (5.7, 5.5)
  bool openat2 = false;    // Linux 5.6
  bool mount_api = false;  // all of fsopen, open_tree, move_mount, mount_setattr (Linux 5.12)
  bool pidfd = false;      // pidfd_open (Linux 5.3)
  uint32_t euid = 0, egid = 0;
  uint64_t capabilities = 0;  // effective, as bits
};

// A handful of system calls with arguments that cannot work: ENOSYS is the only answer that counts.
[[nodiscard]] Facts probe();

// A user namespace other than the first: not all ids are mapped to themselves.
[[nodiscard]] bool in_user_namespace();
[[nodiscard]] bool apparmor_enabled();
[[nodiscard]] bool selinux_enabled();

}  // namespace husk::host
