#include "sys/path.h"

#include <cerrno>

#include "base/weakness.h"
#include "sys/naive.h"

namespace husk::sys {
namespace {

constexpr int kMaxLinks = 40;   // as the kernel's own limit
constexpr size_t kPath = 8192;  // a path of 4095 with a link's target of 4095 in front

// Takes the next component off `rest`, skipping slashes and ".". Empty at the end.
std::string_view next_component(std::string_view& rest) {
  while (!rest.empty()) {
    const size_t slash = rest.find('/');
    const std::string_view one = rest.substr(0, slash);
    rest = slash == std::string_view::npos ? std::string_view() : rest.substr(slash + 1);
    if (!one.empty() && one != ".") return one;
  }
  return {};
}

bool has_component(std::string_view rest) {
  return !next_component(rest).empty();
}

// One walk. `at` is where we are, `known` its path from the root without links, `rest` what is still to go.
class Walk {
 public:
  Walk(RootDir root, bool follow) : root_(root), follow_(follow) {}

  int run(Str path, int last_flags, bool make, Make kind, unsigned mode) {
    rest_text_.add(path);
    if (rest_text_.full()) return -ENAMETOOLONG;
    if (int err = to_root(); err < 0) return err;
    std::string_view rest = rest_text_.str();
    for (;;) {
      const std::string_view name = next_component(rest);
      if (name.empty()) return finish(last_flags);
      if (name == "..") {
        if (int err = up(); err < 0) return err;
        continue;
      }
      const bool last = !has_component(rest);
      name_ = {};
      name_.add(name);
      if (name_.full()) return -ENAMETOOLONG;
      const int step = down(last, last_flags, make, kind, mode);
      if (step == kIsLink) {
        if (int err = follow_link(rest); err < 0) return err;
        rest = rest_text_.str();
        continue;
      }
      if (step < 0 || last) return step;
      at_.reset(step);
      known_.add('/').add(name_.str());
    }
  }

 private:
  static constexpr int kIsLink = 0x40000000;

  int to_root() {
    known_ = {};
    const int fd = openat(root_.fd, ".", O_PATH | O_DIRECTORY);
    if (fd < 0) return fd;
    at_.reset(fd);
    return 0;
  }

  // "..": back to the root, then down again through the components that are known to be no links.
  int up() {
    Text<kPath> known = known_;
    size_t cut = known.size();
    while (cut > 0 && known.c_str()[cut - 1] != '/') --cut;
    known.truncate(cut > 0 ? cut - 1 : 0);
    if (int err = to_root(); err < 0) return err;
    std::string_view rest = known.str();
    for (;;) {
      const std::string_view one = next_component(rest);
      if (one.empty()) break;
      Text<256> name;
      name.add(one);
      const int fd = openat(at_.get(), name.c_str(), O_PATH | O_DIRECTORY | O_NOFOLLOW);
      if (fd < 0) return fd;
      at_.reset(fd);
    }
    known_ = known;
    return 0;
  }

  int finish(int flags) {  // the path named the root or ended in ".."
    if ((flags & O_PATH) != 0) return at_.release();
    return openat(at_.get(), ".", flags);
  }

  // Opens component name_ below at_. kIsLink: it is a symbolic link that is to be followed.
  int down(bool last, int last_flags, bool make, Make kind, unsigned mode) {
    int fd = openat(at_.get(), name_.c_str(), O_PATH | O_NOFOLLOW);
    if (fd == -ENOENT && make) {
      if (int err = create(last && kind == Make::file, mode); err < 0) return err;
      fd = openat(at_.get(), name_.c_str(), O_PATH | O_NOFOLLOW);
    }
    if (fd < 0) return fd;
    Fd here(fd);
    struct stat st = {};
    if (long err = stat_fd(fd, &st); err < 0) return static_cast<int>(err);
    if (S_ISLNK(st.st_mode)) {
      if (last && (last_flags & O_NOFOLLOW) != 0 && !make) return (last_flags & O_PATH) != 0 ? here.release() : -ELOOP;
      return follow_ ? kIsLink : -ELOOP;
    }
    if (!last) return S_ISDIR(st.st_mode) ? here.release() : -ENOTDIR;
    if ((last_flags & O_DIRECTORY) != 0 && !S_ISDIR(st.st_mode)) return -ENOTDIR;
    if ((last_flags & O_PATH) != 0) return here.release();
    // O_NOFOLLOW: whatever took its place since then, it is no link to elsewhere.
    return openat(at_.get(), name_.c_str(), last_flags | O_NOFOLLOW);
  }

  int create(bool file, unsigned mode) {
    long err = 0;
    if (file) {
      err = openat(at_.get(), name_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0644);
      if (err >= 0) (void)sys::close(static_cast<int>(err));
    } else {
      err = mkdirat(at_.get(), name_.c_str(), mode);
    }
    return err < 0 && err != -EEXIST ? static_cast<int>(err) : 0;
  }

  int follow_link(std::string_view rest) {
    if (++links_ > kMaxLinks) return -ELOOP;
    char target[4096];
    const long size = readlinkat(at_.get(), name_.c_str(), target, sizeof target);
    if (size < 0) return static_cast<int>(size);
    if (size == sizeof target) return -ENAMETOOLONG;
    Text<kPath> next;
    next.add(std::string_view(target, static_cast<size_t>(size))).add('/').add(rest);
    if (next.full()) return -ENAMETOOLONG;
    rest_text_ = next;
    return target[0] == '/' ? to_root() : 0;
  }

  RootDir root_;
  bool follow_;
  int links_ = 0;
  Fd at_;
  Text<kPath> known_;
  Text<kPath> rest_text_;
  Text<256> name_;
};

int by_kernel(RootDir root, Str path, int flags, uint64_t resolve) {
  int fd = -EAGAIN;  // somebody renamed a directory above us while a ".." was resolved: again
  for (int i = 0; i < 64 && fd == -EAGAIN; ++i)
    fd = openat2(root.fd, path.empty() ? "." : path.c_str(), static_cast<uint64_t>(flags), resolve);
  return fd;
}

}  // namespace

int open_in(RootDir root, Str path, int flags) {
  if (weakened(Weakness::paths_in_root)) return naive::open(root.fd, path, flags);
  if (root.has_openat2) return by_kernel(root, path, flags, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS);
  return Walk(root, true).run(path, flags, false, Make::directory, 0);
}

int open_plain(RootDir root, Str path, int flags) {
  if (root.has_openat2)
    return by_kernel(root, path, flags, RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS);
  return Walk(root, false).run(path, flags, false, Make::directory, 0);
}

int make_in(RootDir root, Str path, Make last, unsigned mode) {
  if (weakened(Weakness::paths_in_root)) return naive::make(root.fd, path, last == Make::file, mode);
  if (root.has_openat2) {
    const int fd = open_in(root, path, O_PATH);
    if (fd != -ENOENT) return fd;
  }
  return Walk(root, true).run(path, O_PATH, true, last, mode);
}

}  // namespace husk::sys
