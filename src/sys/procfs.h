// Is it really procfs? A container may have anything mounted under that name.
#pragma once

#include <linux/magic.h>

#include "sys/raw.h"

namespace husk::sys {

inline bool is_procfs(int fd) {
  struct {  // the kernel's struct statfs
    long type;
    long rest[20];
  } st = {};
  return call(SYS_fstatfs, fd, &st) == 0 && st.type == PROC_SUPER_MAGIC;
}

}  // namespace husk::sys
