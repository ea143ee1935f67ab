// What init does to make the root file system. Paths are the container's, resolved beneath the root's descriptor.
#pragma once

#include <cstdint>
#include <span>

#include "base/str.h"

namespace husk::rootfs {

struct RootPropagation {  // of everything that is mounted, before the first change
  uint64_t flags = 0;     // MS_SLAVE | MS_REC ...
  template <class S, class A>
  static void fields(S& s, A& a) {
    a("flags", s.flags);
  }
};

struct OpenRoot {  // the bundle's rootfs becomes a mount of its own
  Str path;
  bool mount = true;            // false: without a mount namespace it is used as it lies there
  bool private_parent = false;  // rootfsPropagation is shared or unbindable: the mount we attach to must not be
  template <class S, class A>
  static void fields(S& s, A& a) {
    a("path", s.path)("mount", s.mount)("privateParent", s.private_parent);
  }
};

struct Mount {
  Str type, source, target;
  std::span<const Str> data;  // options of the file system itself
  Str label;                  // SELinux, of the root of a file system that cannot be told by an option: mqueue
  bool bind = false, recursive = false;
  bool plain_target = false;              // no symbolic link on the way to the target (proc, sysfs)
  bool read_only_fs = false;              // the file system, not only this mount of it
  bool classic = false;                   // options that only mount(2) knows
  uint64_t idmapped = 0;                  // n: the parent maps the ids of the source, as its n-th list says
  bool copy_up = false;                   // tmpfs starts with what was at the target
  bool copy_link = false;                 // a source that is a symbolic link is copied and not mounted
  bool source_nofollow = false;           // where the path of the source ends in a symbolic link, this is the source
  bool target_nofollow = false;           // the same at the target, which must exist
  bool keep = false;                      // steps after the change of root are about it
  uint64_t attr_set = 0, attr_clear = 0;  // MOUNT_ATTR_*
  uint64_t implied_clear = 0;             // to be cleared as well, where nothing keeps us from it
  uint64_t tree_set = 0, tree_clear = 0;  // the same for the whole tree: rro, rnosuid ...
  uint64_t classic_flags = 0;             // MS_* for mount(2)
  std::span<const uint64_t> propagation;  // MS_SHARED [| MS_REC] ...
  template <class S, class A>
  static void fields(S& s, A& a) {
    a("type", s.type)("source", s.source)("target", s.target)("data", s.data)("label", s.label)("bind", s.bind)(
        "recursive", s.recursive)("plainTarget", s.plain_target)("readOnlyFs", s.read_only_fs)("classic", s.classic)(
        "copyUp", s.copy_up)("copyLink", s.copy_link)("sourceNofollow", s.source_nofollow)(
        "targetNofollow", s.target_nofollow)("keep", s.keep)("idmapped", s.idmapped)("attrSet", s.attr_set)(
        "attrClear", s.attr_clear)("impliedClear", s.implied_clear)("treeSet", s.tree_set)("treeClear", s.tree_clear)(
        "classicFlags", s.classic_flags)("propagation", s.propagation);
  }
};

struct MakeReadonly {  // a mount that had to be written to first: /dev, a tmpfs
  Str target;
  template <class S, class A>
  static void fields(S& s, A& a) {
    a("target", s.target);
  }
};

struct Device {
  Str path;
  uint64_t type = 0;  // S_IFCHR, S_IFBLK or S_IFIFO
  uint64_t major = 0, minor = 0, mode = 0;
  uint64_t uid = 0, gid = 0;
  bool bind = false;  // from the host's /dev, where mknod is refused
  template <class S, class A>
  static void fields(S& s, A& a) {
    a("path", s.path)("type", s.type)("major", s.major)("minor", s.minor)("mode", s.mode)("uid", s.uid)("gid", s.gid)(
        "bind", s.bind);
  }
};

struct Link {
  Str target, path;
  bool replace = false;  // what is there now
  template <class S, class A>
  static void fields(S& s, A& a) {
    a("target", s.target)("path", s.path)("replace", s.replace);
  }
};

struct MakeDirectory {  // the working directory, where the image lacks it
  Str path;
  template <class S, class A>
  static void fields(S& s, A& a) {
    a("path", s.path);
  }
};

struct PivotRoot {
  bool move = false;         // MS_MOVE and chroot instead: the host's root is a ramfs
  bool chroot_only = false;  // no mount namespace of its own
  template <class S, class A>
  static void fields(S& s, A& a) {
    a("move", s.move)("chrootOnly", s.chroot_only);
  }
};

struct FinalPropagation {  // of the container's "/"
  uint64_t flags = 0;
  template <class S, class A>
  static void fields(S& s, A& a) {
    a("flags", s.flags);
  }
};

struct RootReadonly {
  template <class S, class A>
  static void fields(S& /*s*/, A& /*a*/) {}
};

struct ReadonlyPath {
  Str path;
  template <class S, class A>
  static void fields(S& s, A& a) {
    a("path", s.path);
  }
};

struct MaskedPath {
  Str path;
  Str label;  // SELinux, of the file system that covers a directory
  template <class S, class A>
  static void fields(S& s, A& a) {
    a("path", s.path)("label", s.label);
  }
};

// Standard streams that are the host's /dev/null become the container's.
struct ReopenDevNull {
  template <class S, class A>
  static void fields(S& /*s*/, A& /*a*/) {}
};

}  // namespace husk::rootfs
