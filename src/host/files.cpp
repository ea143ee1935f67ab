#include "host/files.h"

#include <dirent.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <charconv>
#include <memory>
#include <string>
#include <vector>

#include "sys/fd.h"

namespace husk::host {
namespace {

using sys::Fd;

// O_NOFOLLOW and friends are added by the callers; EINTR can only come from a slow file system such as FUSE.
int open_retrying(int dir, const char* path, int flags, mode_t mode = 0) {
  int fd = -1;
  do fd = ::openat(dir, path, flags | O_CLOEXEC, mode);
  while (fd < 0 && errno == EINTR);
  return fd;
}

Status write_all(int fd, std::string_view data, const std::string& path) {
  while (!data.empty()) {
    const ssize_t n = ::write(fd, data.data(), data.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return fail(errno, "write ", path);
    data.remove_prefix(static_cast<size_t>(n));
  }
  return {};
}

struct DirCloser {
  void operator()(DIR* dir) const { (void)::closedir(dir); }
};
using Dir = std::unique_ptr<DIR, DirCloser>;

// Opens a directory that is an entry of `dir` and no symlink.
Dir open_dir(int dir, const char* name, int* errnum) {
  Fd fd(open_retrying(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
  if (!fd) {
    *errnum = errno;
    return nullptr;
  }
  Dir out(::fdopendir(fd.get()));
  if (out == nullptr)
    *errnum = errno;
  else
    (void)fd.release();
  return out;
}

bool is_dot(const char* name) {
  return name[0] == '.' && (name[1] == 0 || (name[1] == '.' && name[2] == 0));
}

// A directory being emptied: its stream, its name in the parent.
struct Level {
  Dir dir;
  std::string name;
};

// Deeper than any directory of ours; one descriptor is held for each level.
constexpr size_t kMaxDepth = 256;

class TreeRemover {
 public:
  TreeRemover(const std::string& path, int parent) : path_(path), parent_(parent) {}

  Status run(const std::string& name) {
    struct stat st = {};
    if (::fstatat(parent_, name.c_str(), &st, AT_SYMLINK_NOFOLLOW) < 0)
      return errno == ENOENT ? Status() : fail(errno, "remove ", path_);
    device_ = st.st_dev;
    if (!S_ISDIR(st.st_mode)) return unlink(parent_, name.c_str(), 0);
    HUSK_TRY(enter(parent_, name));
    while (!levels_.empty()) HUSK_TRY(step());
    return {};
  }

 private:
  // Takes one entry of the innermost directory, or leaves it when there is none.
  Status step() {
    Level& level = levels_.back();
    errno = 0;
    const dirent* entry = ::readdir(level.dir.get());
    if (entry == nullptr && errno != 0) return fail(errno, "read directory below ", path_);
    if (entry == nullptr) {
      const std::string name = std::move(level.name);
      levels_.pop_back();
      return unlink(levels_.empty() ? parent_ : ::dirfd(levels_.back().dir.get()), name.c_str(), AT_REMOVEDIR);
    }
    if (is_dot(entry->d_name)) return {};
    const int fd = ::dirfd(level.dir.get());
    bool directory = entry->d_type == DT_DIR;
    if (entry->d_type == DT_UNKNOWN) {
      struct stat st = {};
      directory = ::fstatat(fd, entry->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISDIR(st.st_mode);
    }
    return directory ? enter(fd, entry->d_name) : unlink(fd, entry->d_name, 0);
  }

  Status enter(int parent, const std::string& name) {
    if (levels_.size() >= kMaxDepth) return fail(ELOOP, "remove ", path_);
    int errnum = 0;
    Dir dir = open_dir(parent, name.c_str(), &errnum);
    if (errnum == ENOENT) return {};
    if (dir == nullptr) return fail(errnum, "open directory ", name, " below ", path_);
    struct stat st = {};
    if (::fstat(::dirfd(dir.get()), &st) < 0) return fail(errno, "stat ", path_);
    if (st.st_dev != device_)
      return Error{cat("remove ", path_, ": ", name), EXDEV, "something is mounted there: unmount it first"};
    levels_.push_back({std::move(dir), name});
    return {};
  }

  Status unlink(int parent, const char* name, int flags) {
    if (::unlinkat(parent, name, flags) < 0 && errno != ENOENT) return fail(errno, "remove ", name, " of ", path_);
    return {};
  }

  const std::string& path_;
  int parent_;
  dev_t device_ = 0;
  std::vector<Level> levels_;
};

// Directory part and last component: "a/b" → {"a", "b"}, "b" → {".", "b"}, "/b" → {"/", "b"}.
std::pair<std::string, std::string> split(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return {".", path};
  return {slash == 0 ? "/" : path.substr(0, slash), path.substr(slash + 1)};
}

bool is_pipe(int fd) {
  struct stat st = {};
  return ::fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode);
}

// Somebody's pipe may be no file that anybody will ever write: it is waited for, but not without end. False: its writer
// has gone.
Result<bool> wait_for_writer(int fd, const std::string& path) {
  constexpr int kPatience = 30'000;  // ms
  struct pollfd one = {fd, POLLIN, 0};
  const int ready = ::poll(&one, 1, kPatience);
  if (ready < 0 && errno != EINTR) return fail(errno, "wait for ", path);
  if (ready == 0)
    return Error{cat(path, ": it is a pipe, and nobody has written to it for 30 s"), ETIMEDOUT, {}, 1, true};
  return ready < 0 || (one.revents & POLLIN) != 0;
}

}  // namespace

Result<std::string> read_file(const std::string& path, size_t limit) {
  Fd fd(open_retrying(AT_FDCWD, path.c_str(), O_RDONLY | O_NONBLOCK));
  if (!fd) return fail(errno, "open ", path);
  std::string out;
  size_t used = 0;
  for (;;) {
    // One byte more than the limit is asked for, so that a file of exactly the limit is told from a longer one.
    if (used == out.size()) out.resize(std::min(limit + 1, used == 0 ? size_t{4096} : used * 2));
    const ssize_t n = ::read(fd.get(), out.data() + used, out.size() - used);
    if (n < 0 && errno == EINTR) continue;
    if ((n < 0 && errno == EAGAIN) || (n == 0 && used == 0 && is_pipe(fd.get()))) {
      HUSK_LET(const bool more, wait_for_writer(fd.get(), path));
      if (more) continue;
      break;
    }
    if (n < 0) return fail(errno, "read ", path);
    if (n == 0) break;
    used += static_cast<size_t>(n);
    if (used > limit) return Error{cat("read ", path), EFBIG, cat("the limit is ", limit, " bytes")};
  }
  out.resize(used);
  return out;
}

std::optional<int64_t> read_number(const std::string& path) {
  constexpr size_t kMost = 64;
  const Result<std::string> text = read_file(path, kMost);
  int64_t value = 0;
  if (!text.ok() || std::from_chars(text->data(), text->data() + text->size(), value).ec != std::errc()) return {};
  return value;
}

Status write_file(const std::string& path, std::string_view data) {
  Fd fd(open_retrying(AT_FDCWD, path.c_str(), O_WRONLY));
  if (!fd) return fail(errno, "open ", path);
  ssize_t n = -1;
  do n = ::write(fd.get(), data.data(), data.size());
  while (n < 0 && errno == EINTR);
  if (n < 0) return fail(errno, "write ", path);
  if (static_cast<size_t>(n) != data.size()) return fail(EIO, "write ", path);
  return {};
}

Result<std::string> real_path(const std::string& path, const char* what) {
  char* real = ::realpath(path.c_str(), nullptr);
  if (real == nullptr) return fail(errno, what, " ", path);
  std::string out(real);
  ::free(real);
  return out;
}

Status write_atomic(const std::string& path, std::string_view data, mode_t mode) {
  return write_atomic_at(AT_FDCWD, path, data, mode);
}

Status write_atomic_at(int directory, const std::string& path, std::string_view data, mode_t mode) {
  // The pid keeps processes apart, the counter threads; a file left by a dead process of the same pid is replaced.
  static std::atomic<unsigned> counter{0};
  const auto [dir, name] = split(path);
  const std::string temporary = cat(dir, "/.", name, ".", ::getpid(), ".", counter.fetch_add(1), ".tmp");
  constexpr int kNew = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
  Fd fd(open_retrying(directory, temporary.c_str(), kNew, mode));
  if (!fd && errno == EEXIST && ::unlinkat(directory, temporary.c_str(), 0) == 0)
    fd.reset(open_retrying(directory, temporary.c_str(), kNew, mode));
  // What is told is the file that was asked for: nobody has named the other one.
  if (!fd) return fail(errno, "create ", path);
  Status status = write_all(fd.get(), data, path);
  // Only bits for group and others can have been lost to a sane umask.
  if (status.ok() && (mode & 077) != 0 && ::fchmod(fd.get(), mode) < 0) status = fail(errno, "chmod ", path);
  if (status.ok() && ::renameat(directory, temporary.c_str(), directory, path.c_str()) < 0)
    status = fail(errno, "replace ", path);
  if (!status.ok()) (void)::unlinkat(directory, temporary.c_str(), 0);
  return status;
}

Status write_new(const std::string& path, std::string_view data, mode_t mode) {
  Fd fd(open_retrying(AT_FDCWD, path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode));
  if (!fd) return fail(errno, "create ", path);
  return write_all(fd.get(), data, path);
}

Status make_directories(const std::string& path, mode_t mode) {
  if (path.empty()) return fail(ENOENT, "mkdir \"\"");
  // Most often all of it exists but the last part: try that first, then from the top.
  if (::mkdir(path.c_str(), mode) == 0) return {};
  if (errno != ENOENT && errno != EEXIST) return fail(errno, "mkdir ", path);
  for (size_t end = path.find('/', 1); errno == ENOENT && end != std::string::npos; end = path.find('/', end + 1)) {
    const std::string part = path.substr(0, end);
    if (::mkdir(part.c_str(), mode) < 0 && errno != EEXIST) return fail(errno, "mkdir ", part);
    errno = ENOENT;
  }
  if (errno == ENOENT && ::mkdir(path.c_str(), mode) == 0) return {};
  if (errno != EEXIST) return fail(errno, "mkdir ", path);
  struct stat st = {};
  if (::stat(path.c_str(), &st) < 0) return fail(errno, "stat ", path);
  if (!S_ISDIR(st.st_mode)) return fail(ENOTDIR, "mkdir ", path);
  return {};
}

Status remove_tree(const std::string& path) {
  const auto [dir, name] = split(path);
  if (name.empty() || is_dot(name.c_str())) return fail(EINVAL, "remove ", path);
  Fd parent(open_retrying(AT_FDCWD, dir.c_str(), O_RDONLY | O_DIRECTORY));
  if (!parent) return errno == ENOENT ? Status() : fail(errno, "open directory ", dir);
  return TreeRemover(path, parent.get()).run(name);
}

}  // namespace husk::host
