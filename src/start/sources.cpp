// The source of a bind mount is looked up in the container's mount namespace, before the change of root: it may lie in
// what earlier entries have mounted there. Mostly init does that itself. Two things it cannot do. Root of a user
// namespace may not enter each of the host's directories; and an idmapped mount takes a privilege over the file system
// that lies below, which only the host's root has, and which is asked for where the mount is made, before it is
// attached anywhere.
//
// So both are done from here, by a process that has our privileges and is in init's mount namespace. Not by us: a
// process that shares its root and working directory, as threads do, may not change its mount namespace, and nobody who
// calls a library wants to find himself in another one. The process has our memory and our table of descriptors, so
// what it opens is ours without being sent; it makes a few system calls while the calling thread sleeps, and ends. It
// sends no SIGCHLD, and whoever in our program waits for any child does not see it.
#include "start/sources.h"

#include <linux/sched.h>
#include <signal.h>
#include <sys/prctl.h>

#include <cerrno>

#include "host/visitor.h"
#include "start/idmapped.h"
#include "sys/calls.h"

namespace husk::starting {
namespace {

struct Visit {
  int mount_namespace;
  const char* path;
  unsigned flags;       // of open_tree(2)
  int mapping;          // a user namespace, or -1
  unsigned map_flags;   // AT_RECURSIVE: all mounts of the tree
  int tree = -EIO;      // the descriptor, or -errno
  bool opened = false;  // the path could be followed
};

// In our memory, on its own stack: system calls and nothing else (and nothing that a sanitizer adds).
__attribute__((no_sanitize("address", "undefined"))) int visit(void* data) {
  auto* v = static_cast<Visit*>(data);
  (void)sys::call(SYS_prctl, PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  long ret = sys::call(SYS_setns, v->mount_namespace, CLONE_NEWNS);
  if (ret >= 0) ret = sys::call(SYS_open_tree, AT_FDCWD, v->path, v->flags | static_cast<unsigned>(O_CLOEXEC));
  v->tree = static_cast<int>(ret);
  v->opened = ret >= 0;
  if (!v->opened || v->mapping < 0) return 0;
  struct mount_attr attr = {};
  attr.attr_set = MOUNT_ATTR_IDMAP;
  attr.userns_fd = static_cast<unsigned>(v->mapping);
  ret = sys::call(SYS_mount_setattr, v->tree, "", v->map_flags | static_cast<unsigned>(AT_EMPTY_PATH), &attr,
                  sizeof attr);
  if (ret < 0) {
    (void)sys::call(SYS_close, v->tree);
    v->tree = static_cast<int>(ret);
  }
  return 0;
}

sys::Fd send_there(Visit& v) {
  const long pid = host::send_visitor(visit, &v);
  return sys::Fd(pid < 0 ? static_cast<int>(pid) : v.tree);
}

Visit visit_for(const rootfs::Mount& mount, int mount_namespace) {
  const unsigned flags = OPEN_TREE_CLONE | (mount.recursive ? AT_RECURSIVE : 0U) |
                         (mount.source_nofollow ? static_cast<unsigned>(AT_SYMLINK_NOFOLLOW) : 0U);
  return {mount_namespace, mount.source.c_str(), flags, -1, 0};
}

}  // namespace

sys::Fd copy_source(const rootfs::Mount& mount, int mount_namespace) {
  Visit v = visit_for(mount, mount_namespace);
  return send_there(v);
}

Result<sys::Fd> copy_mapped_source(const rootfs::Mount& mount, const rootfs::IdmappedSource& mapping,
                                   int mount_namespace) {
  HUSK_LET(const sys::Fd user_namespace, mapping_of(mapping));
  Visit v = visit_for(mount, mount_namespace);
  v.mapping = user_namespace.get();
  v.map_flags = mapping.map_tree ? AT_RECURSIVE : 0U;
  sys::Fd tree = send_there(v);
  if (tree) return tree;
  if (!v.opened) return fail(-tree.get(), "open source ", mapping.source);
  return Error{cat("mount_setattr(MOUNT_ATTR_IDMAP) of ", mapping.source), -tree.get(),
               "the file system must support idmapped mounts", 1};
}

}  // namespace husk::starting
