// Root, pivot, read-only and masked paths.
#include "rooms/rootfs/init.h"

#include <sys/stat.h>

#include <cerrno>
#include <utility>

#include "base/weakness.h"
#include "rooms/rootfs/devnull.h"

namespace husk::rootfs {

using sys::check;
using sys::Fault;
using sys::Fd;

Fault Builder::mount_on(int from, Str source, int target, Str type, unsigned long flags, Str data, Str name) {
  HUSK_CHECK(check(sys::call(SYS_fchdir, procfs_), "chdir to /proc", {}));
  Text<32> to, src;
  to.add("self/fd/").number(target);
  src.add("self/fd/").number(from);
  return check(sys::mount(from >= 0 ? src.c_str() : source.c_str(), to.c_str(), type.c_str(), flags,
                          data.empty() ? nullptr : data.c_str()),
               "mount", name);
}

Fault Builder::apply(const RootPropagation& step) {
  // Before anything is mounted: what we do must not reach the host, and pivot_root(2) refuses a shared parent.
  return check(sys::mount(nullptr, "/", nullptr, step.flags, nullptr), "mount propagation of /", {});
}

namespace {

// The mount that `path` lies on becomes private: attaching to a shared one would show on the host, and pivot_root(2)
// refuses it. Its root is found by going up.
Fault make_parent_private(Str path) {
  Fd at(sys::openat(AT_FDCWD, path.c_str(), O_PATH | O_DIRECTORY));
  HUSK_CHECK(check(at.get(), "open", path));
  for (int depth = 0; depth < 4096; ++depth) {
    struct statx st = {};
    HUSK_CHECK(check(sys::call(SYS_statx, at.get(), "", AT_EMPTY_PATH, 0, &st), "statx", path));
    if ((st.stx_attributes & STATX_ATTR_MOUNT_ROOT) != 0) break;
    at.reset(sys::openat(at.get(), "..", O_PATH | O_DIRECTORY));
    HUSK_CHECK(check(at.get(), "open", path));
  }
  HUSK_CHECK(check(sys::call(SYS_fchdir, at.get()), "chdir", path));
  return check(sys::mount(nullptr, ".", nullptr, MS_PRIVATE, nullptr), "make the mount below the root private", path);
}

}  // namespace

Fault Builder::apply(const OpenRoot& step) {
  root_path_ = step.path;
  if (!step.mount) {
    root_fd_.reset(sys::openat(AT_FDCWD, step.path.c_str(), O_PATH | O_DIRECTORY));
    root_.fd = root_fd_.get();
    return check(root_.fd, "open", step.path);
  }
  if (step.private_parent) HUSK_CHECK(make_parent_private(step.path));
  if (mount_api_) {
    root_fd_.reset(sys::open_tree(AT_FDCWD, step.path.c_str(), OPEN_TREE_CLONE | AT_RECURSIVE));
    HUSK_CHECK(check(root_fd_.get(), "open_tree", step.path));
    const Fd target(sys::openat(AT_FDCWD, step.path.c_str(), O_PATH | O_DIRECTORY));
    HUSK_CHECK(check(target.get(), "open", step.path));
    HUSK_CHECK(check(sys::move_mount(root_fd_.get(), target.get()), "move_mount", step.path));
  } else {
    HUSK_CHECK(check(sys::mount(step.path.c_str(), step.path.c_str(), nullptr, MS_BIND | MS_REC, nullptr), "bind mount",
                     step.path));
    root_fd_.reset(sys::openat(AT_FDCWD, step.path.c_str(), O_PATH | O_DIRECTORY));
    HUSK_CHECK(check(root_fd_.get(), "open", step.path));
  }
  root_.fd = root_fd_.get();
  return {};
}

Fault Builder::apply(const MakeDirectory& step) {
  const Fd fd(sys::make_in(root_, step.path, sys::Make::directory, 0755));
  return check(fd.get(), "make directory", step.path);
}

Fault Builder::apply(const FinalPropagation& step) {
  return check(sys::mount(nullptr, "/", nullptr, step.flags, nullptr), "mount propagation of the container's /", {});
}

Fault classic_flags_of(int fd, Str path, unsigned long& flags) {
  struct {  // the kernel's struct statfs
    long type, bsize;
    unsigned long blocks, bfree, bavail, files, ffree, fsid;
    long namelen, frsize, flags, spare[4];
  } st = {};
  HUSK_CHECK(check(sys::call(SYS_fstatfs, fd, &st), "fstatfs", path));
  // ST_NOSUID ... ST_NODIRATIME are the same numbers as MS_*; from 4096 on they are not.
  constexpr long kRelatime = 4096, kNosymfollow = 8192;
  flags = static_cast<unsigned long>(st.flags) &
          (MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC | MS_NOATIME | MS_NODIRATIME);
  if ((st.flags & kRelatime) != 0) flags |= MS_RELATIME;
  if ((st.flags & kNosymfollow) != 0) flags |= 256;  // MS_NOSYMFOLLOW
  if ((flags & (MS_NOATIME | MS_RELATIME)) == 0) flags |= MS_STRICTATIME;
  return {};
}

// Read-only on what is mounted at fd. Flags it has stay, as a user namespace may not take them away.
Fault Builder::make_readonly(int fd, Str path, unsigned flags) {
  if (weakened(Weakness::readonly_by_fd)) {  // by a name in the container's own /proc
    Text<32> name;
    name.add("/proc/self/fd/").number(fd);
    return check(sys::mount(nullptr, name.c_str(), nullptr, MS_BIND | MS_REMOUNT | MS_RDONLY, nullptr), "remount",
                 path);
  }
  if (mount_api_) {
    struct mount_attr attr = {};
    attr.attr_set = MOUNT_ATTR_RDONLY;
    return check(sys::mount_setattr(fd, flags, attr), "make read-only", path);
  }
  unsigned long keep = 0;
  HUSK_CHECK(classic_flags_of(fd, path, keep));
  return mount_on(-1, "", fd, "", MS_BIND | MS_REMOUNT | MS_RDONLY | keep, {}, path);
}

Fault Builder::apply(const RootReadonly& /*step*/) {
  return make_readonly(root_.fd, "/", 0);
}

Fault Builder::apply(const MakeReadonly& step) {
  if (weakened(Weakness::masks_by_mount))
    return make_readonly(Fd(sys::open_in(root_, step.target, O_PATH)).get(), step.target, 0);
  const Kept* mount = kept(step.target);
  if (mount == nullptr) return {ENOENT, "make read-only", step.target};
  return make_readonly(mount->fd, step.target, 0);
}

Fault Builder::bind(int from, int to, Str name) {
  if (!mount_api_) return mount_on(from, "", to, "", MS_BIND, {}, name);
  const Fd tree(sys::open_tree(from, "", OPEN_TREE_CLONE | AT_EMPTY_PATH));
  HUSK_CHECK(check(tree.get(), "open_tree", name));
  return check(sys::move_mount(tree.get(), to), "move_mount", name);
}

namespace {

// 0 members where the kernel does not tell (mounts: before Linux 5.8).
Place place_of(int fd) {
  constexpr unsigned kMountId = 0x1000;  // STATX_MNT_ID
  struct statx st = {};
  if (sys::call(SYS_statx, fd, "", AT_EMPTY_PATH, STATX_INO | kMountId, &st) < 0) return {};
  const uint64_t device = uint64_t{st.stx_dev_major} << 32 | st.stx_dev_minor;
  return {(st.stx_mask & kMountId) != 0 ? st.stx_mnt_id : 0, device, st.stx_ino};
}

}  // namespace

// `target`: what it was mounted on, looked up before.
void Builder::keep(const Mount& step, int target, Fd mounted) {
  if (!step.keep) return cover(target, std::move(mounted));
  // Each costs a descriptor, and the caller's limit of them may be low. It is given back by finish().
  constexpr int kFew = 32;
  if (mounted.get() > kFew && descriptors_.rlim_cur == 0 &&
      sys::call(SYS_prlimit64, 0, RLIMIT_NOFILE, nullptr, &descriptors_) == 0) {
    const struct rlimit64 all = {descriptors_.rlim_max, descriptors_.rlim_max};
    (void)sys::call(SYS_prlimit64, 0, RLIMIT_NOFILE, &all, nullptr);
  }
  Kept& one = arena_.array<Kept>(1)[0];
  const Place place = place_of(mounted.get());
  one = {step.target, mounted.release(), place, kept_};
  kept_ = &one;
}

// What is mounted on /proc or /sys takes its place, by whatever name that was reached: it hides the other.
void Builder::cover(int target, Fd mounted) {
  if (kept_ == nullptr) return;
  const Place at = place_of(target);
  for (Kept* one = kept_; one != nullptr; one = one->next) {
    if (one->place.device != at.device || one->place.inode != at.inode || one->place.mount != at.mount) continue;
    if (one->target.view() != "/proc" && one->target.view() != "/sys") continue;  // (that one is to be read-only)
    const Place place = place_of(mounted.get());
    // Without its number it may be another mount of the same file system.
    const Place by_name = at.mount != 0 ? place : place_of(Fd(sys::open_in(root_, one->target, O_PATH)).get());
    if (by_name.device != place.device || by_name.inode != place.inode) continue;
    (void)sys::close(one->fd);
    one->fd = mounted.release();
    one->place = place;
    return;
  }
}

void Builder::finish() {
  for (Kept* one = kept_; one != nullptr; one = one->next) (void)sys::close(one->fd);
  kept_ = nullptr;
  if (descriptors_.rlim_cur != 0) (void)sys::call(SYS_prlimit64, 0, RLIMIT_NOFILE, &descriptors_, nullptr);
}

void Builder::let_go() {
  dev_null_.reset();
  mask_.reset();
  device_dir_.reset();
}

Builder::Kept* Builder::kept(std::string_view target) const {
  Kept* one = kept_;
  while (one != nullptr && one->target.view() != target) one = one->next;
  return one;
}

// A path of /proc or /sys is looked up in the mount that was made there. Somebody who shares the root file system, or
// the volume that one of them lies in, may have given the directory with the mount on it another name, and what has its
// name by now is not what is to be masked.
int Builder::open_kernel_path(Str path) const {
  for (const std::string_view top : {"/proc", "/sys"}) {
    if (!path.view().starts_with(top) || weakened(Weakness::masks_by_mount)) continue;
    const Str below(path.c_str() + top.size(), path.size() - top.size());
    const Kept* mount = kept(top);
    if (mount == nullptr || (!below.empty() && below[0] != '/') || below.view().find("/..") != std::string_view::npos)
      continue;
    const int fd = sys::open_in({mount->fd, root_.has_openat2}, below, O_PATH);
    if (fd != -ENOENT) return fd;  // else by a link that leads out of it
  }
  return sys::open_in(root_, path, O_PATH);
}

// What mount(2) has mounted on `target`, of which `path` is the name.
int Builder::open_mounted_on(Str path, int target) const {
  const Place at = place_of(target);
  for (const Kept* one = kept_; one != nullptr;
       one = one->next)  // from the root of one that is kept there is no way up
    if (one->place.device == at.device && one->place.inode == at.inode) return sys::open_in(root_, path, O_PATH);
  return open_kernel_path(path);
}

Fault Builder::apply(const ReadonlyPath& step) {
  if (weakened(Weakness::masks)) return {};
  const Fd fd(open_kernel_path(step.path));
  if (fd.get() == -ENOENT || fd.get() == -ENOTDIR) return {};
  HUSK_CHECK(check(fd.get(), "open", step.path));
  if (mount_api_) {
    Fd tree(sys::open_tree(fd.get(), "", OPEN_TREE_CLONE | AT_EMPTY_PATH | AT_RECURSIVE));
    HUSK_CHECK(check(tree.get(), "open_tree", step.path));
    HUSK_CHECK(make_readonly(tree.get(), step.path, 0));
    HUSK_CHECK(check(sys::move_mount(tree.get(), fd.get()), "move_mount", step.path));
    cover(fd.get(), std::move(tree));
    return {};
  }
  HUSK_CHECK(mount_on(fd.get(), "", fd.get(), "", MS_BIND | MS_REC, {}, step.path));
  Fd mounted(open_mounted_on(step.path, fd.get()));
  HUSK_CHECK(check(mounted.get(), "open", step.path));
  HUSK_CHECK(make_readonly(mounted.get(), step.path, 0));
  cover(fd.get(), std::move(mounted));
  return {};
}

Fault Builder::apply(const MaskedPath& step) {
  if (weakened(Weakness::masks)) return {};
  const Fd fd(open_kernel_path(step.path));
  if (fd.get() == -ENOENT || fd.get() == -ENOTDIR) return {};
  HUSK_CHECK(check(fd.get(), "open", step.path));
  struct stat st = {};
  HUSK_CHECK(check(sys::stat_fd(fd.get(), &st), "stat", step.path));
  if (S_ISDIR(st.st_mode)) return mask_directory(fd.get(), step);
  return mask_file(fd.get(), step.path);
}

// With the host's null device, never with what the image calls /dev/null. The first file gets the detached mount
// itself, the next ones a clone of it. mount(2) can only bind what is mounted here: then it is the container's node,
// once it has been shown to be the null device.
Fault Builder::mask_file(int target, Str path) {
  if (weakened(Weakness::null_device_checked))
    return bind(Fd(sys::open_in(root_, "/dev/null", O_PATH)).get(), target, path);
  if (!mount_api_) {
    const Fd null(sys::open_in(root_, "/dev/null", O_PATH | O_NOFOLLOW));
    HUSK_CHECK(check_dev_null(null.get()));
    return bind(null.get(), target, path);
  }
  HUSK_CHECK(check_dev_null(dev_null_.get()));
  if (dev_null_attached_) return bind(dev_null_.get(), target, path);
  dev_null_attached_ = true;
  return check(sys::move_mount(dev_null_.get(), target), "move_mount", path);
}

// One empty tmpfs serves all masked directories: making a file system costs more than another mount of it.
Fault Builder::mask_directory(int target, const MaskedPath& step) {
  const Str path = step.path;
  constexpr size_t kLongest = 255;  // of an option, for fsconfig(2)
  if (!mount_api_ || step.label.size() > kLongest) {
    Text<4096> data;
    data.add("nr_blocks=1,nr_inodes=1");
    if (!step.label.empty()) data.add(",context=\"").add(step.label).add('"');
    return mount_on(-1, "tmpfs", target, "tmpfs", MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC, data.str(), path);
  }
  if (mask_) return bind(mask_.get(), target, path);
  const Fd context(sys::fsopen("tmpfs"));
  HUSK_CHECK(check(context.get(), "fsopen tmpfs", path));
  (void)sys::call(SYS_fsconfig, context.get(), FSCONFIG_SET_STRING, "nr_blocks", "1", 0);
  (void)sys::call(SYS_fsconfig, context.get(), FSCONFIG_SET_STRING, "nr_inodes", "1", 0);
  if (!step.label.empty())
    HUSK_CHECK(check(sys::call(SYS_fsconfig, context.get(), FSCONFIG_SET_STRING, "context", step.label.c_str(), 0),
                     "label", path));
  HUSK_CHECK(
      check(sys::call(SYS_fsconfig, context.get(), FSCONFIG_CMD_CREATE, nullptr, nullptr, 0), "create tmpfs", path));
  constexpr unsigned kAttr = MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC;
  mask_.reset(static_cast<int>(sys::call(SYS_fsmount, context.get(), FSMOUNT_CLOEXEC, kAttr)));
  HUSK_CHECK(check(mask_.get(), "fsmount tmpfs", path));
  return check(sys::move_mount(mask_.get(), target), "move_mount", path);
}

Fault Builder::apply(const ReopenDevNull& /*step*/) {
  Fd null;
  for (int stream = 0; stream < 3; ++stream) {
    if (check_dev_null(stream)) continue;  // closed, or something else
    if (weakened(Weakness::null_device_checked)) null.reset(sys::open_in(root_, "/dev/null", O_RDWR));
    if (!null) {
      null.reset(sys::open_in(root_, "/dev/null", O_RDWR | O_NOFOLLOW | O_NOCTTY | O_NONBLOCK));
      if (!null || check_dev_null(null.get())) return {};  // the image has none: the host's is as good
    }
    HUSK_CHECK(check(sys::dup3(null.get(), stream, 0), "reopen /dev/null", {}));
  }
  return {};
}

}  // namespace husk::rootfs
