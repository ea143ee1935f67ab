#include "rooms/console/relay.h"

#include <fcntl.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>

#include "base/str.h"

namespace husk::console {

namespace {

bool later(int error) {
  return error == EAGAIN || error == EINTR;
}

// Opening the master of a terminal again would make a new terminal.
bool is_master(int fd) {
  unsigned number = 0;
  return ioctl(fd, TIOCGPTN, &number) == 0;
}

}  // namespace

void Relay::End::open(int caller_fd, int mode) {
  fd = caller_fd;
  struct stat st = {};
  if (fstat(caller_fd, &st) != 0) return;
  socket = S_ISSOCK(st.st_mode);
  may_block = S_ISFIFO(st.st_mode) || (S_ISCHR(st.st_mode) && isatty(caller_fd) == 1);
  if (!may_block || is_master(caller_fd)) return;
  Text<40> path;
  path.add("/proc/self/fd/").number(caller_fd);
  own.reset(::open(path.c_str(), mode | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
  if (!own) return;
  fd = own.get();
  may_block = false;
}

Relay::Relay(int master, const Caller& caller) : master_(master) {
  in_.open(caller.in, O_RDONLY);
  out_.open(caller.out, O_WRONLY);
  const int flags = fcntl(master, F_GETFL);
  (void)fcntl(master, F_SETFL, flags | O_NONBLOCK);
}

void Relay::want(std::span<struct pollfd, kPolls> polls) const {
  const bool output_waits = out_begin_ != out_end_;
  const bool input_waits = in_begin_ != in_end_;
  short master = 0;
  if (!output_waits && !drained_) master |= POLLIN;
  if (input_waits && !hung_up_) master |= POLLOUT;
  // A descriptor with no events is left out: POLLHUP and POLLERR would be answered all the same.
  polls[0] = {master != 0 && !hung_up_ ? master_ : -1, master, 0};
  polls[1] = {input_open_ && !input_paused_ && !input_waits ? in_.fd : -1, POLLIN, 0};
  polls[2] = {output_waits ? out_.fd : -1, POLLOUT, 0};
}

void Relay::pump(std::span<const struct pollfd, kPolls> polls) {
  if (polls[2].revents != 0) write_caller(true);
  // After finish() no event is waited for: what can be read is there already.
  if (out_begin_ == out_end_ && (polls[0].revents != 0 || hung_up_ || finishing_)) read_master();
  if (polls[1].revents != 0 && !input_paused_) read_caller();
  if ((polls[0].revents & POLLOUT) != 0) write_master();
}

void Relay::read_master() {
  if (drained_) return;
  const ssize_t n = ::read(master_, to_caller_, kOutput);
  if (n > 0) {
    hung_up_ = false;
    out_begin_ = 0;
    out_end_ = static_cast<size_t>(n);
    if (finishing_) last_bytes_ += out_end_;
    if (last_bytes_ >= kLastBytes) drained_ = true;
    write_caller(false);
    return;
  }
  // The kernel hands over all that was written before it answers EIO or EAGAIN, so either is the end once init is gone.
  if (n < 0 && errno == EINTR) return;
  hung_up_ = n == 0 || !later(errno);
  if (finishing_) drained_ = true;
}

void Relay::read_caller() {
  const ssize_t n = ::read(in_.fd, to_master_, kInput);
  if (n < 0 && later(errno)) return;
  if (n <= 0) {
    // The end of our stdin is not the end of the container: /dev/null is a usual stdin.
    input_open_ = false;
    return;
  }
  in_begin_ = 0;
  in_end_ = static_cast<size_t>(n);
  write_master();
}

void Relay::write_master() {
  const ssize_t n = ::write(master_, to_master_ + in_begin_, in_end_ - in_begin_);
  if (n >= 0)
    in_begin_ += static_cast<size_t>(n);
  else if (!later(errno))
    in_begin_ = in_end_;  // nobody has the container's side open
}

void Relay::write_caller(bool polled) {
  if (out_.may_block && !polled) return;
  const char* from = to_caller_ + out_begin_;
  size_t size = out_end_ - out_begin_;
  if (out_.may_block && size > 256) size = 256;
  const ssize_t n =
      out_.socket ? ::send(out_.fd, from, size, MSG_DONTWAIT | MSG_NOSIGNAL) : ::write(out_.fd, from, size);
  if (n >= 0) {
    out_begin_ += static_cast<size_t>(n);
  } else if (!later(errno)) {
    output_lost_ = true;
    out_begin_ = out_end_;
  }
}

void Relay::finish() {
  finishing_ = true;
  input_open_ = false;
  in_begin_ = in_end_;
}

bool Relay::finished() const {
  return output_lost_ || (drained_ && out_begin_ == out_end_);
}

}  // namespace husk::console
