#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <cstring>
#include <filesystem>

#include "host/files.h"
#include "rooms/seccomp/cache.h"
#include "spec_test_files.h"

namespace husk::seccomp {
namespace {

using test::read_file;

spec::Seccomp profile(const std::string& denied, uint32_t errno_ret = 1) {
  spec::Seccomp s;
  s.default_action = "SCMP_ACT_ALLOW";
  spec::SeccompRule rule;
  rule.names = {denied, "nosuchcall"};
  rule.action = "SCMP_ACT_ERRNO";
  rule.errno_ret = errno_ret;
  rule.args = {{1, 7, 0, "SCMP_CMP_EQ"}};
  s.syscalls.push_back(rule);
  return s;
}

bool same(const Filter& a, const Filter& b) {
  return a.program == b.program && a.flags == b.flags && a.notify == b.notify && a.skipped == b.skipped;
}

// A program that whoever could plant a file would like: everything is allowed.
constexpr sock_filter kAllow = {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW};

bool is_planted(const Filter& filter) {
  return std::memcmp(filter.program.data(), &kAllow, sizeof kAllow) == 0;
}

// Written once more, by somebody who knows the format.
uint64_t checksum(std::string_view bytes) {
  uint64_t out = bytes.size();
  for (; !bytes.empty(); bytes.remove_prefix(std::min<size_t>(8, bytes.size()))) {
    uint64_t word = 0;
    std::memcpy(&word, bytes.data(), std::min<size_t>(8, bytes.size()));
    out = (out ^ word) * 0x9e3779b97f4a7c15;
    out ^= out >> 29;
  }
  return out;
}

void seal(std::string* file) {
  const uint64_t sum = checksum(std::string_view(*file).substr(16));
  std::memcpy(file->data() + 8, &sum, sizeof sum);
}

class SeccompCache : public ::testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/husk-cache-test-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    top_ = name;
    directory_ = top_ + "/a/b";
  }
  void TearDown() override { std::filesystem::remove_all(top_); }

  Filter cached(const spec::Seccomp& s) {
    Result<Filter> out = compile_cached(s, directory_);
    EXPECT_TRUE(out.ok()) << out.error().text();
    return out.ok() ? *std::move(out) : Filter();
  }
  [[nodiscard]] std::vector<std::string> files() const {
    std::vector<std::string> out;
    if (std::filesystem::exists(directory_))
      for (const auto& entry : std::filesystem::directory_iterator(directory_)) out.push_back(entry.path());
    return out;
  }
  std::string only_file() {
    const std::vector<std::string> all = files();
    EXPECT_EQ(all.size(), 1U);
    return all.empty() ? "" : all[0];
  }
  static void write(const std::string& path, const std::string& bytes) {
    ASSERT_TRUE(host::write_atomic(path, bytes, 0600).ok());
  }
  // Keeps the profile, and puts a program that allows everything into its file, with all that belongs to it.
  std::string plant() {
    (void)cached(profile_);
    const std::string path = only_file();
    std::string file = read_file(path);
    uint32_t key = 0;
    std::memcpy(&key, file.data() + 16, sizeof key);
    std::memcpy(file.data() + 32 + key, &kAllow, sizeof kAllow);
    seal(&file);
    write(path, file);
    return path;
  }
  // What was planted has no effect, and is replaced by what is right.
  void expect_ignored() {
    EXPECT_TRUE(same(cached(profile_), *compile(profile_)));
    EXPECT_TRUE(same(cached(profile_), *compile(profile_)));
  }

  std::string top_, directory_;
  const spec::Seccomp profile_ = profile("mkdir");
};

TEST_F(SeccompCache, GivesWhatWasCompiled) {
  const Filter compiled = *compile(profile_);
  EXPECT_EQ(compiled.skipped, std::vector<std::string>{"nosuchcall"});
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(same(cached(profile_), compiled)) << i;
  EXPECT_EQ(files().size(), 1U);
  spec::Seccomp listening = profile_;
  listening.syscalls[0].action = "SCMP_ACT_NOTIFY";
  listening.syscalls[0].errno_ret.reset();
  for (int i = 0; i < 2; ++i) EXPECT_TRUE(same(cached(listening), *compile(listening))) << i;
}

// The ground of the tests below: a file is used, not only written.
TEST_F(SeccompCache, IsRead) {
  (void)plant();
  EXPECT_TRUE(is_planted(cached(profile_)));
}

