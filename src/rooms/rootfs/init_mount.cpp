// One entry of the configuration's mounts.
#include <sys/stat.h>

#include <cerrno>
#include <utility>

#include "base/weakness.h"
#include "rooms/rootfs/init.h"
#include "sys/naive.h"
#include "sys/procfs.h"

namespace husk::rootfs {

using sys::check;
using sys::Fault;
using sys::Fd;

namespace {

// Files of procfs that tools such as lxcfs provide in another version; nothing else may be mounted inside /proc, or a
// container could have its labels and limits written to files of its own (CVE-2019-16884).
constexpr std::string_view kInsideProc[] = {
    "/proc/cpuinfo",
    "/proc/diskstats",
    "/proc/meminfo",
    "/proc/stat",
    "/proc/swaps",
    "/proc/uptime",
    "/proc/loadavg",
    "/proc/slabinfo",
    "/proc/net/dev",
    "/proc/sys/kernel/ns_last_pid",
    "/proc/sys/crypto/fips_enabled",
};

bool has_option(const Mount& step, std::string_view key) {
  for (const Str& one : step.data)
    if (one.view().substr(0, key.size()) == key) return true;
  return false;
}

Str join_data(const Mount& step, Str mode, Arena& arena) {
  Text<16384> all;
  if (!mode.empty()) all.add("mode=").add(mode);
  for (const Str& one : step.data) {
    if (all.size() != 0) all.add(',');
    // mount(2) splits at commas, and a label has one ("s0:c1,c2"): there it stands in quotes.
    const std::string_view text = one.view();
    const size_t value = text.find('=') + 1;
    if (text.substr(0, value).ends_with("context="))
      all.add(text.substr(0, value)).add('"').add(text.substr(value)).add('"');
    else
      all.add(one);
  }
  return arena.copy(all.str());
}

}  // namespace

Fault Builder::check_procfs_target(const Mount& step, int target) {
  if (!sys::is_procfs(target) || weakened(Weakness::no_mounts_in_proc)) return {};
  for (std::string_view allowed : kInsideProc)
    if (step.target.view() == allowed) return {};
  if (step.plain_target && step.type.view() == "proc") return {};  // procfs over procfs, /proc itself
  return {EPERM, "cannot be mounted because it is inside /proc", step.target};
}

Fault Builder::open_target(const Mount& step, bool directory, Fd& target) {
  if (step.target_nofollow) {
    target.reset(sys::open_in(root_, step.target, O_PATH | O_NOFOLLOW));
    HUSK_CHECK(check(target.get(), "open target, which must exist for dest-nofollow", step.target));
    return check_procfs_target(step, target.get());
  }
  // /proc and /sys must be real directories: links would let the image choose where labels are read (CVE-2019-19921).
  if (step.plain_target && !weakened(Weakness::proc_is_directory)) {
    target.reset(sys::open_plain(root_, step.target, O_PATH));
    if (target.get() == -ELOOP || target.get() == -ENOTDIR)
      return {ENOTDIR, "must be mounted on ordinary directory", step.target};
    if (target.get() != -ENOENT) HUSK_CHECK(check(target.get(), "open target", step.target));
  }
  if (weakened(Weakness::mount_points_in_root) && Fd(sys::open_plain(root_, step.target, O_PATH)).get() != -ELOOP) {
    sys::naive::dawdle();  // it was no link when it was looked at
    target.reset(sys::naive::make(root_.fd, step.target, !directory, 0755));
  }
  if (!target) target.reset(sys::make_in(root_, step.target, directory ? sys::Make::directory : sys::Make::file, 0755));
  HUSK_CHECK(check(target.get(), "open target", step.target));
  return check_procfs_target(step, target.get());
}

// The file system's own words about what it did not like, if it has any.
Fault Builder::context_fault(int context, long err, Str what, Str detail) {
  char line[256];
  const long n = sys::read(context, line, sizeof line);
  long end = n;
  while (end > 0 && line[end - 1] == '\n') --end;
  if (end <= 2) return check(err, what, detail);
  Text<408> text;
  text.add(what).add(": ").add(std::string_view(line + 2, static_cast<size_t>(end - 2)));  // "e " in front
  return check(err, arena_.copy(text.str()), detail);
}

// A tmpfs that is not told its mode has that of the directory it covers, as in runc. Empty: leave it alone.
Str Builder::mode_of_target(const Mount& step) {
  if (step.type.view() != "tmpfs" || has_option(step, "mode=")) return {};
  const Fd existing(sys::open_in(root_, step.target, O_PATH | O_DIRECTORY));
  struct stat st = {};
  if (!existing || sys::stat_fd(existing.get(), &st) < 0) return {};
  Text<8> text;
  for (int shift = 9; shift >= 0; shift -= 3) text.add(static_cast<char>('0' + (st.st_mode >> shift & 7)));
  return arena_.copy(text.str());
}

Fault Builder::fs_context(const Mount& step, Str mode, Fd& mounted) {
  const Fd context(sys::fsopen(step.type.c_str()));
  if (context.get() == -ENODEV) return {ENODEV, "unknown file system type", step.type};
  HUSK_CHECK(check(context.get(), "fsopen", step.type));
  const int c = context.get();
  if (!step.source.empty()) {
    const long ret = sys::call(SYS_fsconfig, c, FSCONFIG_SET_STRING, "source", step.source.c_str(), 0);
    if (ret < 0) return context_fault(c, ret, "source", step.source);
  }
  if (!mode.empty()) (void)sys::call(SYS_fsconfig, c, FSCONFIG_SET_STRING, "mode", mode.c_str(), 0);
  if (step.read_only_fs) (void)sys::call(SYS_fsconfig, c, FSCONFIG_SET_FLAG, "ro", nullptr, 0);
  for (const Str& option : step.data) {
    const size_t eq = option.view().find('=');
    long ret = 0;
    if (eq == std::string_view::npos) {
      ret = sys::call(SYS_fsconfig, c, FSCONFIG_SET_FLAG, option.c_str(), nullptr, 0);
    } else {
      const Str key = arena_.copy(option.view().substr(0, eq));
      ret = sys::call(SYS_fsconfig, c, FSCONFIG_SET_STRING, key.c_str(), option.c_str() + eq + 1, 0);
    }
    if (ret < 0) return context_fault(c, ret, "option", option);
  }
  const long made = sys::call(SYS_fsconfig, c, FSCONFIG_CMD_CREATE, nullptr, nullptr, 0);
  if (made < 0) return context_fault(c, made, "create file system", step.type);
  // Access times cannot be asked for twice: the attributes have one value for them.
  mounted.reset(static_cast<int>(sys::call(SYS_fsmount, c, FSMOUNT_CLOEXEC, step.attr_set)));
  if (mounted.get() < 0) return context_fault(c, mounted.get(), "fsmount", step.type);
  return {};
}

// Attributes of the whole tree, then propagation: what fsmount or a bind could not be given at once.
Fault Builder::set_attributes(const Mount& step, int mounted) {
  struct mount_attr attr = {};
  if (step.bind && (step.attr_set | step.attr_clear | step.implied_clear) != 0) {
    uint64_t implied = step.implied_clear;
    const auto set = [&] {
      attr.attr_set = step.attr_set;
      attr.attr_clr = step.attr_clear | implied;
      return sys::mount_setattr(mounted, 0, attr);
    };
    // What is only implied gives way: to a kernel that cannot clear nosymfollow (before 5.14), and in a user namespace
    // to the flags that are locked, which nosymfollow never is.
    long ret = set();
    if (ret == -EINVAL && (implied & MOUNT_ATTR_NOSYMFOLLOW) != 0) {
      implied &= ~uint64_t{MOUNT_ATTR_NOSYMFOLLOW};
      ret = set();
    }
    if (ret == -EPERM && implied != 0) {
      implied &= MOUNT_ATTR_NOSYMFOLLOW;
      ret = set();
    }
    HUSK_CHECK(check(ret, "set mount options", step.target));
  }
  // The host's /sys brings cgroups, debugfs, bpffs along, which "ro" alone would leave as they are.
  if (step.bind && step.recursive && step.target.view() == "/sys" && (step.attr_set & MOUNT_ATTR_RDONLY) != 0 &&
      !weakened(Weakness::sysfs_submounts)) {
    attr = {};
    attr.attr_set = MOUNT_ATTR_RDONLY;
    HUSK_CHECK(check(sys::mount_setattr(mounted, AT_RECURSIVE, attr), "make read-only with all below", step.target));
  }
  if ((step.tree_set | step.tree_clear) != 0) {
    attr = {};
    attr.attr_set = step.tree_set;
    attr.attr_clr = step.tree_clear;
    HUSK_CHECK(check(sys::mount_setattr(mounted, AT_RECURSIVE, attr), "set mount options recursively", step.target));
  }
  return {};
}

// Of the root alone, and only where the policy lets files of such a file system have labels of their own.
Fault Builder::set_label(const Mount& step, int mounted) {
  if (step.label.empty()) return {};
  const Fd fd(sys::openat(mounted, ".", O_RDONLY | O_DIRECTORY));
  HUSK_CHECK(check(fd.get(), "open", step.target));
  const long ret = sys::call(SYS_fsetxattr, fd.get(), "security.selinux", step.label.c_str(), step.label.size() + 1, 0);
  return ret == -EOPNOTSUPP ? Fault() : check(ret, "set the mount label", step.target);
}

Fault Builder::set_propagation(const Mount& step, int mounted) {
  for (const uint64_t flags : step.propagation) HUSK_CHECK(mount_on(-1, "", mounted, "", flags, {}, step.target));
  return {};
}

// mount(2) has no flags to clear: those that are not named go, but for access times, where naming none keeps them.
Fault Builder::remount_classic(const Mount& step, int mounted) {
  const unsigned long flags = MS_BIND | MS_REMOUNT | step.classic_flags;
  const Fault fault = mount_on(-1, "", mounted, "", flags, {}, step.target);
  if (fault.err != EPERM) return fault;
  // In a user namespace some flags are locked. They may stay, unless something else was asked for in so many words.
  unsigned long have = 0;
  HUSK_CHECK(classic_flags_of(mounted, step.target, have));
  constexpr unsigned long kAtime = MS_NOATIME | MS_NODIRATIME | MS_RELATIME | MS_STRICTATIME;
  unsigned long asked = step.classic_flags & kAtime;
  if (asked == MS_NODIRATIME) asked |= MS_RELATIME;
  // (MS_RDONLY ... MS_NOEXEC are the same numbers as MOUNT_ATTR_*.)
  const bool refused = (have & step.attr_clear & (MS_RDONLY | MS_NOSUID | MS_NODEV | MS_NOEXEC)) != 0;
  if (refused || (asked != 0 && asked != (have & kAtime))) return fault;
  constexpr unsigned long kNosymfollow = 256;
  return mount_on(-1, "", mounted, "", flags | (have & ~kNosymfollow), {}, step.target);
}

// What mount(2) has mounted can only be had by its name, which may mean something else by now: to that, a volume that
// is read-only perhaps, the flags of this one must not be given.
Fault Builder::open_mounted(const Mount& step, const struct stat& root, Fd& mounted) {
  if (weakened(Weakness::readonly_by_fd)) sys::naive::dawdle();
  mounted.reset(sys::open_in(root_, step.target, O_PATH));
  HUSK_CHECK(check(mounted.get(), "open", step.target));
  struct stat st = {};
  HUSK_CHECK(check(sys::stat_fd(mounted.get(), &st), "stat", step.target));
  const bool same = st.st_dev == root.st_dev && st.st_ino == root.st_ino;
  if (step.bind && !same && !weakened(Weakness::readonly_by_fd))
    return {ESTALE, "another file has taken the place of what was mounted", step.target};
  return {};
}

Fault Builder::mount_classic(const Mount& step, int target, Str mode) {
  const unsigned long first = step.bind ? MS_BIND | (step.recursive ? MS_REC : 0U) : step.classic_flags;
  struct stat root = {};  // of what is bound
  if (step.bind) {
    const Fd source(sys::openat(AT_FDCWD, step.source.c_str(), O_PATH));
    HUSK_CHECK(check(source.get(), "open source", step.source));
    HUSK_CHECK(check(sys::stat_fd(source.get(), &root), "stat source", step.source));
    HUSK_CHECK(mount_on(source.get(), "", target, "", first, {}, step.target));
  } else {
    const Str data = join_data(step, mode, arena_);
    constexpr size_t kPage = 4096;  // of which mount(2) cuts off the rest without a word
    if (data.size() >= kPage) return {E2BIG, "mount options", step.target};
    HUSK_CHECK(mount_on(-1, step.source, target, step.type, first, data, step.target));
  }
  Fd mounted;
  HUSK_CHECK(open_mounted(step, root, mounted));
  if (step.bind && (step.attr_set | step.attr_clear | step.implied_clear) != 0)
    HUSK_CHECK(remount_classic(step, mounted.get()));
  if ((step.tree_set | step.tree_clear) != 0 && !mount_api_)
    return {ENOSYS, "recursive mount options need mount_setattr(2), Linux 5.12", step.target};
  if (mount_api_) HUSK_CHECK(set_attributes(step, mounted.get()));
  if (step.copy_up) HUSK_CHECK(copy_up(step, target, mounted.get()));
  HUSK_CHECK(set_label(step, mounted.get()));
  HUSK_CHECK(set_propagation(step, mounted.get()));
  keep(step, target, std::move(mounted));
  return {};
}

Fault Builder::mount_fs(const Mount& step) {
  const Str mode = mode_of_target(step);
  Fd target;
  HUSK_CHECK(open_target(step, true, target));
  if (!mount_api_ || step.classic) return mount_classic(step, target.get(), mode);
  Fd mounted;
  HUSK_CHECK(fs_context(step, mode, mounted));
  HUSK_CHECK(set_attributes(step, mounted.get()));
  HUSK_CHECK(set_label(step, mounted.get()));
  if (step.copy_up) HUSK_CHECK(copy_up(step, target.get(), mounted.get()));
  HUSK_CHECK(check(sys::move_mount(mounted.get(), target.get()), "move_mount", step.target));
  HUSK_CHECK(set_propagation(step, mounted.get()));
  keep(step, target.get(), std::move(mounted));
  return {};
}

// Looked up here, before the change of root, so that it may lie in what earlier entries have mounted. The parent is
// asked for what root of our user namespace may not enter, and for what is to be idmapped, which takes a privilege over
// the file system.
Fault Builder::open_source(const Mount& step, Fd& source) {
  if (!mount_api_) {
    source.reset(sys::openat(AT_FDCWD, step.source.c_str(), O_PATH));
    return check(source.get(), "open source", step.source);
  }
  int own = -EACCES;
  if (step.idmapped == 0)
    own = sys::open_tree(AT_FDCWD, step.source.c_str(),
                         OPEN_TREE_CLONE | (step.recursive ? AT_RECURSIVE : 0U) |
                             (step.source_nofollow ? static_cast<unsigned>(AT_SYMLINK_NOFOLLOW) : 0U));
  source.reset(own);
  if (own != -EACCES && own != -EPERM) return check(own, "open source", step.source);
  const int err = asker_.ask(asker_.whom, source);
  // A parent without privileges may not look there at all: then our own answer says more.
  return check(err == -EPERM ? own : err, "open source", step.source);
}

// copy-symlink, as in crun: a link goes into the root file system as it is, and leads wherever it leads inside.
Fault Builder::copy_link(const Mount& step, bool& copied) {
  char text[4096];
  const long size = sys::readlinkat(AT_FDCWD, step.source.c_str(), text, sizeof text);
  if (size == -EINVAL) return {};  // no link: it is mounted
  HUSK_CHECK(check(size, "read source link", step.source));
  if (size == sizeof text) return {ENAMETOOLONG, "read source link", step.source};
  copied = true;
  Str name;
  int directory = -1;
  HUSK_CHECK(parent_of(step.target, name, directory));
  const Fd parent(std::move(device_dir_));  // not to be used again: a later mount may cover it
  const Str target = arena_.copy(std::string_view(text, static_cast<size_t>(size)));
  const long made = sys::call(SYS_symlinkat, target.c_str(), directory, name.c_str());
  if (made != -EEXIST) return check(made, "symlink", step.target);
  char there[4096];
  const long old = sys::readlinkat(directory, name.c_str(), there, sizeof there);
  if (old > 0 && std::string_view(there, static_cast<size_t>(old)) == target.view()) return {};
  return {EEXIST, "copy-symlink: something else is there", step.target};
}

Fault Builder::mount_bind(const Mount& step) {
  Fd source;
  HUSK_CHECK(open_source(step, source));
  if (step.target.view() == "/proc" && !sys::is_procfs(source.get()) && !weakened(Weakness::no_mounts_in_proc))
    return {EPERM, "only procfs can be mounted on /proc", step.source};
  struct stat st = {};
  HUSK_CHECK(check(sys::stat_fd(source.get(), &st), "stat source", step.source));
  Fd target;
  HUSK_CHECK(open_target(step, S_ISDIR(st.st_mode), target));
  struct stat at = {};
  HUSK_CHECK(check(sys::stat_fd(target.get(), &at), "stat target", step.target));
  if (S_ISDIR(st.st_mode) != S_ISDIR(at.st_mode)) return {ENOTDIR, "a directory and a file", step.target};
  if (!mount_api_) return mount_classic(step, target.get(), {});
  HUSK_CHECK(set_attributes(step, source.get()));
  HUSK_CHECK(check(sys::move_mount(source.get(), target.get()), "move_mount", step.target));
  HUSK_CHECK(set_propagation(step, source.get()));
  keep(step, target.get(), std::move(source));
  return {};
}

Fault Builder::apply(const Mount& step) {
  if ((step.source_nofollow || step.target_nofollow) && !mount_api_)
    return {ENOSYS, "src-nofollow and dest-nofollow need open_tree(2) and mount_setattr(2), Linux 5.12", step.target};
  if (step.copy_link) {
    bool copied = false;
    HUSK_CHECK(copy_link(step, copied));
    if (copied) return {};
  }
  return step.bind ? mount_bind(step) : mount_fs(step);
}

Fault Builder::copy_up(const Mount& step, int from, int to) {
  const Fd old(sys::openat(from, ".", O_RDONLY | O_DIRECTORY));
  HUSK_CHECK(check(old.get(), "open", step.target));
  const Fd fresh(sys::openat(to, ".", O_RDONLY | O_DIRECTORY));
  HUSK_CHECK(check(fresh.get(), "open", step.target));
  return copy_tree(old.get(), fresh.get(), step.target);
}

}  // namespace husk::rootfs
