#include "host/facts.h"

#include <linux/capability.h>
#include <unistd.h>

#include <cerrno>

#include "host/files.h"
#include "sys/calls.h"

namespace husk::host {

Facts probe() {
  Facts f;
  f.clone3 = sys::call(SYS_clone3, nullptr, 0) != -ENOSYS;
  f.openat2 = sys::call(SYS_openat2, -1, nullptr, nullptr, 0) != -ENOSYS;
  f.mount_api = sys::call(SYS_mount_setattr, -1, nullptr, 0x10000 /* no such flag */, nullptr, 0) != -ENOSYS &&
                sys::call(SYS_fsopen, nullptr, ~0U) != -ENOSYS &&
                sys::call(SYS_open_tree, -1, nullptr, ~0U) != -ENOSYS &&
                sys::call(SYS_move_mount, -1, nullptr, -1, nullptr, ~0U) != -ENOSYS;
  f.pidfd = sys::call(SYS_pidfd_open, -1, 0) != -ENOSYS;
  f.euid = geteuid();
  f.egid = getegid();
  struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
  struct __user_cap_data_struct data[2] = {};
  if (sys::call(SYS_capget, &header, data) >= 0)
    f.capabilities = data[0].effective | static_cast<uint64_t>(data[1].effective) << 32;
  return f;
}

bool in_user_namespace() {
  constexpr size_t limit = 64 << 10;  // 340 lines are the most that the kernel takes
  const Result<std::string> map = read_file("/proc/self/uid_map", limit);
  if (!map.ok()) return false;
  std::string words;
  for (const char c : *map)
    if (c != ' ' || (!words.empty() && words.back() != ' ')) words += c;
  return !words.empty() && words != "0 0 4294967295\n";
}

bool apparmor_enabled() {
  const Result<std::string> text = read_file("/sys/module/apparmor/parameters/enabled", 16);
  return text.ok() && text->starts_with('Y');
}

bool selinux_enabled() {
  return access("/sys/fs/selinux/enforce", F_OK) == 0;
}

}  // namespace husk::host
