// Resolution of container paths: the same cases with openat2 and with our own walk.
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <string>

#include "host/files.h"
#include "sys/path.h"

namespace husk {
namespace {

class Path : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    ASSERT_NE(mkdtemp(dir_.data()), nullptr);
    root_path_ = dir_ + "/root";
    make("/secret", "host");
    mkdir(root_path_.c_str(), 0755);
    mkdir((root_path_ + "/etc").c_str(), 0755);
    mkdir((root_path_ + "/a").c_str(), 0755);
    mkdir((root_path_ + "/a/b").c_str(), 0755);
    make("/root/etc/passwd", "root:x:0:0::/root:/bin/sh\n");
    make("/root/secret", "container");
    link("/etc", "/abs");
    link("../../../../../../etc", "/a/b/up");
    link("/nowhere/at/all", "/dangling");
    link("missing", "/a/relative");
    link("loop", "/loop");
    link("/secret", "/a/secret");
    root_.fd = open(root_path_.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC);
    root_.has_openat2 = GetParam();
    ASSERT_GE(root_.fd, 0);
  }
  void TearDown() override {
    close(root_.fd);
    ASSERT_TRUE(host::remove_tree(dir_).ok());
  }
  void make(const std::string& path, const std::string& text) const {
    const int fd = open((dir_ + path).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
    ASSERT_EQ(write(fd, text.data(), text.size()), static_cast<ssize_t>(text.size()));
    close(fd);
  }
  void link(const char* target, const std::string& path) const {
    ASSERT_EQ(symlink(target, (root_path_ + path).c_str()), 0);
  }
  [[nodiscard]] std::string read(const char* path, int flags = O_RDONLY) const {
    const sys::Fd fd(sys::open_in(root_, path, flags));
    if (!fd) return "error " + std::to_string(-fd.get());
    char text[64] = {};
    return ::read(fd.get(), text, sizeof text - 1) >= 0 ? text : "unreadable";
  }
  // Where the descriptor leads, as a path below the root.
  [[nodiscard]] std::string where(int fd) const {
    char text[4096] = {};
    const std::string proc = "/proc/self/fd/" + std::to_string(fd);
    const ssize_t n = readlink(proc.c_str(), text, sizeof text - 1);
    const std::string full(text, n > 0 ? static_cast<size_t>(n) : 0);
    return full.starts_with(root_path_) ? full.substr(root_path_.size()) : "outside: " + full;
  }
  std::string make_in(const char* path, sys::Make last = sys::Make::directory) {
    const sys::Fd fd(sys::make_in(root_, path, last, 0755));
    return fd ? where(fd.get()) : "error " + std::to_string(-fd.get());
  }

  std::string dir_ = "/tmp/husk-path-XXXXXX", root_path_;
  sys::RootDir root_;
};

TEST_P(Path, PlainFile) {
  EXPECT_EQ(read("/etc/passwd"), "root:x:0:0::/root:/bin/sh\n");
}
TEST_P(Path, PathNeedsNoSlashInFront) {
  EXPECT_EQ(read("etc/passwd"), "root:x:0:0::/root:/bin/sh\n");
}
TEST_P(Path, AbsoluteLinkStaysInside) {
  EXPECT_EQ(read("/abs/passwd"), "root:x:0:0::/root:/bin/sh\n");
}
TEST_P(Path, LinkUpStaysInside) {
  EXPECT_EQ(read("/a/b/up/passwd"), "root:x:0:0::/root:/bin/sh\n");
}
TEST_P(Path, DotsStayInside) {
  EXPECT_EQ(read("/../../secret"), "container");
}
TEST_P(Path, DotsAfterLink) {
  EXPECT_EQ(read("/abs/../secret"), "container");
}
TEST_P(Path, LinkToFile) {
  EXPECT_EQ(read("/a/secret"), "container");
}
TEST_P(Path, Missing) {
  EXPECT_EQ(read("/etc/shadow"), "error 2");
}
TEST_P(Path, FileAsDirectory) {
  EXPECT_EQ(read("/etc/passwd/x"), "error 20");
}
TEST_P(Path, Loop) {
  EXPECT_EQ(read("/loop/x"), "error 40");
}
TEST_P(Path, LastLinkIsNotFollowedWhenAsked) {
  EXPECT_EQ(read("/a/secret", O_RDONLY | O_NOFOLLOW), "error 40");
}
TEST_P(Path, Root) {
  const sys::Fd fd(sys::open_in(root_, "/", O_PATH));
  EXPECT_EQ(where(fd.get()), "");
}
TEST_P(Path, PlainRefusesLinkOnTheWay) {
  EXPECT_EQ(sys::open_plain(root_, "/abs/passwd", O_PATH), -ELOOP);
  const sys::Fd fd(sys::open_plain(root_, "/etc/passwd", O_PATH));
  EXPECT_EQ(where(fd.get()), "/etc/passwd");
}
TEST_P(Path, MakesDirectories) {
  EXPECT_EQ(make_in("/x/y/z"), "/x/y/z");
  EXPECT_EQ(make_in("/x/y/z"), "/x/y/z");
}
TEST_P(Path, MakesFile) {
  EXPECT_EQ(make_in("/x/file", sys::Make::file), "/x/file");
  struct stat st = {};
  ASSERT_EQ(stat((root_path_ + "/x/file").c_str(), &st), 0);
  EXPECT_TRUE(S_ISREG(st.st_mode));
}
TEST_P(Path, MakesBelowLink) {
  EXPECT_EQ(make_in("/abs/new"), "/etc/new");
}
TEST_P(Path, MakesTargetOfDanglingLinkInside) {
  EXPECT_EQ(make_in("/dangling/x"), "/nowhere/at/all/x");
  EXPECT_NE(access("/nowhere", F_OK), 0);
}
TEST_P(Path, MakesTargetOfRelativeDanglingLink) {
  EXPECT_EQ(make_in("/a/relative", sys::Make::file), "/a/missing");
}
TEST_P(Path, MakingThroughLoopFails) {
  EXPECT_EQ(make_in("/loop/x"), "error 40");
}
TEST_P(Path, MakingBelowFileFails) {
  EXPECT_EQ(make_in("/etc/passwd/x"), "error 20");
}
TEST_P(Path, LongNameFails) {
  EXPECT_EQ(make_in(("/" + std::string(300, 'x')).c_str()), "error 36");
}

INSTANTIATE_TEST_SUITE_P(Openat2AndWalk, Path, testing::Bool(),
                         [](const auto& one) { return one.param ? "openat2" : "walk"; });

}  // namespace
}  // namespace husk
