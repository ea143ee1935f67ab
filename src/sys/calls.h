// The system calls that are used in several places, typed. All return a value or -errno; none touches errno.
#pragma once

#include <fcntl.h>
#include <linux/mount.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/types.h>

#include "base/str.h"
#include "sys/raw.h"

namespace husk::sys {

inline long close(int fd) {
  return call(SYS_close, fd);
}
inline int openat(int dir, const char* path, int flags, unsigned mode = 0) {
  return static_cast<int>(call(SYS_openat, dir, path, flags | O_CLOEXEC | O_LARGEFILE, mode));
}
inline int openat2(int dir, const char* path, uint64_t flags, uint64_t resolve, uint64_t mode = 0) {
  struct open_how how = {};
  how.flags = flags | O_CLOEXEC;
  how.mode = mode;
  how.resolve = resolve;
  return static_cast<int>(call(SYS_openat2, dir, path, &how, sizeof how));
}
inline long read(int fd, void* to, size_t size) {
  return call(SYS_read, fd, to, size);
}
inline long write(int fd, const void* from, size_t size) {
  return call(SYS_write, fd, from, size);
}
inline long ioctl(int fd, unsigned long request, void* arg) {
  return call(SYS_ioctl, fd, request, arg);
}

inline long stat_fd(int fd, struct stat* st) {
  return call(SYS_newfstatat, fd, "", st, AT_EMPTY_PATH);
}
inline long stat_at(int dir, const char* path, struct stat* st, int flags) {
  return call(SYS_newfstatat, dir, path, st, flags);
}
// Device numbers as the kernel encodes them in 32 bits (the C library's makedev() is a function of its own).
constexpr uint64_t device_number(uint64_t major, uint64_t minor) {
  return (minor & 0xff) | major << 8 | (minor & ~0xffUL) << 12;
}

inline long mkdirat(int dir, const char* path, unsigned mode) {
  return call(SYS_mkdirat, dir, path, mode);
}
inline long readlinkat(int dir, const char* path, char* to, size_t size) {
  return call(SYS_readlinkat, dir, path, to, size);
}

inline int open_tree(int dir, const char* path, unsigned flags) {
  return static_cast<int>(call(SYS_open_tree, dir, path, flags | static_cast<unsigned>(O_CLOEXEC)));
}
inline long move_mount(int from, int to) {
  return call(SYS_move_mount, from, "", to, "", MOVE_MOUNT_F_EMPTY_PATH | MOVE_MOUNT_T_EMPTY_PATH);
}
inline long mount_setattr(int fd, unsigned flags, const struct mount_attr& attr) {
  return call(SYS_mount_setattr, fd, "", flags | static_cast<unsigned>(AT_EMPTY_PATH), &attr, sizeof attr);
}
inline int fsopen(const char* type) {
  return static_cast<int>(call(SYS_fsopen, type, FSOPEN_CLOEXEC));
}
inline long mount(const char* source, const char* target, const char* type, unsigned long flags, const char* data) {
  return call(SYS_mount, source, target, type, flags, data);
}
inline int dup3(int from, int to, int flags) {
  return from == to ? to : static_cast<int>(call(SYS_dup3, from, to, flags));
}
inline long prctl(int option, unsigned long a = 0, unsigned long b = 0, unsigned long c = 0, unsigned long d = 0) {
  return call(SYS_prctl, option, a, b, c, d);
}

// All descriptors from `first` on are closed by the next execve. Old kernels (before 5.11) make us try every number.
__attribute__((no_sanitize("address", "undefined"))) inline void close_on_exec_from(unsigned first) {
  constexpr unsigned kMark = 4;  // CLOSE_RANGE_CLOEXEC
  if (call(SYS_close_range, first, ~0U, kMark) == 0) return;
  uint64_t limit[2] = {65536, 0};  // struct rlimit64
  (void)call(SYS_prlimit64, 0, 7 /* RLIMIT_NOFILE */, nullptr, limit);
  for (unsigned fd = first; fd < limit[0] && fd < (1U << 20); ++fd) (void)call(SYS_fcntl, fd, F_SETFD, FD_CLOEXEC);
}

}  // namespace husk::sys
