// Device nodes and links.
#include <sys/stat.h>

#include <cerrno>

#include "base/weakness.h"
#include "rooms/rootfs/init.h"
#include "sys/naive.h"

namespace husk::rootfs {

using sys::check;
using sys::Fault;
using sys::Fd;

// Opens (and makes) the directory of `path`, and keeps it: the next device is mostly its neighbour.
Fault Builder::parent_of(Str path, Str& name, int& directory) {
  size_t slash = path.view().rfind('/');
  if (slash == std::string_view::npos || slash + 1 == path.size()) return {EINVAL, "no file name", path};
  name = Str(path.c_str() + slash + 1, path.size() - slash - 1);
  if (name.view() == "." || name.view() == "..") return {EINVAL, "no file name", path};
  const std::string_view parent = path.view().substr(0, slash);
  if (!device_dir_ || device_dir_name_.view() != parent) {
    device_dir_name_ = arena_.copy(parent);
    device_dir_.reset(sys::make_in(root_, parent.empty() ? Str("/") : device_dir_name_, sys::Make::directory, 0755));
    if (weakened(Weakness::links_below_dev)) device_dir_.reset(sys::naive::open(root_.fd, device_dir_name_, O_PATH));
    HUSK_CHECK(check(device_dir_.get(), "open directory of", path));
  }
  directory = device_dir_.get();
  return {};
}

Fault Builder::apply(const Device& step) {
  Str name;
  int directory = -1;
  HUSK_CHECK(parent_of(step.path, name, directory));
  if (step.bind) return bind_device(step, directory, name);
  const auto device = sys::device_number(step.major, step.minor);
  const long made = sys::call(SYS_mknodat, directory, name.c_str(), step.type | step.mode, device);
  if (made == -EPERM) return bind_device(step, directory, name);  // a user namespace that was not foreseen
  if (made == -EEXIST && weakened(Weakness::device_inode_checked))
    return check(sys::call(SYS_fchownat, directory, name.c_str(), step.uid, step.gid, 0), "chown", step.path);
  if (made == -EEXIST) {
    struct stat st = {};
    HUSK_CHECK(check(sys::stat_at(directory, name.c_str(), &st, AT_SYMLINK_NOFOLLOW), "stat", step.path));
    const bool same = (st.st_mode & S_IFMT) == step.type && (step.type == S_IFIFO || st.st_rdev == device);
    return same ? Fault{} : Fault{EEXIST, "make device: something else is there", step.path};
  }
  HUSK_CHECK(check(made, "mknod", step.path));
  if (step.uid == 0 && step.gid == 0) return {};
  return check(sys::call(SYS_fchownat, directory, name.c_str(), step.uid, step.gid, AT_SYMLINK_NOFOLLOW), "chown",
               step.path);
}

// The host's node of the same name on an empty file, if it is the device that is asked for.
Fault Builder::bind_device(const Device& step, int directory, Str name) {
  const Fd host(sys::openat(AT_FDCWD, step.path.c_str(), O_PATH | O_NOFOLLOW));
  HUSK_CHECK(check(host.get(), "open the host's device", step.path));
  struct stat st = {};
  HUSK_CHECK(check(sys::stat_fd(host.get(), &st), "stat the host's device", step.path));
  if ((st.st_mode & S_IFMT) != step.type || st.st_rdev != sys::device_number(step.major, step.minor))
    return {ENODEV, "the host's device has another number", step.path};
  const int made = sys::openat(directory, name.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600);
  if (made >= 0)
    (void)sys::close(made);
  else if (made != -EEXIST)
    return check(made, "make file for device", step.path);
  const Fd target(sys::openat(directory, name.c_str(), O_PATH | O_NOFOLLOW));
  HUSK_CHECK(check(target.get(), "open", step.path));
  HUSK_CHECK(check(sys::stat_fd(target.get(), &st), "stat", step.path));
  if (S_ISLNK(st.st_mode) || S_ISDIR(st.st_mode)) return {EEXIST, "make device: something else is there", step.path};
  return bind(host.get(), target.get(), step.path);
}

Fault Builder::apply(const Link& step) {
  Str name;
  int directory = -1;
  HUSK_CHECK(parent_of(step.path, name, directory));
  long ret = sys::call(SYS_symlinkat, step.target.c_str(), directory, name.c_str());
  if (ret == -EEXIST) {
    if (!step.replace) return {};  // the image's own
    (void)sys::call(SYS_unlinkat, directory, name.c_str(), 0);
    ret = sys::call(SYS_symlinkat, step.target.c_str(), directory, name.c_str());
  }
  return check(ret, "symlink", step.path);
}

}  // namespace husk::rootfs