TEST_F(SeccompCache, MakesPrivateDirectoriesAndFiles) {
  const mode_t before = ::umask(0);
  (void)cached(profile_);
  ::umask(before);
  struct stat st = {};
  for (const std::string& path : {top_ + "/a", directory_}) {
    ASSERT_EQ(::stat(path.c_str(), &st), 0) << path;
    EXPECT_EQ(st.st_mode & 07777, 0700U) << path;
  }
  ASSERT_EQ(::stat(only_file().c_str(), &st), 0);
  EXPECT_EQ(st.st_mode & 07777, 0600U);
}

TEST_F(SeccompCache, EveryPartOfAProfileCounts) {
  std::vector<spec::Seccomp> all(13, profile_);
  all[1].default_action = "SCMP_ACT_LOG";
  all[2].architectures = {"SCMP_ARCH_X86"};
  all[3].flags = {"SECCOMP_FILTER_FLAG_LOG"};
  all[4].flags_given = true;
  all[5].syscalls[0].names = {"rmdir", "nosuchcall"};
  all[6].syscalls[0].names = {"mkdir", "nosuchcal"};
  all[7].syscalls[0].errno_ret = 2;
  all[8].syscalls[0].args[0].index = 2;
  all[9].syscalls[0].args[0].value = 8;
  all[10].syscalls[0].args[0].value_two = 1;
  all[11].syscalls[0].args[0].op = "SCMP_CMP_NE";
  all[12].syscalls[0].args.clear();
  for (int round = 0; round < 2; ++round)
    for (const spec::Seccomp& s : all) EXPECT_TRUE(same(cached(s), *compile(s)));
  EXPECT_EQ(files().size(), all.size());
  // Who listens does not change the filter.
  spec::Seccomp other = profile_;
  other.listener_path = "/run/agent";
  (void)cached(other);
  EXPECT_EQ(files().size(), all.size());
}

TEST_F(SeccompCache, ErrorsAreNotKept) {
  const spec::Seccomp wrong = [] {
    spec::Seccomp s = profile("mkdir");
    s.syscalls[0].action = "SCMP_ACT_FOO";
    return s;
  }();
  for (int i = 0; i < 2; ++i)
    EXPECT_EQ(compile_cached(wrong, directory_).error().text(), compile(wrong).error().text());
  EXPECT_TRUE(files().empty());
}

TEST_F(SeccompCache, AFileForAnotherProfileIsNotUsed) {
  (void)cached(profile("rmdir"));
  const std::string other = read_file(only_file());
  std::filesystem::remove_all(directory_);
  (void)cached(profile_);
  write(only_file(), other);
  expect_ignored();
}

TEST_F(SeccompCache, DamagedFilesAreNotUsed) {
  (void)cached(profile_);
  const std::string path = only_file(), good = read_file(path);
  const Filter right = *compile(profile_);
  for (size_t at = 0; at < good.size(); at += at < 40 ? 1 : 5) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 0x10);
    write(path, bad);
    ASSERT_TRUE(same(cached(profile_), right)) << at;
    ASSERT_EQ(read_file(path), good) << at;
  }
}

TEST_F(SeccompCache, CutFilesAreNotUsed) {
  (void)cached(profile_);
  const std::string path = only_file(), good = read_file(path);
  const Filter right = *compile(profile_);
  for (size_t size = 0; size < good.size(); size += 5) {
    write(path, good.substr(0, size));
    ASSERT_TRUE(same(cached(profile_), right)) << size;
    ASSERT_EQ(read_file(path), good) << size;
  }
  write(path, good + "more");
  expect_ignored();
}

TEST_F(SeccompCache, SizesThatLieAreNotUsed) {
  (void)cached(profile_);
  const std::string path = only_file(), good = read_file(path);
  for (const size_t field : {16U, 20U, 24U})
    for (const uint32_t value : {0U, 1U, 8U, 0x7fffffffU, 0xffffffffU}) {
      std::string bad = good;
      std::memcpy(bad.data() + field, &value, sizeof value);
      seal(&bad);
      write(path, bad);
      ASSERT_TRUE(same(cached(profile_), *compile(profile_))) << field << ' ' << value;
    }
}

TEST_F(SeccompCache, AFileOfSomebodyElseIsNotUsed) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  ASSERT_EQ(::chown(plant().c_str(), 12345, 0), 0);
  expect_ignored();
}

TEST_F(SeccompCache, AFileThatOthersMayWriteIsNotUsed) {
  for (const mode_t mode : {0620U, 0602U}) {
    std::filesystem::remove_all(directory_);
    ASSERT_EQ(::chmod(plant().c_str(), mode), 0);
    expect_ignored();
  }
}

