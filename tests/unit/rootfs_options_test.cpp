#include <gtest/gtest.h>
#include <linux/mount.h>

#include "rooms/rootfs/options.h"

namespace husk::rootfs {
namespace {

TEST(MountOptions, FlagsOfOneMount) {
  const Options o = parse_options({"nosuid", "noexec", "ro", "nodev"});
  EXPECT_EQ(o.attr_set, uint64_t{MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_RDONLY | MOUNT_ATTR_NODEV});
  EXPECT_EQ(o.attr_clear, 0U);
  EXPECT_EQ(o.classic_flags, uint64_t{MS_NOSUID | MS_NOEXEC | MS_RDONLY | MS_NODEV});
  EXPECT_TRUE(o.read_only);
}

TEST(MountOptions, LaterWordWins) {
  const Options o = parse_options({"ro", "rw", "nosuid", "suid"});
  EXPECT_EQ(o.attr_set, 0U);
  EXPECT_EQ(o.attr_clear, uint64_t{MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID});
  EXPECT_FALSE(o.read_only);
  EXPECT_EQ(o.classic_flags, 0U);
}

TEST(MountOptions, AccessTimesAreOneField) {
  Options o = parse_options({"noatime"});
  EXPECT_EQ(o.attr_set, uint64_t{MOUNT_ATTR_NOATIME});
  EXPECT_EQ(o.attr_clear, uint64_t{MOUNT_ATTR__ATIME});
  o = parse_options({"noatime", "strictatime"});
  EXPECT_EQ(o.attr_set, uint64_t{MOUNT_ATTR_STRICTATIME});
  o = parse_options({"noatime", "relatime"});
  EXPECT_EQ(o.attr_set, 0U);
  EXPECT_EQ(o.attr_clear, uint64_t{MOUNT_ATTR__ATIME});
}

TEST(MountOptions, RecursiveOnes) {
  const Options o = parse_options({"rro", "rnosuid", "rexec", "rnoatime"});
  EXPECT_EQ(o.tree_set, uint64_t{MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOATIME});
  EXPECT_EQ(o.tree_clear, uint64_t{MOUNT_ATTR_NOEXEC | MOUNT_ATTR__ATIME});
  EXPECT_EQ(o.attr_set, 0U);
}

TEST(MountOptions, BindAndPropagation) {
  const Options o = parse_options({"rbind", "rslave", "shared"});
  EXPECT_TRUE(o.bind);
  EXPECT_TRUE(o.recursive);
  ASSERT_EQ(o.propagation.size(), 2U);
  EXPECT_EQ(o.propagation[0], uint64_t{MS_SLAVE | MS_REC});
  EXPECT_EQ(o.propagation[1], uint64_t{MS_SHARED});
}

TEST(MountOptions, UnknownWordsAreData) {
  const Options o = parse_options({"mode=755", "size=64k", "defaults", "newinstance", "sync"});
  EXPECT_EQ(o.data, (std::vector<std::string>{"mode=755", "size=64k", "newinstance", "sync"}));
}

TEST(MountOptions, ExtensionsOfRuntimes) {
  const Options o = parse_options({"tmpcopyup", "ridmap"});
  EXPECT_TRUE(o.copy_up);
  EXPECT_TRUE(o.idmap_recursive);
  EXPECT_TRUE(parse_options({"iversion"}).classic_only);
}

TEST(MountOptions, RootfsPropagation) {
  EXPECT_EQ(propagation_flags("rslave"), uint64_t{MS_SLAVE | MS_REC});
  EXPECT_EQ(propagation_flags("shared"), uint64_t{MS_SHARED});
  EXPECT_EQ(propagation_flags("ro"), 0U);
  EXPECT_EQ(propagation_flags("sideways"), 0U);
}

}  // namespace
}  // namespace husk::rootfs
