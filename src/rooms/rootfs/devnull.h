// Is it really /dev/null? A container can put anything under that name (CVE-2025-31133).
#pragma once

#include <sys/stat.h>

#include <cerrno>

#include "sys/calls.h"
#include "sys/fault.h"

namespace husk::rootfs {

inline sys::Fault check_dev_null(int fd) {
  struct stat st = {};
  if (const long ret = fd < 0 ? fd : sys::stat_fd(fd, &st); ret < 0) return sys::check(ret, "open", "/dev/null");
  const bool genuine = S_ISCHR(st.st_mode) && st.st_rdev == sys::device_number(1, 3);
  return genuine ? sys::Fault{} : sys::Fault{EINVAL, "not the null device", "/dev/null"};
}

}  // namespace husk::rootfs
