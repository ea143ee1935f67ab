// tmpcopyup: what the image has at the mount point is copied into the new tmpfs before it is attached.
#include <dirent.h>
#include <sys/stat.h>

#include <cerrno>

#include "rooms/rootfs/init.h"

namespace husk::rootfs {

using sys::check;
using sys::Fault;
using sys::Fd;

namespace {

constexpr int kMaxDepth = 64;

struct Entry {  // struct linux_dirent64
  uint64_t inode;
  int64_t offset;
  unsigned short length;
  unsigned char type;
  char name[];
};

Fault copy_directory(int from, int to, Str name, int depth);

Fault copy_file(int from, int to, const char* entry, const struct stat& st, Str name) {
  const Fd in(sys::openat(from, entry, O_RDONLY | O_NOFOLLOW | O_NONBLOCK));
  HUSK_CHECK(check(in.get(), "copy up: open", name));
  const Fd out(sys::openat(to, entry, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, st.st_mode & 07777));
  HUSK_CHECK(check(out.get(), "copy up: create", name));
  char buffer[16384];
  for (;;) {
    const long n = sys::read(in.get(), buffer, sizeof buffer);
    if (n == 0) return {};
    HUSK_CHECK(check(n, "copy up: read", name));
    for (long done = 0; done < n;) {
      const long w = sys::write(out.get(), buffer + done, static_cast<size_t>(n - done));
      HUSK_CHECK(check(w, "copy up: write", name));
      done += w;
    }
  }
}

Fault copy_entry(int from, int to, const char* entry, Str name, int depth) {
  struct stat st = {};
  HUSK_CHECK(check(sys::stat_at(from, entry, &st, AT_SYMLINK_NOFOLLOW), "copy up: stat", name));
  if (S_ISDIR(st.st_mode)) {
    HUSK_CHECK(check(sys::mkdirat(to, entry, 0700), "copy up: mkdir", name));
    const Fd in(sys::openat(from, entry, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
    const Fd out(sys::openat(to, entry, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
    HUSK_CHECK(check(in.get(), "copy up: open", name));
    HUSK_CHECK(check(out.get(), "copy up: open", name));
    HUSK_CHECK(copy_directory(in.get(), out.get(), name, depth + 1));
  } else if (S_ISREG(st.st_mode)) {
    HUSK_CHECK(copy_file(from, to, entry, st, name));
  } else if (S_ISLNK(st.st_mode)) {
    char target[4096];
    const long n = sys::readlinkat(from, entry, target, sizeof target - 1);
    HUSK_CHECK(check(n, "copy up: readlink", name));
    target[n] = '\0';
    HUSK_CHECK(check(sys::call(SYS_symlinkat, target, to, entry), "copy up: symlink", name));
  } else {
    HUSK_CHECK(check(sys::call(SYS_mknodat, to, entry, st.st_mode, st.st_rdev), "copy up: mknod", name));
  }
  HUSK_CHECK(
      check(sys::call(SYS_fchownat, to, entry, st.st_uid, st.st_gid, AT_SYMLINK_NOFOLLOW), "copy up: chown", name));
  if (!S_ISLNK(st.st_mode))  // after chown, which takes set-user-id bits away
    HUSK_CHECK(check(sys::call(SYS_fchmodat, to, entry, st.st_mode & 07777), "copy up: chmod", name));
  return {};
}

Fault copy_directory(int from, int to, Str name, int depth) {
  if (depth > kMaxDepth) return {ELOOP, "copy up: too deep", name};
  alignas(Entry) char buffer[4096] = {};
  for (;;) {
    const long n = sys::call(SYS_getdents64, from, buffer, sizeof buffer);
    if (n == 0) return {};
    HUSK_CHECK(check(n, "copy up: read directory", name));
    for (long at = 0; at < n;) {
      const auto* entry = reinterpret_cast<const Entry*>(buffer + at);
      at += entry->length;
      const std::string_view text = entry->name;
      if (text == "." || text == "..") continue;
      HUSK_CHECK(copy_entry(from, to, entry->name, name, depth));
    }
  }
}

}  // namespace

Fault copy_tree(int from, int to, Str name) {
  return copy_directory(from, to, name, 0);
}

}  // namespace husk::rootfs
