// Children in place of containers, and the caller's side made of pipes and pseudo-terminals.
#pragma once

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>

#include <functional>
#include <string>

#include "husk/foreground.h"

namespace husk::test {

struct Pty {
  int master = -1, slave = -1;
  Pty() {
    master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    grantpt(master);
    unlockpt(master);
    slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
  }
  Pty(const Pty&) = delete;
  Pty& operator=(const Pty&) = delete;
  ~Pty() {
    if (master >= 0) close(master);
    if (slave >= 0) close(slave);
  }
};

struct Pipe {
  int read_end = -1, write_end = -1;
  Pipe() {
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) == 0) read_end = ends[0], write_end = ends[1];
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  ~Pipe() {
    close_read();
    close_write();
  }
  void close_read() { close_end(read_end); }
  void close_write() { close_end(write_end); }

 private:
  static void close_end(int& end) {
    if (end >= 0) close(end);
    end = -1;
  }
};

inline void reset_signals() {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
}

// A process that runs `body` and ends with what it returns.
inline pid_t spawn(const std::function<int()>& body) {
  const pid_t pid = fork();
  if (pid == 0) {
    reset_signals();
    alarm(20);  // never outlives a failed test for long
    _exit(body());
  }
  return pid;
}

inline Launched launch(const std::function<int()>& body, bool with_pidfd = true) {
  Launched launched;
  launched.pid = spawn(body);
  if (with_pidfd) launched.pidfd = static_cast<int>(syscall(SYS_pidfd_open, launched.pid, 0));
  return launched;
}

// The same with a terminal of its own as stdio.
inline Launched launch_in_terminal(const std::function<int()>& body) {
  Pty pty;
  Launched launched = launch([&] {
    close(pty.master);
    setsid();
    ioctl(pty.slave, TIOCSCTTY, 0);
    for (int fd = 0; fd < 3; ++fd) dup2(pty.slave, fd);
    close(pty.slave);
    return body();
  });
  launched.console_master = std::exchange(pty.master, -1);
  return launched;
}

inline void say(const std::string& text) {
  for (size_t at = 0; at < text.size();) {
    const ssize_t n = write(1, text.data() + at, text.size() - at);
    if (n <= 0) return;
    at += static_cast<size_t>(n);
  }
}

// Everything up to the end, or until `timeout` ms pass without a byte.
inline std::string read_all(int fd, int timeout = 300) {
  std::string all;
  char buffer[4096];
  for (;;) {
    struct pollfd ready = {fd, POLLIN, 0};
    if (poll(&ready, 1, timeout) <= 0) return all;
    const ssize_t n = read(fd, buffer, sizeof buffer);
    if (n <= 0) return all;
    all.append(buffer, static_cast<size_t>(n));
  }
}

inline void pause_ms(int ms) {
  poll(nullptr, 0, ms);
}

// Foreground::enter and wait in one, with these ends. 1000: enter failed, 1001: wait failed.
inline int attend(Launched& launched, const Foreground::Options& options) {
  auto foreground = Foreground::enter(options);
  if (!foreground.ok()) return 1000;
  auto code = foreground->wait(launched);
  if (launched.pidfd >= 0) close(launched.pidfd);
  return code.ok() ? *code : 1001;
}

}  // namespace husk::test
