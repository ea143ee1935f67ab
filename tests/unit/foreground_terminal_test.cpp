#include <gtest/gtest.h>

#include "foreground_test_kit.h"

namespace husk::test {
namespace {

std::string numbered_lines(int count) {
  std::string text;
  for (int i = 0; i < count; ++i) text += "line " + std::to_string(i) + "\n";
  return text;
}

TEST(ForegroundTerminal, AllOutputArrivesAsWritten) {
  const std::string wanted = numbered_lines(30000);
  Pipe out, result;
  const pid_t reader = spawn([&] {  // slow, and still there when the container has long ended
    out.close_write();
    std::string all;
    char buffer[3000];
    for (int i = 0;; ++i) {
      const ssize_t n = read(out.read_end, buffer, sizeof buffer);
      if (n <= 0) return all == wanted ? 0 : 1;
      all.append(buffer, static_cast<size_t>(n));
      if (i % 20 == 0) pause_ms(5);
    }
  });
  const int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
  auto foreground = Foreground::enter({.in = null, .out = out.write_end});
  ASSERT_TRUE(foreground.ok());
  Pipe go;  // the container writes once its terminal is prepared
  Launched child = launch_in_terminal([&] {
    char c;
    if (read(go.read_end, &c, 1) != 1) return 2;
    say(wanted);
    return 21;
  });
  foreground->prepare_console(child.console_master);
  ASSERT_EQ(write(go.write_end, "x", 1), 1);
  auto code = foreground->wait(child);
  ASSERT_TRUE(code.ok());
  EXPECT_EQ(*code, 21);
  EXPECT_EQ(child.console_master, -1);
  EXPECT_EQ(fcntl(out.write_end, F_GETFL) & O_NONBLOCK, 0);
  out.close_write();
  out.close_read();
  int status = -1;
  waitpid(reader, &status, 0);
  EXPECT_EQ(status, 0);
  close(null);
}

TEST(ForegroundTerminal, OutputGoesToAFile) {
  char name[] = "/tmp/husk-foreground-XXXXXX";
  const int file = mkostemp(name, O_CLOEXEC);
  unlink(name);
  const std::string wanted = numbered_lines(5000);
  auto foreground = Foreground::enter({.in = file, .out = file});  // a regular file as stdin: poll(2) can, epoll can't
  ASSERT_TRUE(foreground.ok());
  Pipe go;
  Launched child = launch_in_terminal([&] {
    char c;
    if (read(go.read_end, &c, 1) != 1) return 2;
    return say(wanted), 0;
  });
  foreground->prepare_console(child.console_master);
  ASSERT_EQ(write(go.write_end, "x", 1), 1);
  auto code = foreground->wait(child);
  ASSERT_TRUE(code.ok());
  lseek(file, 0, SEEK_SET);
  EXPECT_EQ(read_all(file), wanted);
  close(file);
}

TEST(ForegroundTerminal, InputIsRelayedAndItsEndIsNotTheContainersEnd) {
  Pipe in, out;
  ASSERT_EQ(write(in.write_end, "to be upper\n", 12), 12);
  in.close_write();
  Launched child = launch_in_terminal([]() -> int {
    char line[64];
    const ssize_t n = read(0, line, sizeof line);
    for (ssize_t i = 0; i < n; ++i) line[i] = static_cast<char>(toupper(line[i]));
    pause_ms(100);  // the input has long ended
    say(std::string(line, static_cast<size_t>(n > 0 ? n : 0)));
    return 11;
  });
  EXPECT_EQ(attend(child, {.in = in.read_end, .out = out.write_end}), 11);
  out.close_write();
  EXPECT_NE(read_all(out.read_end).find("TO BE UPPER"), std::string::npos);
}

TEST(ForegroundTerminal, ClosedStdioIsNoError) {
  Launched child = launch_in_terminal([] { return pause_ms(50), 12; });
  EXPECT_EQ(attend(child, {.in = 1000, .out = 1001, .err = 1002}), 12);
}

TEST(ForegroundTerminal, CallersTerminalIsRawMeanwhileAndRestored) {
  Pty mine;
  struct winsize size = {31, 77, 0, 0};
  ioctl(mine.master, TIOCSWINSZ, &size);
  struct termios before = {}, after = {};
  tcgetattr(mine.slave, &before);
  auto foreground = Foreground::enter({.in = mine.slave, .out = mine.slave, .err = mine.slave});
  ASSERT_TRUE(foreground.ok());
  const pid_t us = getpid();
  Launched child = launch_in_terminal([&] {
    pause_ms(100);  // wait() has begun
    struct termios meanwhile = {}, own = {};
    tcgetattr(mine.slave, &meanwhile);
    if ((meanwhile.c_lflag & (ICANON | ECHO | ISIG)) != 0) return 2;
    tcgetattr(0, &own);
    if ((own.c_lflag & ICANON) == 0 || (own.c_oflag & ONLCR) == 0) return 3;
    struct winsize got = {};
    ioctl(0, TIOCGWINSZ, &got);
    if (got.ws_row != 31 || got.ws_col != 77) return 4;
    got = {10, 20, 0, 0};
    ioctl(mine.slave, TIOCSWINSZ, &got);
    ::kill(us, SIGWINCH);
    pause_ms(100);
    ioctl(0, TIOCGWINSZ, &got);
    if (got.ws_row != 10 || got.ws_col != 20) return 5;
    say("one\ntwo\n");
    return 13;
  });
  auto code = foreground->wait(child);
  ASSERT_TRUE(code.ok());
  EXPECT_EQ(*code, 13);
  tcgetattr(mine.slave, &after);
  EXPECT_EQ(before.c_lflag, after.c_lflag);
  EXPECT_EQ(before.c_oflag, after.c_oflag);
  EXPECT_EQ(before.c_iflag, after.c_iflag);
  EXPECT_EQ(read_all(mine.master), "one\r\ntwo\r\n");  // translated once
  EXPECT_EQ(fcntl(mine.slave, F_GETFL) & O_NONBLOCK, 0);
}

TEST(ForegroundTerminal, ControlCIsAByteForTheContainer) {
  Pty mine;
  auto foreground = Foreground::enter({.in = mine.slave, .out = mine.slave, .err = mine.slave});
  ASSERT_TRUE(foreground.ok());
  Launched child = launch_in_terminal([&] {
    signal(SIGINT, [](int) { _exit(77); });
    pause_ms(100);
    if (write(mine.master, "\003", 1) != 1) return 2;
    pause_ms(3000);
    return 3;
  });
  auto code = foreground->wait(child);
  ASSERT_TRUE(code.ok());
  EXPECT_EQ(*code, 77);
}

TEST(ForegroundTerminal, SignalsPassWhileTheOutputIsBlocked) {
  Pipe out;  // nobody reads
  const int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
  auto foreground = Foreground::enter({.in = null, .out = out.write_end});
  ASSERT_TRUE(foreground.ok());
  Launched child = launch_in_terminal([]() -> int {
    signal(SIGTERM, [](int) { _exit(66); });
    for (;;) say(std::string(4096, 'x'));
  });
  const pid_t us = getpid();
  const pid_t actor = spawn([us] {
    pause_ms(200);
    ::kill(us, SIGTERM);  // for the container
    pause_ms(200);
    ::kill(us, SIGTERM);  // it has ended; what is left of its output is given up
    return 0;
  });
  auto code = foreground->wait(child);
  ASSERT_TRUE(code.ok());
  EXPECT_EQ(*code, 66);
  waitpid(actor, nullptr, 0);
  close(null);
}

TEST(ForegroundTerminal, HangsUpWhenNobodyReadsTheOutput) {
  Pipe out;
  out.close_read();
  const int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
  auto foreground = Foreground::enter({.in = null, .out = out.write_end});
  ASSERT_TRUE(foreground.ok());
  Launched child = launch_in_terminal([]() -> int {
    signal(SIGHUP, [](int) { _exit(44); });
    for (;;) say("y\n");
  });
  auto code = foreground->wait(child);
  ASSERT_TRUE(code.ok());
  EXPECT_EQ(*code, 44);
  EXPECT_EQ(child.console_master, -1);
  close(null);
}

TEST(ForegroundTerminal, ATerminalThatAllHaveClosedMayBeOpenedAgain) {
  Pipe out;
  const int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
  Launched child = launch_in_terminal([]() -> int {
    const std::string name = ttyname(0);
    signal(SIGHUP, SIG_IGN);
    for (int fd = 0; fd < 3; ++fd) close(fd);
    pause_ms(150);
    const int again = open(name.c_str(), O_RDWR | O_NOCTTY);
    if (again < 0 || write(again, "back", 4) != 4) return 2;
    pause_ms(300);
    return 14;
  });
  struct timespec before = {}, after = {};
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &before);
  EXPECT_EQ(attend(child, {.in = null, .out = out.write_end}), 14);
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &after);
  EXPECT_LT((after.tv_sec - before.tv_sec) * 1000 + (after.tv_nsec - before.tv_nsec) / 1000000, 100);  // no busy loop
  out.close_write();
  EXPECT_EQ(read_all(out.read_end), "back");
  close(null);
}

}  // namespace
}  // namespace husk::test
