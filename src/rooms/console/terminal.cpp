#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "rooms/console/relay.h"

namespace husk::console {

Terminal::Terminal(const Caller& caller) : caller_(caller) {
  input_is_terminal_ = tcgetattr(caller.in, &found_) == 0;
  struct stat in = {}, out = {};
  output_is_same_ = input_is_terminal_ && fstat(caller.in, &in) == 0 && fstat(caller.out, &out) == 0 &&
                    S_ISCHR(out.st_mode) && in.st_rdev == out.st_rdev;
}

void Terminal::prepare(int master) const {
  struct termios modes = {};
  if (tcgetattr(master, &modes) == 0) {
    const tcflag_t both = OPOST | ONLCR;
    const bool translate = output_is_same_ && (found_.c_oflag & both) == both;
    if (translate)
      modes.c_oflag |= both;
    else
      modes.c_oflag &= ~static_cast<tcflag_t>(ONLCR);
    (void)tcsetattr(master, TCSANOW, &modes);
  }
  copy_size(master);
}

void Terminal::copy_size(int master) const {
  for (const int fd : {caller_.in, caller_.out, caller_.err}) {
    struct winsize size = {};
    if (ioctl(fd, TIOCGWINSZ, &size) != 0) continue;
    // A terminal that nobody has given a size must not undo process.consoleSize.
    if (size.ws_row != 0 || size.ws_col != 0) (void)ioctl(master, TIOCSWINSZ, &size);
    return;
  }
}

bool Terminal::take() {
  if (!input_is_terminal_) return true;  // a pipe or a file may always be read
  if (raw_) return true;
  if (!in_foreground()) return false;
  struct termios modes = found_;
  cfmakeraw(&modes);
  if (!output_is_same_) modes.c_oflag = found_.c_oflag;  // others write there and rely on it
  raw_ = tcsetattr(caller_.in, TCSANOW, &modes) == 0;
  return true;
}

void Terminal::restore() {
  if (raw_ && in_foreground()) (void)tcsetattr(caller_.in, TCSANOW, &found_);
  raw_ = false;
}

bool Terminal::in_foreground() const {
  const pid_t group = tcgetpgrp(caller_.in);
  return group < 0 || group == getpgrp();  // < 0: not our controlling terminal, so no job control either
}

}  // namespace husk::console
