// The change of root.
//
// pivot_root(".", ".") puts the old root on top of the new one, where it is unmounted at once: no directory in the
// image is needed. umount2(2) takes the tree off and then waits for RCU until nobody can be looking at it any more, about
// a millisecond in which nothing depends on it. So a thread does it: we go on as soon as the old root is off, which we
// see for ourselves, and execve(2), which ends all other threads, is the latest moment it is waited for.
#include <linux/sched.h>

#include <cerrno>

#include "rooms/rootfs/init.h"
#include "sys/clone.h"

namespace husk::rootfs {

using sys::check;
using sys::Fault;
using sys::Fd;

namespace {

constexpr int kDetach = 2;  // MNT_DETACH

struct Unmount {
  alignas(16) char stack[4096];
  int result;  // 1: not yet known
};

// The thread has a working directory of its own: where ours was when it was made, the old root.
int unmount_here(void* data) {
  auto* u = static_cast<Unmount*>(data);
  const long ret = sys::call(SYS_umount2, ".", kDetach);
  __atomic_store_n(&u->result, static_cast<int>(ret), __ATOMIC_RELEASE);
  return 0;
}

// Number 2 of a PID namespace is asked for by name: numbers that are asked for do not count, and the container's first
// child is number 2 all the same.
long start_thread(Unmount& u, bool own_pids) {
  pid_t two = 2;
  struct clone_args args = {};
  args.flags = CLONE_VM | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD | CLONE_SYSVSEM;
  args.stack = reinterpret_cast<uint64_t>(u.stack);
  args.stack_size = sizeof u.stack;
  if (own_pids) {
    args.set_tid = reinterpret_cast<uint64_t>(&two);
    args.set_tid_size = 1;
  }
  return sys::clone_with(SYS_clone3, reinterpret_cast<long>(&args), sizeof args, 0, 0, unmount_here, &u);
}

long mount_id(const char* path, uint64_t& id) {
  struct statx st = {};
  const long ret = sys::call(SYS_statx, AT_FDCWD, path, AT_NO_AUTOMOUNT, STATX_MNT_ID, &st);
  id = st.stx_mnt_id;
  return ret < 0 ? ret : (st.stx_mask & STATX_MNT_ID) != 0 ? 0 : -ENOSYS;
}

// Until the thread has taken the old root off, "/.." leads into it: ".." of the root stays there, and then goes on to
// what is mounted on it.
Fault wait_until_off(const Unmount& u) {
  uint64_t root = 0;
  HUSK_CHECK(check(mount_id("/", root), "statx", "/"));
  for (;;) {
    if (const int result = __atomic_load_n(&u.result, __ATOMIC_ACQUIRE); result <= 0)
      return check(result, "unmount the old root", {});
    uint64_t above = 0;
    HUSK_CHECK(check(mount_id("/..", above), "statx", "/.."));
    if (above == root) return {};
    (void)sys::call(SYS_sched_yield);
  }
}

}  // namespace

// The working directory is the old root; afterwards it is not.
Fault Builder::drop_old_root(bool own_pids) {
  uint64_t id = 0;
  if (mount_api_ && mount_id("/", id) == 0) {
    auto* u = static_cast<Unmount*>(arena_.take(sizeof(Unmount), alignof(Unmount)));  // outlives the thread
    u->result = 1;
    if (start_thread(*u, own_pids) > 0) {
      HUSK_CHECK(check(sys::call(SYS_chdir, "/"), "chdir to /", {}));
      return wait_until_off(*u);
    }
  }
  HUSK_CHECK(check(sys::call(SYS_umount2, ".", kDetach), "unmount the old root", {}));
  return check(sys::call(SYS_chdir, "/"), "chdir to /", {});
}

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
    HUSK_CHECK(drop_old_root(step.own_pids));
  }
  if (step.chroot_only || step.move) HUSK_CHECK(check(sys::call(SYS_chdir, "/"), "chdir to /", {}));
  root_fd_.reset(sys::openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY));
  root_.fd = root_fd_.get();
  return check(root_.fd, "open the new root", {});
}

}  // namespace husk::rootfs
