// The lock of a container, and what the store finds in a state directory.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <thread>

#include "host/files.h"
#include "store/store.h"

namespace husk::store {
namespace {

class StoreLock : public testing::Test {
 protected:
  void SetUp() override { ASSERT_NE(mkdtemp(root_.data()), nullptr); }
  void TearDown() override { ASSERT_TRUE(host::remove_tree(root_).ok()); }
  std::string root_ = "/tmp/husk-lock-XXXXXX";
};

TEST_F(StoreLock, WhoReservesHoldsIt) {
  Result<sys::Fd> mine = reserve(root_, "id");
  ASSERT_TRUE(mine.ok());
  EXPECT_TRUE(is_locked(root_, "id"));
  const Result<sys::Fd> other = lock(root_, "id", 0);
  ASSERT_FALSE(other.ok());
  EXPECT_EQ(other.error().errnum, EBUSY);
  EXPECT_NE(other.error().text().find("container id is being changed"), std::string::npos) << other.error().text();
  mine->reset();
  EXPECT_FALSE(is_locked(root_, "id"));
  EXPECT_TRUE(lock(root_, "id", 0).ok());
}

TEST_F(StoreLock, WaitsForWhoHoldsIt) {
  Result<sys::Fd> mine = reserve(root_, "id");
  ASSERT_TRUE(mine.ok());
  std::thread later([&] {
    usleep(20'000);
    mine->reset();
  });
  EXPECT_TRUE(lock(root_, "id", 10'000).ok());
  later.join();
}

TEST_F(StoreLock, OfARemovedContainerIsNoContainer) {
  Result<sys::Fd> mine = reserve(root_, "id");
  ASSERT_TRUE(mine.ok());
  std::thread later([&] {
    usleep(20'000);
    EXPECT_TRUE(remove_state(root_, "id").ok());
    mine->reset();
  });
  const Result<sys::Fd> other = lock(root_, "id", 10'000);
  later.join();
  ASSERT_FALSE(other.ok());
  EXPECT_EQ(other.error().errnum, ENOENT);
  EXPECT_EQ(other.error().text(), "container does not exist: id");
}

TEST_F(StoreLock, OfNothing) {
  const Result<sys::Fd> none = lock(root_, "id", 0);
  ASSERT_FALSE(none.ok());
  EXPECT_EQ(none.error().errnum, ENOENT);
  EXPECT_FALSE(is_locked(root_, "id"));
  EXPECT_FALSE(lock(root_, "../etc", 0).ok());
}

TEST_F(StoreLock, DoesNotFollowALink) {
  ASSERT_EQ(mkdir((root_ + "/real").c_str(), 0700), 0);
  ASSERT_EQ(symlink("real", (root_ + "/link").c_str()), 0);
  EXPECT_FALSE(lock(root_, "link", 0).ok());
}

TEST_F(StoreLock, ListsWhatMayBeAContainer) {
  for (const char* name : {"b", "a", "with space", ".hidden"}) ASSERT_EQ(mkdir(cat(root_, "/", name).c_str(), 0700), 0);
  ASSERT_TRUE(host::write_new(root_ + "/file", "", 0600).ok());
  EXPECT_EQ(ids(root_), (std::vector<std::string>{".hidden", "a", "b"}));
  EXPECT_TRUE(ids(root_ + "/missing").empty());
}

TEST(LookAt, AProcessThatHasEndedAndIsNotWaitedFor) {
  const pid_t pid = fork();
  if (pid == 0) _exit(0);
  siginfo_t info = {};
  ASSERT_EQ(waitid(P_PID, static_cast<id_t>(pid), &info, WEXITED | WNOWAIT), 0);
  EXPECT_TRUE(look_at(pid).ended);
  EXPECT_GT(look_at(pid).start_time, 0U);
  ASSERT_EQ(waitpid(pid, nullptr, 0), pid);
  EXPECT_TRUE(look_at(pid).ended);
  EXPECT_EQ(look_at(pid).start_time, 0U);
  EXPECT_FALSE(look_at(getpid()).ended);
}

}  // namespace
}  // namespace husk::store
