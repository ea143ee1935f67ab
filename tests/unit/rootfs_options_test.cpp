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

TEST(MountOptions, AccessTimesAreOneSetting) {
  constexpr uint64_t kWhole = MOUNT_ATTR__ATIME | MOUNT_ATTR_NODIRATIME;
  const struct {
    std::vector<std::string> words;
    uint64_t set, clear;
  } cases[] = {
      {{"relatime"}, 0, kWhole},
      {{"noatime"}, MOUNT_ATTR_NOATIME, kWhole},
      {{"nodiratime"}, MOUNT_ATTR_NODIRATIME, kWhole},
      {{"noatime", "strictatime"}, MOUNT_ATTR_STRICTATIME, kWhole},
      {{"noatime", "relatime"}, MOUNT_ATTR_NOATIME, kWhole},
      {{"nodiratime", "strictatime"}, MOUNT_ATTR_NODIRATIME | MOUNT_ATTR_STRICTATIME, kWhole},
      {{"nodiratime", "norelatime"}, MOUNT_ATTR_NODIRATIME, kWhole},
      {{"noatime", "relatime", "atime"}, 0, kWhole},
      {{"noatime", "atime"}, 0, 0},
      {{"atime"}, 0, 0},
      {{"diratime", "norelatime", "nostrictatime"}, 0, 0},
  };
  for (const auto& c : cases) {
    const Options o = parse_options(c.words);
    EXPECT_EQ(o.attr_set, c.set) << c.words[0];
    EXPECT_EQ(o.attr_clear, c.clear) << c.words[0];
  }
}

TEST(MountOptions, AnyWordForAFlagImpliesThatTheOthersAreCleared) {
  constexpr uint64_t kAll =
      MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC | MOUNT_ATTR_NOSYMFOLLOW;
  EXPECT_EQ(implied_clear(parse_options({"rbind"})), 0U);
  EXPECT_EQ(implied_clear(parse_options({"bind", "rprivate", "defaults"})), 0U);
  EXPECT_EQ(implied_clear(parse_options({"rbind", "rro"})), 0U);
  EXPECT_EQ(implied_clear(parse_options({"bind", "atime"})), kAll);
  EXPECT_EQ(implied_clear(parse_options({"bind", "async"})), kAll);
  EXPECT_EQ(implied_clear(parse_options({"bind", "nosuid"})), kAll & ~uint64_t{MOUNT_ATTR_NOSUID});
  EXPECT_EQ(implied_clear(parse_options({"bind", "rw"})), kAll & ~uint64_t{MOUNT_ATTR_RDONLY});
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

TEST(MountOptions, SeveralWordsOfDataInOneText) {
  const auto data = [](const char* word) { return parse_options({word}).data; };
  using Words = std::vector<std::string>;
  EXPECT_EQ(data("size=64k,mode=700"), (Words{"size=64k", "mode=700"}));
  EXPECT_EQ(data(",size=64k,,mode=700,"), (Words{"size=64k", "mode=700"}));
  EXPECT_EQ(data("mpol=bind:0,2,mode=700"), (Words{"mpol=bind:0,2", "mode=700"}));
  EXPECT_EQ(data("lowerdir=/a\\,b:/c,upperdir=/d"), (Words{"lowerdir=/a\\,b:/c", "upperdir=/d"}));
  EXPECT_EQ(data("context=\"u:r:t:s0:c1,c2\",mode=700"), (Words{"context=u:r:t:s0:c1,c2", "mode=700"}));
  EXPECT_EQ(data("ro,nosuid"), (Words{"ro", "nosuid"}));
  EXPECT_EQ(parse_options({"ro,nosuid"}).attr_set, 0U);
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
