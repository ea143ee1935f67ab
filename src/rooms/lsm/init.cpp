// Written through our own procfs, and only if the file really is one of procfs: a label that goes into a file of the
// image would leave the container unconfined (CVE-2019-16884, CVE-2025-52881).
#include "rooms/lsm/init.h"

#include <cerrno>

#include "base/weakness.h"
#include "sys/calls.h"
#include "sys/fd.h"
#include "sys/procfs.h"

namespace husk::lsm {

using sys::check;
using sys::Fault;

namespace {

int open_attr(int procfs, Str file) {
  if (weakened(Weakness::own_procfs)) {
    Text<64> path;
    path.add("/proc/self/attr/").add(file);
    return sys::openat(AT_FDCWD, path.c_str(), O_WRONLY);
  }
  // thread-self is a symbolic link of procfs itself; nothing below it is, and no other mount may begin there.
  int self = sys::openat2(procfs, "thread-self", O_PATH | O_DIRECTORY, RESOLVE_BENEATH | RESOLVE_NO_XDEV);
  if (self == -ENOSYS) self = sys::openat(procfs, "thread-self", O_PATH | O_DIRECTORY);
  const sys::Fd dir(self);
  if (!dir) return self;
  Text<64> attr;
  attr.add("attr/").add(file);
  const int fd =
      sys::openat2(dir.get(), attr.c_str(), O_WRONLY, RESOLVE_BENEATH | RESOLVE_NO_XDEV | RESOLVE_NO_SYMLINKS);
  return fd == -ENOSYS ? sys::openat(dir.get(), attr.c_str(), O_WRONLY | O_NOFOLLOW) : fd;
}

// What clients of runc look for, and what the errno means here.
Fault refusal(const Label& step, int err) {
  if (step.value.view().starts_with("exec ") && err == ENOENT)
    return {err, "apparmor failed to apply profile: it is not loaded (apparmor_parser loads it)", {}};
  if (step.value.view().starts_with("exec ")) return {err, "apparmor failed to apply profile", {}};
  if (err == EINVAL) return {err, "the policy has no such SELinux label", {}};
  return {err, "write SELinux label", {}};
}

}  // namespace

Fault apply(const Label& step, int procfs) {
  int fd = open_attr(procfs, step.file);
  if (fd == -ENOENT && step.fall_back) fd = open_attr(procfs, "exec");
  const sys::Fd file(fd);
  HUSK_CHECK(check(fd, "open /proc/thread-self/attr", step.file));
  if (!sys::is_procfs(fd) && !weakened(Weakness::own_procfs)) return {EXDEV, "open /proc/thread-self/attr", step.file};
  const long written = sys::write(fd, step.value.c_str(), step.value.size());
  return written < 0 ? refusal(step, static_cast<int>(-written)) : Fault();
}

}  // namespace husk::lsm