TEST_F(SeccompCache, ALinkIsNotFollowed) {
  const std::string path = plant();
  ASSERT_EQ(::rename(path.c_str(), (top_ + "/elsewhere").c_str()), 0);
  ASSERT_EQ(::symlink((top_ + "/elsewhere").c_str(), path.c_str()), 0);
  expect_ignored();
  EXPECT_FALSE(std::filesystem::is_symlink(path));
}

TEST_F(SeccompCache, ADirectoryThatOthersMayWriteIsNotUsed) {
  for (const mode_t mode : {0770U, 0702U}) {
    std::filesystem::remove_all(top_ + "/a");
    (void)plant();
    ASSERT_EQ(::chmod(directory_.c_str(), mode), 0);
    expect_ignored();
  }
}

TEST_F(SeccompCache, ADirectoryOfSomebodyElseIsNotUsed) {
  if (::geteuid() != 0) GTEST_SKIP() << "needs root";
  (void)plant();
  ASSERT_EQ(::chown(directory_.c_str(), 12345, 0), 0);
  expect_ignored();
}

TEST_F(SeccompCache, ADirectoryBehindALinkIsNotUsed) {
  for (const char* part : {"/a", "/a/b"}) {
    std::filesystem::remove_all(top_ + "/a");
    std::filesystem::remove_all(top_ + "/real");
    (void)plant();
    ASSERT_EQ(::rename((top_ + part).c_str(), (top_ + "/real").c_str()), 0);
    ASSERT_EQ(::symlink((top_ + "/real").c_str(), (top_ + part).c_str()), 0);
    expect_ignored();
  }
}

TEST_F(SeccompCache, WhatIsNoFileIsNotWaitedFor) {
  (void)cached(profile_);
  const std::string path = only_file();
  ASSERT_EQ(::unlink(path.c_str()), 0);
  ASSERT_EQ(::mkfifo(path.c_str(), 0600), 0);
  expect_ignored();
  EXPECT_TRUE(std::filesystem::is_regular_file(path));
  ASSERT_EQ(::unlink(path.c_str()), 0);
  ASSERT_EQ(::mkdir(path.c_str(), 0700), 0);
  expect_ignored();  // a directory is in the way for good
}

TEST_F(SeccompCache, WhereNothingCanBeWrittenItIsCompiled) {
  for (const char* directory : {"/proc/husk", "/dev/null/x", "/sys/a/b"}) {
    Result<Filter> out = compile_cached(profile_, directory);
    ASSERT_TRUE(out.ok()) << directory;
    EXPECT_TRUE(same(*out, *compile(profile_))) << directory;
  }
  EXPECT_TRUE(same(*compile_cached(profile_, ""), *compile(profile_)));
}

// Files that are not the cache's own stay, however many there are.
TEST_F(SeccompCache, DoesNotGrow) {
  (void)cached(profile_);
  const std::string first = only_file();
  const struct timespec past[2] = {{1000, 0}, {1000, 0}};
  ASSERT_EQ(::utimensat(AT_FDCWD, first.c_str(), past, 0), 0);
  for (int i = 0; i < 10; ++i) write(cat(directory_, "/mine.", i), "x");
  for (uint32_t i = 0; i < 70; ++i) {
    (void)cached(profile("rmdir", i));
    EXPECT_EQ(std::filesystem::exists(first), i < 63) << i;
  }
  EXPECT_EQ(files().size(), 64U + 10U);
}

TEST_F(SeccompCache, ManyAtOnce) {
  std::vector<Filter> right;
  for (uint32_t i = 0; i < 80; ++i) right.push_back(*compile(profile("mkdir", i)));
  std::vector<pid_t> children;
  for (uint32_t child = 0; child < 8; ++child) {
    const pid_t pid = ::fork();
    ASSERT_GE(pid, 0);
    if (pid == 0) {
      for (uint32_t i = 0; i < 240; ++i) {
        const uint32_t which = (i * 7 + child * 3) % 80;
        Result<Filter> out = compile_cached(profile("mkdir", which), directory_);
        if (!out.ok() || !same(*out, right[which])) ::_exit(1);
      }
      ::_exit(0);
    }
    children.push_back(pid);
  }
  for (const pid_t pid : children) {
    int status = -1;
    ASSERT_EQ(::waitpid(pid, &status, 0), pid);
    EXPECT_EQ(status, 0);
  }
  for (const std::string& file : files()) EXPECT_EQ(std::filesystem::path(file).filename().string()[0] == '.', false);
}

}  // namespace
}  // namespace husk::seccomp
