// Copies of mounts made in another mount namespace, by a process that is there for it. As root only.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/mount.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <thread>

#include "start/sources.h"

namespace husk::starting {
namespace {

size_t open_descriptors() {
  size_t n = 0;
  for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) ++n;
  return n;
}

// A mount namespace in which something is mounted on `folder_`, with file "there" in it.
class Sources : public testing::Test {
 protected:
  void SetUp() override {
    if (geteuid() != 0) GTEST_SKIP() << "needs root";
    if (syscall(SYS_mount_setattr, -1, nullptr, 0x10000, nullptr, 0) < 0 && errno == ENOSYS)
      GTEST_SKIP() << "old kernel";
    std::array<char, 32> name = {"/tmp/husk-sources-XXXXXX"};
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name.data();
    int ready[2];
    ASSERT_EQ(pipe2(ready, O_CLOEXEC), 0);
    holder_ = fork();
    if (holder_ == 0) {
      const bool made = unshare(CLONE_NEWNS) == 0 && mount(nullptr, "/", nullptr, MS_PRIVATE | MS_REC, nullptr) == 0 &&
                        mount("tmpfs", folder_.c_str(), "tmpfs", 0, nullptr) == 0 &&
                        close(open((folder_ + "/there").c_str(), O_CREAT | O_WRONLY, 0600)) == 0;
      if (write(ready[1], made ? "y" : "n", 1) == 1) pause();
      _exit(0);
    }
    char answer = 0;
    ASSERT_EQ(read(ready[0], &answer, 1), 1);
    close(ready[0]);
    close(ready[1]);
    if (answer != 'y') GTEST_SKIP() << "no mount namespace to be had";
    namespace_.reset(open(("/proc/" + std::to_string(holder_) + "/ns/mnt").c_str(), O_RDONLY | O_CLOEXEC));
    ASSERT_TRUE(namespace_);
  }
  void TearDown() override {
    if (holder_ > 0) {
      ::kill(holder_, SIGKILL);
      waitpid(holder_, nullptr, 0);
    }
    if (!folder_.empty()) rmdir(folder_.c_str());
  }
  [[nodiscard]] rootfs::Mount source() const {
    rootfs::Mount m;
    m.bind = true;
    m.source = folder_.c_str();
    return m;
  }
  static bool has_file(const sys::Fd& tree) { return faccessat(tree.get(), "there", F_OK, 0) == 0; }

  std::string folder_;
  pid_t holder_ = -1;
  sys::Fd namespace_;
};

TEST_F(Sources, AreWhatTheOtherNamespaceHas) {
  const sys::Fd tree = copy_source(source(), namespace_.get());
  ASSERT_TRUE(tree) << tree.get();
  EXPECT_TRUE(has_file(tree));
  EXPECT_NE(access((folder_ + "/there").c_str(), F_OK), 0);  // we are where we were
  EXPECT_EQ(fcntl(tree.get(), F_GETFD), FD_CLOEXEC);
}

TEST_F(Sources, AreFoundFromAThreadToo) {
  bool found = false;
  std::thread([&] { found = has_file(copy_source(source(), namespace_.get())); }).join();
  EXPECT_TRUE(found);
}

TEST_F(Sources, ThatAreNotThereAnswerTheErrno) {
  const size_t before = open_descriptors();
  rootfs::Mount m = source();
  m.source = "/no/such/source";
  EXPECT_EQ(copy_source(m, namespace_.get()).get(), -ENOENT);
  EXPECT_EQ(copy_source(m, STDIN_FILENO).get(), -EINVAL);  // no namespace
  EXPECT_EQ(open_descriptors(), before);
}

TEST_F(Sources, LeaveNoChildAndSendNoSignal) {
  sigset_t child;
  sigset_t before;
  sigemptyset(&child);
  sigaddset(&child, SIGCHLD);
  ASSERT_EQ(pthread_sigmask(SIG_BLOCK, &child, &before), 0);
  const sys::Fd tree = copy_source(source(), namespace_.get());
  sigset_t pending;
  sigpending(&pending);
  EXPECT_EQ(sigismember(&pending, SIGCHLD), 0);
  EXPECT_EQ(waitpid(-1, nullptr, WNOHANG | __WALL), 0);  // the holder alone, which lives
  ASSERT_EQ(pthread_sigmask(SIG_SETMASK, &before, nullptr), 0);
}

TEST_F(Sources, MayBeMapped) {
  rootfs::IdmappedSource mapping;
  mapping.source = folder_;
  mapping.uid_map = mapping.gid_map = "0 5000 10\n";
  const Result<sys::Fd> tree = copy_mapped_source(source(), mapping, namespace_.get());
  if (!tree.ok()) GTEST_SKIP() << tree.error().text();
  struct stat st = {};
  ASSERT_EQ(fstatat(tree->get(), "there", &st, 0), 0);
  EXPECT_EQ(st.st_uid, 5000U);
  EXPECT_EQ(st.st_gid, 5000U);
}

TEST_F(Sources, AMappingThatCannotBeSaysWhy) {
  rootfs::IdmappedSource mapping;
  mapping.source = "/no/such/source";
  mapping.uid_map = mapping.gid_map = "0 5000 10\n";
  rootfs::Mount m = source();
  m.source = "/no/such/source";
  const Result<sys::Fd> tree = copy_mapped_source(m, mapping, namespace_.get());
  ASSERT_FALSE(tree.ok());
  EXPECT_EQ(tree.error().text(), "open source /no/such/source: no such file or directory");
}

}  // namespace
}  // namespace husk::starting
