// Who has an id, and who may change a container: its directory is both the reservation and the lock.
#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <ctime>

#include "base/weakness.h"
#include "host/files.h"
#include "store/store.h"

namespace husk::store {
namespace {

Error no_container(const std::string& id) {
  return Error{cat("container does not exist: ", id), ENOENT, {}, 1, true};
}

Result<sys::Fd> open_directory(const std::string& root, const std::string& id) {
  HUSK_TRY(check_id(id));
  const std::string path = directory(root, id);
  const int follow = weakened(Weakness::state_private) ? 0 : O_NOFOLLOW;
  sys::Fd fd(open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | follow));
  if (fd) return fd;
  if (errno == ENOENT) return no_container(id);
  return fail(errno, "open state directory ", path);
}

// One that was removed while we waited for its lock is no container.
bool removed(const sys::Fd& directory) {
  struct stat st = {};
  return fstat(directory.get(), &st) < 0 || st.st_nlink == 0;
}

void pause_ms(long ms) {
  const struct timespec t = {ms / 1000, ms % 1000 * 1'000'000};
  (void)nanosleep(&t, nullptr);
}

}  // namespace

Result<sys::Fd> reserve(const std::string& root, const std::string& id) {
  const std::string dir = directory(root, id);
  int made = mkdir(dir.c_str(), 0711);
  if (made < 0 && errno == ENOENT) {
    HUSK_TRY(host::make_directories(root, 0711));
    made = mkdir(dir.c_str(), 0711);
  }
  if (made < 0 && errno == EEXIST)
    return Error{cat("container with given ID already exists: ", id), 0, "choose another id or delete it", 1};
  if (made < 0) return fail(errno, "make state directory ", dir);
  return lock(root, id);
}

Result<sys::Fd> lock(const std::string& root, const std::string& id, int patience_ms) {
  HUSK_LET(sys::Fd fd, open_directory(root, id));
  // A blocking flock(2) could not be given up; whoever holds the lock mostly needs a few milliseconds.
  for (int waited = 0, step = 1; flock(fd.get(), LOCK_EX | LOCK_NB) < 0;
       waited += step, step = std::min(step * 2, 50)) {
    if (errno == EINTR) continue;
    if (errno != EWOULDBLOCK) return fail(errno, "lock container ", id);
    if (waited >= patience_ms)
      return Error{cat("container ", id, " is being changed by another command"), EBUSY, "try again once it is done", 1,
                   true};
    pause_ms(step);
  }
  if (removed(fd)) return no_container(id);
  return fd;
}

bool is_locked(const std::string& root, const std::string& id) {
  const Result<sys::Fd> fd = open_directory(root, id);
  if (!fd.ok()) return false;
  return flock(fd->get(), LOCK_EX | LOCK_NB) < 0 && errno == EWOULDBLOCK;
}

std::vector<std::string> ids(const std::string& root) {
  std::vector<std::string> out;
  DIR* dir = opendir(root.c_str());
  if (dir == nullptr) return out;
  while (const struct dirent* entry = readdir(dir))
    if ((entry->d_type == DT_DIR || entry->d_type == DT_UNKNOWN) && check_id(entry->d_name).ok())
      out.emplace_back(entry->d_name);
  closedir(dir);
  std::sort(out.begin(), out.end());
  return out;
}

}  // namespace husk::store
