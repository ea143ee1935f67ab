// The change of root.
//
// pivot_root(".", ".") puts the old root on top of the new one, where it is unmounted at once: no directory in the
// image is needed. umount2(2) ends in a wait for RCU; doing that wait in a thread, beside the steps that follow, was
// tried and gained nothing that could be measured.
#include <cerrno>

#include "rooms/rootfs/init.h"

namespace husk::rootfs {

using sys::check;
using sys::Fault;
using sys::Fd;

namespace {

constexpr int kDetach = 2;  // MNT_DETACH

}  // namespace

Fault Builder::apply(const PivotRoot& step) {
  // The host's, while it can still be seen; detached, since after the change of root its mount is not ours to clone.
  if (mount_api_) dev_null_.reset(sys::open_tree(AT_FDCWD, "/dev/null", OPEN_TREE_CLONE));
  HUSK_CHECK(check(sys::call(SYS_fchdir, root_.fd), "chdir to the root file system", {}));
  if (step.chroot_only) {
    HUSK_CHECK(check(sys::call(SYS_chroot, "."), "chroot", {}));
  } else if (step.move) {
    HUSK_CHECK(check(sys::mount(".", "/", nullptr, MS_MOVE, nullptr), "move the root mount", {}));
    HUSK_CHECK(check(sys::call(SYS_chroot, "."), "chroot", {}));
  } else {
    const Fd old_root(sys::openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY));
    HUSK_CHECK(check(old_root.get(), "open the old root", {}));
    HUSK_CHECK(check(sys::call(SYS_pivot_root, ".", "."), "pivot_root", {}));
    HUSK_CHECK(check(sys::call(SYS_fchdir, old_root.get()), "chdir to the old root", {}));
    // Slave first: taking the old root off must not propagate to the host.
    HUSK_CHECK(check(sys::mount(nullptr, ".", nullptr, MS_SLAVE | MS_REC, nullptr), "make the old root a slave", {}));
    HUSK_CHECK(check(sys::call(SYS_umount2, ".", kDetach), "unmount the old root", {}));
  }
  HUSK_CHECK(check(sys::call(SYS_chdir, "/"), "chdir to /", {}));
  root_fd_.reset(sys::openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY));
  root_.fd = root_fd_.get();
  return check(root_.fd, "open the new root", {});
}

}  // namespace husk::rootfs
