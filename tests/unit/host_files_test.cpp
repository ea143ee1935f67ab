#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>

#include "host/files.h"

namespace husk::host {
namespace {

class Files : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/husk-test-XXXXXX";
    ASSERT_NE(mkdtemp(name), nullptr);
    dir_ = name;
  }
  void TearDown() override { EXPECT_TRUE(remove_tree(dir_).ok()); }
  std::string at(const std::string& name) const { return dir_ + "/" + name; }
  static bool exists(const std::string& path) {
    struct stat st = {};
    return lstat(path.c_str(), &st) == 0;
  }
  std::string dir_;
};

TEST_F(Files, ReadHasALimit) {
  ASSERT_TRUE(write_atomic(at("f"), std::string(10000, 'x'), 0600).ok());
  EXPECT_EQ(read_file(at("f"), 10000)->size(), 10000U);
  auto r = read_file(at("f"), 9999);
  ASSERT_FALSE(r.ok());
  EXPECT_EQ(r.error().errnum, EFBIG);
  EXPECT_EQ(read_file(at("none"), 10).error().text(), cat("open ", at("none"), ": no such file or directory"));
  ASSERT_TRUE(write_atomic(at("empty"), "", 0600).ok());
  EXPECT_EQ(*read_file(at("empty"), 0), "");
  EXPECT_FALSE(read_file("/proc/self/status", 1 << 20)->empty());
}

TEST_F(Files, ANumberMayHaveMoreBehindIt) {
  ASSERT_TRUE(write_atomic(at("f"), "-12\n", 0600).ok());
  EXPECT_EQ(read_number(at("f")), -12);
  ASSERT_TRUE(write_atomic(at("f"), "max\n", 0600).ok());
  EXPECT_EQ(read_number(at("f")), std::nullopt);
  EXPECT_EQ(read_number(at("none")), std::nullopt);
}

TEST_F(Files, WriteWantsAnExistingFile) {
  EXPECT_EQ(write_file(at("f"), "x").error().errnum, ENOENT);
  ASSERT_TRUE(write_atomic(at("f"), "abc", 0600).ok());
  ASSERT_TRUE(write_file(at("f"), "xy").ok());
  EXPECT_EQ(*read_file(at("f"), 10), "xyc");
  EXPECT_EQ(write_file("/dev/full", "x").error().errnum, ENOSPC);
}

TEST_F(Files, AtomicReplacesAndLeavesNoTemporary) {
  const mode_t old = umask(077);
  ASSERT_TRUE(write_atomic(at("f"), "one", 0644).ok());
  ASSERT_TRUE(write_atomic(at("f"), "two", 0644).ok());
  umask(old);
  EXPECT_EQ(*read_file(at("f"), 10), "two");
  struct stat st = {};
  ASSERT_EQ(stat(at("f").c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 07777, 0644U);
  ASSERT_EQ(mkdir(at("d").c_str(), 0700), 0);
  EXPECT_FALSE(write_atomic(at("d"), "x", 0600).ok());
  EXPECT_EQ(write_atomic(at("no/f"), "x", 0600).error().text(),
            cat("create ", at("no/f"), ": no such file or directory"));
  ASSERT_EQ(rmdir(at("d").c_str()), 0);
  ASSERT_EQ(unlink(at("f").c_str()), 0);
  EXPECT_EQ(rmdir(dir_.c_str()), 0);  // nothing else was left
}

TEST_F(Files, MakeDirectories) {
  EXPECT_TRUE(make_directories(at("a/b/c"), 0755).ok());
  EXPECT_TRUE(make_directories(at("a/b/c"), 0755).ok());
  EXPECT_TRUE(make_directories(at("a/b/d/"), 0755).ok());
  EXPECT_TRUE(exists(at("a/b/d")));
  ASSERT_TRUE(write_atomic(at("f"), "", 0600).ok());
  EXPECT_EQ(make_directories(at("f"), 0755).error().errnum, ENOTDIR);
  EXPECT_EQ(make_directories(at("f/x/y"), 0755).error().errnum, ENOTDIR);
  EXPECT_FALSE(make_directories("", 0755).ok());
}

TEST_F(Files, RemoveTreeFollowsNoSymlink) {
  ASSERT_TRUE(make_directories(at("out/keep"), 0755).ok());
  ASSERT_TRUE(make_directories(at("t/a/b/c"), 0755).ok());
  ASSERT_TRUE(write_atomic(at("t/a/f"), "x", 0400).ok());
  ASSERT_EQ(symlink(at("out").c_str(), at("t/a/link").c_str()), 0);
  ASSERT_EQ(symlink(at("out").c_str(), at("link").c_str()), 0);
  EXPECT_TRUE(remove_tree(at("t")).ok());
  EXPECT_FALSE(exists(at("t")));
  EXPECT_TRUE(remove_tree(at("link")).ok());
  EXPECT_FALSE(exists(at("link")));
  EXPECT_TRUE(exists(at("out/keep")));
  EXPECT_TRUE(remove_tree(at("t")).ok());
  EXPECT_TRUE(remove_tree(at("no/such")).ok());
  EXPECT_FALSE(remove_tree(at("..")).ok());
  EXPECT_FALSE(remove_tree("/").ok());
}

}  // namespace
}  // namespace husk::host
