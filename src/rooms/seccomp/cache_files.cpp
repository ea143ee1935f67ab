// A filter that is taken from a file is what stands between a container and the kernel, so the file must be one that we
// wrote. Its owner alone does not say so: root's files can be put anywhere by whoever may write to a directory, and a
// container's root makes files of root's with any content. So three things are asked: no component of the path is a
// link; the directory is ours, and nobody else may write to it; the file is regular, ours, and nobody else may write to
// it.
//
// Writers need no lock. A file gets its name when it is complete, by a rename, which replaces whatever has the name;
// readers keep what they have opened. Nothing is synchronised to the disk: the checksum tells a file that a crash has
// left incomplete.
#include "rooms/seccomp/cache_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <stdio.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <memory>

#include "base/weakness.h"
#include "sys/calls.h"

namespace husk::seccomp {
namespace {

using sys::Fd;

struct DirCloser {
  void operator()(DIR* dir) const { (void)::closedir(dir); }
};

// From the top, component by component, making those that are not there: by openat2 no directory can be made.
Fd walk(const std::string& path, bool make) {
  Fd at(sys::openat(AT_FDCWD, "/", O_PATH | O_DIRECTORY));
  for (size_t from = 0; at && from < path.size();) {
    const size_t slash = std::min(path.find('/', from), path.size());
    const std::string name = path.substr(from, slash - from);
    from = slash + 1;
    if (name.empty()) continue;
    constexpr int kFlags = O_PATH | O_DIRECTORY | O_NOFOLLOW;
    int fd = sys::openat(at.get(), name.c_str(), kFlags);
    if (fd == -ENOENT && make) {
      (void)sys::mkdirat(at.get(), name.c_str(), 0700);
      fd = sys::openat(at.get(), name.c_str(), kFlags);
    }
    at.reset(fd);
  }
  return at;
}

bool only_ours(const struct stat& st) {
  return st.st_uid == ::geteuid() && (st.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

Fd open_directory(const std::string& path, bool make) {
  Fd out;
  if (!make) out.reset(sys::openat2(AT_FDCWD, path.c_str(), O_PATH | O_DIRECTORY, RESOLVE_NO_SYMLINKS));
  if (make || out.get() == -ENOSYS || out.get() == -EPERM) out = walk(path, make);
  struct stat st = {};
  if (out && (sys::stat_fd(out.get(), &st) < 0 || !only_ours(st)) && !weakened(Weakness::cache_checked)) return {};
  return out;
}

bool write_all(int fd, std::string_view data) {
  while (!data.empty()) {
    const long n = sys::write(fd, data.data(), data.size());
    if (n == -EINTR) continue;
    if (n <= 0) return false;
    data.remove_prefix(static_cast<size_t>(n));
  }
  return true;
}

}  // namespace

std::string CacheFiles::read(const char* name) {
  directory_ = open_directory(path_, false);
  if (!directory_) return {};
  // Not to wait for the other end of a fifo.
  const Fd fd(sys::openat(directory_.get(), name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
  struct stat st = {};
  if (!fd || sys::stat_fd(fd.get(), &st) < 0 || !S_ISREG(st.st_mode)) return {};
  if (!only_ours(st) && !weakened(Weakness::cache_checked)) return {};
  if (st.st_size <= 0 || static_cast<size_t>(st.st_size) > kMaxSize) return {};
  std::string out(static_cast<size_t>(st.st_size), '\0');
  // A regular file gives all of it at once, or has been cut: then the content does not fit its header.
  const long n = sys::read(fd.get(), out.data(), out.size());
  out.resize(n > 0 ? static_cast<size_t>(n) : 0);
  return out;
}

void CacheFiles::write(const char* name, std::string_view content) {
  if (content.size() > kMaxSize) return;
  if (!directory_) directory_ = open_directory(path_, true);
  if (!directory_) return;
  // By chance, and not by pid: containers that share the directory have the same pids.
  unsigned long long chance = 0;
  if (::getrandom(&chance, sizeof chance, GRND_NONBLOCK) != sizeof chance) return;
  char temporary[40];
  (void)::snprintf(temporary, sizeof temporary, ".%016llx%s", chance, kSuffix.data());
  {
    const Fd fd(sys::openat(directory_.get(), temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0600));
    if (!fd) return;
    if (!write_all(fd.get(), content) || ::renameat(directory_.get(), temporary, directory_.get(), name) < 0) {
      (void)::unlinkat(directory_.get(), temporary, 0);
      return;
    }
  }
  make_room();
}

// Of too many the one goes that has not been read for the longest time, as far as the file system tells (with relatime:
// to a day). What a writer that was killed has left counts, and goes, like the others.
void CacheFiles::make_room() const {
  Fd fd(sys::openat(directory_.get(), ".", O_RDONLY | O_DIRECTORY));
  if (!fd) return;
  const std::unique_ptr<DIR, DirCloser> dir(::fdopendir(fd.get()));
  if (dir == nullptr) return;
  (void)fd.release();
  size_t count = 0;
  std::string oldest;
  struct timespec since = {};
  while (const dirent* entry = ::readdir(dir.get())) {
    if (!std::string_view(entry->d_name).ends_with(kSuffix)) continue;
    struct stat st = {};
    if (sys::stat_at(directory_.get(), entry->d_name, &st, AT_SYMLINK_NOFOLLOW) < 0) continue;
    const bool older =
        st.st_atim.tv_sec != since.tv_sec ? st.st_atim.tv_sec < since.tv_sec : st.st_atim.tv_nsec < since.tv_nsec;
    if (++count > 1 && !older) continue;
    oldest = entry->d_name;
    since = st.st_atim;
  }
  if (count > kMaxFiles) (void)::unlinkat(directory_.get(), oldest.c_str(), 0);
}

}  // namespace husk::seccomp
