// The root file system, as init makes it.
#pragma once

#include <sys/resource.h>

#include "base/arena.h"
#include "rooms/rootfs/steps.h"
#include "sys/fault.h"
#include "sys/fd.h"
#include "sys/path.h"

namespace husk::rootfs {

// Asks the parent for the source of the mount that is being made: 0, or -errno.
struct Asker {
  int (*ask)(void* whom, sys::Fd& source) = nullptr;
  void* whom = nullptr;
};

// What a descriptor refers to: the mount by its number, the file by device and inode.
struct Place {
  uint64_t mount = 0, device = 0, inode = 0;
};

// Mounts go on descriptors. With the new mount API a mount is made detached, gets its attributes and is then attached
// (`move_mount` from descriptor to descriptor). Without it there is only mount(2), which wants paths: then the working
// directory is our own procfs and the paths are "self/fd/N", which name exactly these descriptors.
class Builder {
 public:
  Builder(int procfs, bool mount_api, bool openat2, Asker asker, Arena& arena)
      : procfs_(procfs), mount_api_(mount_api), root_{-1, openat2}, asker_(asker), arena_(arena) {}

  sys::Fault apply(const RootPropagation& step);
  sys::Fault apply(const OpenRoot& step);
  sys::Fault apply(const Mount& step);
  sys::Fault apply(const MakeReadonly& step);
  sys::Fault apply(const Device& step);
  sys::Fault apply(const Link& step);
  sys::Fault apply(const MakeDirectory& step);
  sys::Fault apply(const PivotRoot& step);
  sys::Fault apply(const FinalPropagation& step);
  sys::Fault apply(const RootReadonly& step);
  sys::Fault apply(const ReadonlyPath& step);
  sys::Fault apply(const MaskedPath& step);
  sys::Fault apply(const ReopenDevNull& step);

  // Lets go of what was kept for later steps.
  void finish();
  // What execve would close: for a process that others may look at before it comes to that.
  void let_go();
  // The container's root, for who opens files in it.
  [[nodiscard]] sys::RootDir root() const { return root_; }
  // Binds what `from` refers to on what `to` refers to (a file on a file). `from` must belong to this mount namespace.
  sys::Fault bind(int from, int to, Str name);

 private:
  // A mount that is still to be worked on. Its descriptor is it, whatever its mount point is called by then.
  struct Kept {
    Str target;
    int fd = -1;
    Place place;  // of its root
    Kept* next = nullptr;
  };
  void keep(const Mount& step, int target, sys::Fd mounted);
  [[nodiscard]] Kept* kept(std::string_view target) const;
  void cover(int target, sys::Fd mounted);
  [[nodiscard]] int open_kernel_path(Str path) const;
  [[nodiscard]] int open_mounted_on(Str path, int target) const;

  sys::Fault open_target(const Mount& step, bool directory, sys::Fd& target);
  sys::Fault mount_fs(const Mount& step);
  sys::Fault mount_bind(const Mount& step);
  sys::Fault copy_link(const Mount& step, bool& copied);
  sys::Fault open_source(const Mount& step, sys::Fd& source);
  sys::Fault mount_classic(const Mount& step, int target, Str mode);
  sys::Fault open_mounted(const Mount& step, const struct stat& root, sys::Fd& mounted);
  sys::Fault remount_classic(const Mount& step, int mounted);
  sys::Fault set_label(const Mount& step, int mounted);
  sys::Fault set_propagation(const Mount& step, int mounted);
  sys::Fault set_attributes(const Mount& step, int mounted);
  sys::Fault copy_up(const Mount& step, int from, int to);
  sys::Fault fs_context(const Mount& step, Str mode, sys::Fd& mounted);
  Str mode_of_target(const Mount& step);
  sys::Fault context_fault(int context, long err, Str what, Str detail);
  sys::Fault check_procfs_target(const Mount& step, int target);
  sys::Fault parent_of(Str path, Str& name, int& directory);
  sys::Fault bind_device(const Device& step, int directory, Str name);
  sys::Fault make_readonly(int fd, Str path, unsigned flags);
  sys::Fault drop_host_kernel_mounts(Str rootfs);
  sys::Fault mask_directory(int target, const MaskedPath& step);
  sys::Fault mask_file(int target, Str path);
  // mount(2) on descriptors; `from` < 0: no source, or the text `source`.
  sys::Fault mount_on(int from, Str source, int target, Str type, unsigned long flags, Str data, Str name);

  int procfs_;
  bool mount_api_;
  sys::RootDir root_;
  Str root_path_;
  Asker asker_;
  Arena& arena_;
  sys::Fd root_fd_;
  Kept* kept_ = nullptr;              // the last one first
  struct rlimit64 descriptors_ = {};  // what the soft limit was before many mounts were kept; 0: it is as it was
  sys::Fd dev_null_;                  // a mount of the host's /dev/null
  bool dev_null_attached_ = false;
  sys::Fd mask_;        // an empty read-only tmpfs, once one directory is masked
  sys::Fd device_dir_;  // of the device made last: the next one is mostly in the same
  Str device_dir_name_;
};

// MS_* that the mount at `fd` has, access times among them.
sys::Fault classic_flags_of(int fd, Str path, unsigned long& flags);

// Recursive copy of what is in directory `from` into directory `to` (tmpcopyup): modes, owners, links, contents.
sys::Fault copy_tree(int from, int to, Str name);

}  // namespace husk::rootfs
