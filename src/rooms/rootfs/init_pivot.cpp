// The change of root.
//
// pivot_root(".", ".") puts the old root on top of the new one, where it is unmounted at once: no directory in the
// image is needed. umount2(2) ends in a wait for RCU; doing that wait in a thread, beside the steps that follow, was
// tried and gained nothing that could be measured.
#include <cerrno>

#include "base/weakness.h"
#include "rooms/rootfs/init.h"

namespace husk::rootfs {

using sys::check;
using sys::Fault;
using sys::Fd;

namespace {

constexpr int kDetach = 2;  // MNT_DETACH

// "\\040" is a blank: mountinfo escapes what would end a field.
void unescape(std::string_view field, Text<4096>& out) {
  for (size_t i = 0; i < field.size(); ++i) {
    if (field[i] == '\\' && i + 3 < field.size()) {
      out.add(static_cast<char>((field[i + 1] - '0') * 64 + (field[i + 2] - '0') * 8 + (field[i + 3] - '0')));
      i += 3;
    } else {
      out.add(field[i]);
    }
  }
}

std::string_view take_field(std::string_view& line) {
  const size_t blank = line.find(' ');
  const std::string_view field = line.substr(0, blank);
  line = blank == std::string_view::npos ? std::string_view() : line.substr(blank + 1);
  return field;
}

}  // namespace

// Without pivot_root the host's mounts stay in our namespace, below what is moved over them. A procfs or sysfs among
// them that is not masked would allow a user namespace inside to mount a new one of its own: they are taken away first.
Fault Builder::drop_host_kernel_mounts(Str rootfs) {
  const Fd file(sys::openat(procfs_, "self/mountinfo", O_RDONLY));
  HUSK_CHECK(check(file.get(), "open /proc/self/mountinfo", {}));
  constexpr size_t kMax = 4UL << 20;
  char* text = static_cast<char*>(arena_.take(kMax, 1));
  size_t size = 0;
  for (long n = 0; size < kMax && (n = sys::read(file.get(), text + size, kMax - size)) > 0;)
    size += static_cast<size_t>(n);
  for (std::string_view rest(text, size); !rest.empty();) {
    const size_t end = rest.find('\n');
    std::string_view line = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
    const size_t dash = line.find(" - ");
    if (dash == std::string_view::npos) continue;
    const std::string_view type = line.substr(dash + 3, line.find(' ', dash + 3) - dash - 3);
    if (type != "proc" && type != "sysfs") continue;
    for (int i = 0; i < 4; ++i) (void)take_field(line);
    Text<4096> point;
    unescape(take_field(line), point);
    const std::string_view where = point.str();
    if (where.substr(0, rootfs.size()) == rootfs.view() && where.size() > rootfs.size() && where[rootfs.size()] == '/')
      continue;
    long ret = sys::call(SYS_umount2, point.c_str(), kDetach);
    if (ret == -EINVAL || ret == -EPERM)  // locked by a user namespace: then it is covered
      ret = sys::mount("tmpfs", point.c_str(), "tmpfs", MS_RDONLY, nullptr);
    if (ret < 0 && ret != -ENOENT) return check(ret, "take the host's mount away", arena_.copy(where));
  }
  return {};
}

Fault Builder::apply(const PivotRoot& step) {
  // The host's, while it can still be seen; detached, since after the change of root its mount is not ours to clone.
  // Read-only, or root in the container could change mode, owner and times of the host's node through it; writing to
  // a device is something else.
  if (mount_api_) {
    dev_null_.reset(sys::open_tree(AT_FDCWD, "/dev/null", OPEN_TREE_CLONE));
    struct mount_attr attr = {};
    attr.attr_set = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC;
    if (dev_null_) HUSK_CHECK(check(sys::mount_setattr(dev_null_.get(), 0, attr), "make read-only", "/dev/null"));
  }
  HUSK_CHECK(check(sys::call(SYS_fchdir, root_.fd), "chdir to the root file system", {}));
  if (step.chroot_only) {
    HUSK_CHECK(check(sys::call(SYS_chroot, "."), "chroot", {}));
  } else if (step.move) {
    HUSK_CHECK(drop_host_kernel_mounts(root_path_));
    HUSK_CHECK(check(sys::mount(".", "/", nullptr, MS_MOVE, nullptr), "move the root mount", {}));
    HUSK_CHECK(check(sys::call(SYS_chroot, "."), "chroot", {}));
  } else {
    const Fd old_root(sys::openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY));
    HUSK_CHECK(check(old_root.get(), "open the old root", {}));
    HUSK_CHECK(check(sys::call(SYS_pivot_root, ".", "."), "pivot_root", {}));
    HUSK_CHECK(check(sys::call(SYS_fchdir, old_root.get()), "chdir to the old root", {}));
    // Slave first: taking the old root off must not propagate to the host.
    HUSK_CHECK(check(sys::mount(nullptr, ".", nullptr, MS_SLAVE | MS_REC, nullptr), "make the old root a slave", {}));
    if (weakened(Weakness::old_root_gone))
      (void)sys::call(SYS_fcntl, old_root.get(), F_DUPFD, 3);  // inherited
    else
      HUSK_CHECK(check(sys::call(SYS_umount2, ".", kDetach), "unmount the old root", {}));
  }
  HUSK_CHECK(check(sys::call(SYS_chdir, "/"), "chdir to /", {}));
  root_fd_.reset(sys::openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY));
  root_.fd = root_fd_.get();
  return check(root_.fd, "open the new root", {});
}

}  // namespace husk::rootfs
