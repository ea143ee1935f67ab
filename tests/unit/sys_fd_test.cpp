// The owner of a descriptor: who closes it, and when.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cerrno>
#include <utility>

#include "sys/fd.h"

namespace husk::sys {
namespace {

int some_fd() {
  const int fd = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  EXPECT_GE(fd, 0);
  return fd;
}
bool is_open(int fd) {
  return ::fcntl(fd, F_GETFD) >= 0;
}

TEST(Fd, IsEmptyAtFirst) {
  const Fd fd;
  EXPECT_EQ(fd.get(), -1);
  EXPECT_FALSE(fd);
}

TEST(Fd, NumberZeroIsADescriptor) {
  Fd zero(0);
  EXPECT_TRUE(zero);
  EXPECT_EQ(zero.release(), 0);
}

TEST(Fd, ClosesAtItsEnd) {
  const int number = some_fd();
  {
    const Fd fd(number);
    EXPECT_TRUE(is_open(number));
  }
  EXPECT_FALSE(is_open(number));
}

TEST(Fd, MovingLeavesNothingBehind) {
  const int number = some_fd();
  Fd from(number);
  const Fd to(std::move(from));
  EXPECT_EQ(to.get(), number);
  EXPECT_EQ(from.get(), -1);  // NOLINT(bugprone-use-after-move)
  EXPECT_TRUE(is_open(number));
}

TEST(Fd, MoveAssignmentClosesWhatWasThere) {
  const int first = some_fd();
  const int second = some_fd();
  Fd to(first);
  Fd from(second);
  to = std::move(from);
  EXPECT_FALSE(is_open(first));
  EXPECT_TRUE(is_open(second));
  EXPECT_EQ(to.get(), second);
  EXPECT_FALSE(from);  // NOLINT(bugprone-use-after-move)
}

TEST(Fd, MoveAssignmentOfAnEmptyOneCloses) {
  const int number = some_fd();
  Fd fd(number);
  fd = Fd();
  EXPECT_FALSE(is_open(number));
  EXPECT_FALSE(fd);
}

TEST(Fd, MovedOntoItselfItStays) {
  const int number = some_fd();
  Fd fd(number);
  Fd& same = fd;
  fd = std::move(same);
  EXPECT_EQ(fd.get(), number);
  EXPECT_TRUE(is_open(number));
}

TEST(Fd, ReleaseGivesItAway) {
  const int number = some_fd();
  int released = -1;
  {
    Fd fd(number);
    released = fd.release();
    EXPECT_FALSE(fd);
    EXPECT_EQ(fd.release(), -1);
  }
  EXPECT_EQ(released, number);
  EXPECT_TRUE(is_open(number));
  ::close(number);
}

TEST(Fd, ResetClosesAndTakes) {
  const int first = some_fd();
  const int second = some_fd();
  Fd fd(first);
  fd.reset(second);
  EXPECT_FALSE(is_open(first));
  EXPECT_EQ(fd.get(), second);
  fd.reset();
  EXPECT_FALSE(is_open(second));
  EXPECT_FALSE(fd);
  fd.reset();
}

TEST(Fd, ClosingDoesNotTouchErrno) {
  errno = E2BIG;
  { const Fd fd(1000000); }  // not open: the kernel says EBADF
  EXPECT_EQ(errno, E2BIG);
}

}  // namespace
}  // namespace husk::sys
