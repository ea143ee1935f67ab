// Written through our own procfs, and only if the file really is one of procfs: a label that goes into a file of the
// image would leave the container unconfined (CVE-2019-16884, CVE-2025-52881).
#include "rooms/lsm/init.h"

#include <cerrno>

#include "sys/calls.h"
#include "sys/fd.h"

namespace husk::lsm {

using sys::check;
using sys::Fault;

namespace {

int open_attr(int procfs, Str file) {
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

}  // namespace

Fault apply(const ExecLabel& step, int procfs) {
  int fd = open_attr(procfs, step.file);
  if (fd == -ENOENT && step.fall_back) fd = open_attr(procfs, "exec");
  const sys::Fd file(fd);
  HUSK_CHECK(check(fd, "open /proc/thread-self/attr", step.file));
  return check(sys::write(fd, step.value.c_str(), step.value.size()), "write label", step.value);
}

}  // namespace husk::lsm
