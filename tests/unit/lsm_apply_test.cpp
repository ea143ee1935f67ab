// Writing a label: only into procfs.
#include <fcntl.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "rooms/lsm/init.cpp"  // NOLINT(bugprone-suspicious-include): part of husk-init alone, not of libhusk

namespace husk::lsm {
namespace {

class LsmApply : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/husk-lsm-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    directory_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(directory_); }

  // A directory that looks like procfs, with a file for each label that can be set.
  void look_like_procfs() const {
    for (const char* attr : {"thread-self/attr/apparmor", "self/attr/apparmor"})
      std::filesystem::create_directories(directory_ + "/" + attr);
    for (const char* file : kFiles) std::ofstream(path(file)).close();
  }
  [[nodiscard]] std::string path(const std::string& file) const { return directory_ + "/thread-self/attr/" + file; }
  [[nodiscard]] Fault write(const Label& label) const { return write_below(directory_, label); }
  static Fault write_below(const std::string& directory, const Label& label) {
    const sys::Fd fd(::open(directory.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    EXPECT_TRUE(static_cast<bool>(fd));
    return apply(label, fd.get());
  }

  static constexpr const char* kFiles[] = {"exec", "keycreate", "apparmor/exec"};
  std::string directory_;
};

TEST_F(LsmApply, WhatOnlyLooksLikeProcfsGetsNothing) {
  look_like_procfs();
  for (const char* file : kFiles) {
    EXPECT_EQ(write({file, "exec some", true}).err, EXDEV) << file;
    EXPECT_EQ(std::filesystem::file_size(path(file)), 0U) << file;
  }
}

TEST_F(LsmApply, NoLinkInThePlaceOfTheFileIsFollowed) {
  look_like_procfs();
  std::filesystem::remove(path("exec"));
  std::filesystem::create_symlink("/proc/thread-self/attr/exec", path("exec"));
  EXPECT_EQ(write({"exec", "u:r:t:s0", false}).err, ELOOP);
}

TEST_F(LsmApply, NoLinkInThePlaceOfThreadSelfLeadsElsewhere) {
  std::filesystem::create_symlink("/proc/thread-self", directory_ + "/thread-self");
  EXPECT_EQ(write({"exec", "u:r:t:s0", false}).err, EXDEV);
}

TEST_F(LsmApply, OnlyAppArmorFallsBackToTheOldFile) {
  look_like_procfs();
  std::filesystem::remove(path("apparmor/exec"));
  std::filesystem::remove(path("keycreate"));
  EXPECT_EQ(write({"apparmor/exec", "exec some", true}).err, EXDEV);  // "exec" is found, and is none of procfs
  EXPECT_EQ(write({"keycreate", "u:r:t:s0", false}).err, ENOENT);
}

TEST_F(LsmApply, WithoutProcfsNothingIsWritten) {
  EXPECT_NE(apply({"exec", "u:r:t:s0", false}, -1).err, 0);
}

// No kernel has this label; which one it is decides on the errno.
TEST_F(LsmApply, TheKernelsRefusalNamesTheKindOfLabel) {
  const Fault label = write_below("/proc", {"exec", "husk:no:such:label", false});
  EXPECT_NE(label.err, 0);
  EXPECT_NE(label.what.view().find("SELinux label"), std::string_view::npos);
  const Fault profile = write_below("/proc", {"apparmor/exec", "exec husk-no-such-profile", true});
  EXPECT_NE(profile.err, 0);
  EXPECT_TRUE(profile.what.view().starts_with("apparmor failed to apply profile"));
}

}  // namespace
}  // namespace husk::lsm
