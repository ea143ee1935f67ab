// The table follows runtime-spec 1.3, config.md "Linux mount options".
#include "rooms/rootfs/options.h"

#include <linux/mount.h>

#include <algorithm>

namespace husk::rootfs {
namespace {

enum class Sort : uint8_t { attr, tree, super, classic, propagation, none };

struct Option {
  std::string_view word;
  Sort sort;
  bool clear;
  uint64_t attr;   // MOUNT_ATTR_*
  uint64_t flags;  // MS_*
};

// Access times are one field of several values, not bits: setting any clears the field first.
constexpr uint64_t kAtime = MOUNT_ATTR__ATIME;

constexpr Option kOptions[] = {
    {"async", Sort::super, true, 0, MS_SYNCHRONOUS},
    {"atime", Sort::attr, true, MOUNT_ATTR_NOATIME, MS_NOATIME},
    {"acl", Sort::classic, false, 0, MS_POSIXACL},
    {"defaults", Sort::none, false, 0, 0},
    {"dev", Sort::attr, true, MOUNT_ATTR_NODEV, MS_NODEV},
    {"diratime", Sort::attr, true, MOUNT_ATTR_NODIRATIME, MS_NODIRATIME},
    {"dirsync", Sort::super, false, 0, MS_DIRSYNC},
    {"exec", Sort::attr, true, MOUNT_ATTR_NOEXEC, MS_NOEXEC},
    {"iversion", Sort::classic, false, 0, MS_I_VERSION},
    {"lazytime", Sort::super, false, 0, MS_LAZYTIME},
    {"loud", Sort::none, false, 0, 0},
    {"mand", Sort::classic, false, 0, MS_MANDLOCK},
    {"noacl", Sort::none, true, 0, 0},
    {"noatime", Sort::attr, false, MOUNT_ATTR_NOATIME, MS_NOATIME},
    {"nodev", Sort::attr, false, MOUNT_ATTR_NODEV, MS_NODEV},
    {"nodiratime", Sort::attr, false, MOUNT_ATTR_NODIRATIME, MS_NODIRATIME},
    {"noexec", Sort::attr, false, MOUNT_ATTR_NOEXEC, MS_NOEXEC},
    {"noiversion", Sort::none, true, 0, 0},
    {"nolazytime", Sort::super, true, 0, MS_LAZYTIME},
    {"nomand", Sort::none, true, 0, 0},
    {"norelatime", Sort::none, true, 0, MS_RELATIME},
    {"nostrictatime", Sort::attr, true, MOUNT_ATTR_STRICTATIME, MS_STRICTATIME},
    {"nosuid", Sort::attr, false, MOUNT_ATTR_NOSUID, MS_NOSUID},
    {"nosymfollow", Sort::attr, false, MOUNT_ATTR_NOSYMFOLLOW, 256 /* MS_NOSYMFOLLOW */},
    {"private", Sort::propagation, false, 0, MS_PRIVATE},
    {"ratime", Sort::tree, true, MOUNT_ATTR_NOATIME, 0},
    {"rdev", Sort::tree, true, MOUNT_ATTR_NODEV, 0},
    {"rdiratime", Sort::tree, true, MOUNT_ATTR_NODIRATIME, 0},
    {"relatime", Sort::attr, false, MOUNT_ATTR_RELATIME | kAtime, MS_RELATIME},
    {"rexec", Sort::tree, true, MOUNT_ATTR_NOEXEC, 0},
    {"rnoatime", Sort::tree, false, MOUNT_ATTR_NOATIME, 0},
    {"rnodev", Sort::tree, false, MOUNT_ATTR_NODEV, 0},
    {"rnodiratime", Sort::tree, false, MOUNT_ATTR_NODIRATIME, 0},
    {"rnoexec", Sort::tree, false, MOUNT_ATTR_NOEXEC, 0},
    {"rnorelatime", Sort::tree, true, MOUNT_ATTR_RELATIME | kAtime, 0},
    {"rnostrictatime", Sort::tree, true, MOUNT_ATTR_STRICTATIME, 0},
    {"rnosuid", Sort::tree, false, MOUNT_ATTR_NOSUID, 0},
    {"rnosymfollow", Sort::tree, false, MOUNT_ATTR_NOSYMFOLLOW, 0},
    {"ro", Sort::attr, false, MOUNT_ATTR_RDONLY, MS_RDONLY},
    {"rprivate", Sort::propagation, false, 0, MS_PRIVATE | MS_REC},
    {"rrelatime", Sort::tree, false, MOUNT_ATTR_RELATIME | kAtime, 0},
    {"rro", Sort::tree, false, MOUNT_ATTR_RDONLY, 0},
    {"rrw", Sort::tree, true, MOUNT_ATTR_RDONLY, 0},
    {"rshared", Sort::propagation, false, 0, MS_SHARED | MS_REC},
    {"rslave", Sort::propagation, false, 0, MS_SLAVE | MS_REC},
    {"rstrictatime", Sort::tree, false, MOUNT_ATTR_STRICTATIME, 0},
    {"rsuid", Sort::tree, true, MOUNT_ATTR_NOSUID, 0},
    {"rsymfollow", Sort::tree, true, MOUNT_ATTR_NOSYMFOLLOW, 0},
    {"runbindable", Sort::propagation, false, 0, MS_UNBINDABLE | MS_REC},
    {"rw", Sort::attr, true, MOUNT_ATTR_RDONLY, MS_RDONLY},
    {"shared", Sort::propagation, false, 0, MS_SHARED},
    {"silent", Sort::classic, false, 0, MS_SILENT},
    {"slave", Sort::propagation, false, 0, MS_SLAVE},
    {"strictatime", Sort::attr, false, MOUNT_ATTR_STRICTATIME, MS_STRICTATIME},
    {"suid", Sort::attr, true, MOUNT_ATTR_NOSUID, MS_NOSUID},
    {"symfollow", Sort::attr, true, MOUNT_ATTR_NOSYMFOLLOW, 256},
    {"sync", Sort::super, false, 0, MS_SYNCHRONOUS},
    {"unbindable", Sort::propagation, false, 0, MS_UNBINDABLE},
};

const Option* find(std::string_view word) {
  const auto* it =
      std::find_if(std::begin(kOptions), std::end(kOptions), [&](const Option& o) { return o.word == word; });
  return it == std::end(kOptions) ? nullptr : it;
}

void set_attr(uint64_t attr, bool clear, uint64_t& set, uint64_t& clr) {
  const bool time = (attr & ~kAtime) == 0 && attr != 0;
  const uint64_t value = attr & kAtime;
  if (time) {
    // Back to relatime, the kernel's default, or to the value given.
    clr |= kAtime;
    set &= ~kAtime;
    if (!clear && value != kAtime) set |= value;
  } else if (clear) {
    clr |= attr;
    set &= ~attr;
  } else {
    set |= attr;
    clr &= ~attr;
  }
}

void take_known(Options& out, const Option& o) {
  switch (o.sort) {
    case Sort::attr:
      set_attr(o.attr, o.clear, out.attr_set, out.attr_clear);
      break;
    case Sort::tree:
      set_attr(o.attr, o.clear, out.tree_set, out.tree_clear);
      break;
    case Sort::propagation:
      out.propagation.push_back(o.flags);
      break;
    case Sort::classic:
      out.classic_only = true;
      break;
    case Sort::super:  // the same words are flags of fsconfig(2); bind mounts have no file system of their own
      if (!o.clear) out.data.emplace_back(o.word);
      break;
    case Sort::none:
      break;
  }
  if (o.sort == Sort::propagation || o.sort == Sort::tree) return;
  if (o.clear)
    out.classic_flags &= ~o.flags;
  else
    out.classic_flags |= o.flags;
  if (o.word == "ro") out.read_only = true;
  if (o.word == "rw") out.read_only = false;
}

}  // namespace

Options parse_options(const std::vector<std::string>& words) {
  Options out;
  for (const std::string& word : words) {
    if (word == "bind" || word == "rbind") {
      out.bind = true;
      out.recursive = word == "rbind";
    } else if (word == "tmpcopyup") {
      out.copy_up = true;
    } else if (word == "idmap" || word == "ridmap") {
      out.idmap = true;
      out.idmap_recursive = word == "ridmap";
    } else if (word == "remount") {
      out.remount = true;
    } else if (const Option* known = find(word)) {
      take_known(out, *known);
    } else if (!word.empty()) {
      out.data.push_back(word);
    }
  }
  return out;
}

uint64_t propagation_flags(std::string_view word) {
  const Option* o = find(word);
  return o != nullptr && o->sort == Sort::propagation ? o->flags : 0;
}

}  // namespace husk::rootfs
