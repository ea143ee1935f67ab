// The slave is never opened by its name: /dev/pts/N in the container may be something else by then (CVE-2025-52565).
// TIOCGPTPEER gives the peer of the master itself.
#include "rooms/console/init.h"

#include <asm/termbits.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/stat.h>

#include <cerrno>

#include "base/weakness.h"

namespace husk::console {

using sys::check;
using sys::Fault;

namespace {

// A character device 5:2, on a devpts if it is the container's: the multiplexer and nothing that looks like it.
Fault check_ptmx(int fd, bool on_devpts) {
  struct stat st = {};
  HUSK_CHECK(check(sys::stat_fd(fd, &st), "stat", "/dev/pts/ptmx"));
  if (!S_ISCHR(st.st_mode) || st.st_rdev != sys::device_number(5, 2))
    return {ENOTTY, "not a terminal multiplexer", "/dev/pts/ptmx"};
  if (!on_devpts) return {};
  struct {
    long type;
    long rest[20];
  } fs = {};
  HUSK_CHECK(check(sys::call(SYS_fstatfs, fd, &fs), "fstatfs", "/dev/pts/ptmx"));
  if (fs.type != DEVPTS_SUPER_MAGIC) return {ENOTTY, "not on a devpts", "/dev/pts/ptmx"};
  return {};
}

}  // namespace

Fault apply(const Open& step, sys::RootDir root, Terminal& terminal) {
  constexpr int kFlags = O_RDWR | O_NOCTTY;
  if (step.own_devpts) {
    const sys::Fd path(sys::open_plain(root, "/dev/pts/ptmx", O_PATH));  // not yet open: what is it?
    HUSK_CHECK(check(path.get(), "open", "/dev/pts/ptmx"));
    HUSK_CHECK(check_ptmx(path.get(), true));
    terminal.master.reset(sys::open_plain(root, "/dev/pts/ptmx", kFlags));
  } else {
    terminal.master.reset(sys::openat(AT_FDCWD, "/dev/ptmx", kFlags));
  }
  const int master = terminal.master.get();
  HUSK_CHECK(check(master, "open", "/dev/pts/ptmx"));
  HUSK_CHECK(check_ptmx(master, step.own_devpts));
  int unlock = 0;
  HUSK_CHECK(check(sys::ioctl(master, TIOCSPTLCK, &unlock), "unlock the terminal", {}));
  const long peer = sys::call(SYS_ioctl, master, TIOCGPTPEER, O_RDWR | O_NOCTTY | O_CLOEXEC);
  HUSK_CHECK(check(peer, "open the terminal's slave", {}));
  terminal.slave.reset(static_cast<int>(peer));
  if (step.has_size) {
    struct winsize size = {};
    size.ws_row = static_cast<unsigned short>(step.rows);
    size.ws_col = static_cast<unsigned short>(step.columns);
    HUSK_CHECK(check(sys::ioctl(master, TIOCSWINSZ, &size), "set the terminal's size", {}));
  }
  // The program may open /dev/tty or /dev/console as the user it runs as.
  if (step.uid != 0) (void)sys::call(SYS_fchown, terminal.slave.get(), step.uid, static_cast<unsigned>(-1));
  HUSK_CHECK(check(sys::call(SYS_ioctl, terminal.slave.get(), TIOCSCTTY, 0), "take the terminal", {}));
  for (int stream = 0; stream < 3; ++stream)
    HUSK_CHECK(check(sys::dup3(terminal.slave.get(), stream, 0), "terminal as stdio", {}));
  return {};
}

sys::Fd open_by_name(sys::RootDir root, int master) {
  int number = 0;
  (void)sys::ioctl(master, TIOCGPTN, &number);
  Text<32> name;
  name.add("/dev/pts/").number(number);
  return sys::Fd(sys::open_in(root, name.str(), O_PATH));
}

Fault open_console_file(sys::RootDir root, sys::Fd& file) {
  if (weakened(Weakness::console_file_in_root)) {
    (void)sys::close(sys::openat(AT_FDCWD, "/dev/console", O_WRONLY | O_CREAT | O_NOCTTY, 0600));
    file.reset(sys::openat(AT_FDCWD, "/dev/console", O_PATH));
    return check(file.get(), "open", "/dev/console");
  }
  const sys::Fd dev(sys::open_in(root, "/dev", O_PATH | O_DIRECTORY));
  HUSK_CHECK(check(dev.get(), "open", "/dev"));
  const int made = sys::openat(dev.get(), "console", O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_NOCTTY, 0600);
  if (made >= 0)
    (void)sys::close(made);
  else if (made != -EEXIST)
    return check(made, "make", "/dev/console");
  file.reset(sys::openat(dev.get(), "console", O_PATH | O_NOFOLLOW));
  HUSK_CHECK(check(file.get(), "open", "/dev/console"));
  struct stat st = {};
  HUSK_CHECK(check(sys::stat_fd(file.get(), &st), "stat", "/dev/console"));
  if (S_ISLNK(st.st_mode) || S_ISDIR(st.st_mode)) return {ELOOP, "is a link or a directory", "/dev/console"};
  return {};
}

}  // namespace husk::console
