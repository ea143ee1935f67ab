#include "rooms/cgroup/tree.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <vector>

namespace husk::cgroup {
namespace {

// Names of the directories in `dir`, at most `limit`. 0 or -errno.
int list_children(int dir, size_t limit, std::vector<std::string>* out) {
  const int fd = open_directory_at(dir, ".");
  if (fd < 0) return fd;
  DIR* stream = ::fdopendir(fd);
  if (stream == nullptr) {
    const int error = -errno;
    (void)::close(fd);
    return error;
  }
  int result = 0;
  while (out->size() < limit) {
    errno = 0;
    const dirent* entry = ::readdir(stream);
    if (entry == nullptr) {
      result = -errno;
      break;
    }
    const std::string_view name = entry->d_name;
    if (entry->d_type == DT_DIR && name != "." && name != "..") out->emplace_back(name);
  }
  (void)::closedir(stream);
  return result;
}

bool is_gone(int error) {
  return error == -ENOENT || error == -ENODEV;
}

}  // namespace

int read_at(int dir, const char* name, std::string* out) {
  out->clear();
  const sys::Fd fd(::openat(dir, name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd) return -errno;
  char buffer[4096];
  for (;;) {
    const ssize_t n = ::read(fd.get(), buffer, sizeof buffer);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return -errno;
    if (n == 0) return 0;
    out->append(buffer, static_cast<size_t>(n));
  }
}

int write_at(int dir, const char* name, std::string_view value) {
  const sys::Fd fd(::openat(dir, name, O_WRONLY | O_CLOEXEC | O_NOFOLLOW));
  if (!fd) return -errno;
  ssize_t n = -1;
  do n = ::write(fd.get(), value.data(), value.size());
  while (n < 0 && errno == EINTR);
  if (n < 0) return -errno;
  return static_cast<size_t>(n) == value.size() ? 0 : -EIO;
}

int open_directory_at(int dir, const char* name) {
  const int fd = ::openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW);
  return fd < 0 ? -errno : fd;
}

int children(int dir, std::vector<std::string>* names) {
  return list_children(dir, SIZE_MAX, names);
}

int first_child(int dir, std::string* name) {
  std::vector<std::string> names;
  const int error = list_children(dir, 1, &names);
  *name = names.empty() ? std::string() : std::move(names.front());
  return error;
}

Status walk(const std::string& top, const std::function<void(int)>& visit) {
  int fd = open_directory_at(AT_FDCWD, top.c_str());
  if (is_gone(fd)) return {};
  if (fd < 0) return fail(-fd, "open ", top);
  sys::Fd here(fd);
  std::vector<std::vector<std::string>> pending;  // of each level from the top to `here`: children not visited yet
  visit(here.get());
  pending.emplace_back();
  int error = list_children(here.get(), SIZE_MAX, &pending.back());
  while (error == 0 || is_gone(error)) {
    if (pending.back().empty()) {
      pending.pop_back();
      if (pending.empty()) return {};
      fd = open_directory_at(here.get(), "..");
      // Gone with all that was below it: what is left of the tree is somebody else's to empty.
      if (fd < 0) return is_gone(fd) ? Status() : fail(-fd, "open the parent of a cgroup in ", top);
      here.reset(fd);
      continue;
    }
    const std::string name = std::move(pending.back().back());
    pending.back().pop_back();
    fd = open_directory_at(here.get(), name.c_str());
    if (is_gone(fd)) continue;
    if (fd < 0) return fail(-fd, "open cgroup ", name, " in ", top);
    here.reset(fd);
    visit(here.get());
    pending.emplace_back();
    error = list_children(here.get(), SIZE_MAX, &pending.back());
  }
  return fail(-error, "read directory ", top);
}

}  // namespace husk::cgroup
