// The root file system as a plan: what the golden files do not show.
#include <gtest/gtest.h>
#include <linux/mount.h>

#include "rooms/rootfs/plan.h"

namespace husk::rootfs {
namespace {

class RootfsPlan : public testing::Test {
 protected:
  RootfsPlan() {
    around_.rootfs = "/bundle/rootfs";
    around_.bundle = "/bundle";
  }
  // The step for the one mount of the configuration.
  Mount planned(spec::Mount mount) {
    spec_.mounts = {std::move(mount)};
    const Result<RootPlan> p = plan(spec_, around_, arena_);
    EXPECT_TRUE(p.ok()) << p.error().text();
    return p.ok() && !p->mounts.empty() ? p->mounts[0] : Mount();
  }
  std::string target(const std::string& destination) {
    return std::string(planned({destination, "tmpfs", "tmpfs", {}, {}, {}}).target.view());
  }

  spec::Spec spec_;
  Surroundings around_;
  Arena arena_;
};

TEST_F(RootfsPlan, ADestinationThatBeginsWithTheRootsPathIsInIt) {
  EXPECT_EQ(target("/bundle/rootfs/data"), "/data");
  EXPECT_EQ(target("//bundle/./rootfs//data/"), "/data");
  EXPECT_EQ(target("/bundle/rootfs2/data"), "/bundle/rootfs2/data");
  EXPECT_EQ(target("/bundle/data"), "/bundle/data");
  EXPECT_EQ(target("/data/bundle/rootfs"), "/data/bundle/rootfs");
  around_.rootfs = "/";
  EXPECT_EQ(target("/data"), "/data");
}

TEST_F(RootfsPlan, TheRootItselfIsNoDestination) {
  spec_.mounts = {{"/bundle/rootfs/", "tmpfs", "tmpfs", {}, {}, {}}};
  EXPECT_FALSE(plan(spec_, around_, arena_).ok());
}

TEST_F(RootfsPlan, OnlyABindMountHasFlagsToClear) {
  const Mount bind = planned({"/data", "bind", "/srv", {"bind", "ro", "noatime"}, {}, {}});
  EXPECT_NE(bind.attr_clear, 0U);
  EXPECT_NE(bind.implied_clear, 0U);
  const Mount fs = planned({"/data", "tmpfs", "tmpfs", {"nosuid", "rw", "noatime"}, {}, {}});
  EXPECT_EQ(fs.attr_set, uint64_t{MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOATIME});
  EXPECT_EQ(fs.attr_clear | fs.implied_clear, 0U);
}

TEST_F(RootfsPlan, WhatIsTooLongForFsconfigGoesTheClassicWay) {
  const std::string value(255, 'v');
  EXPECT_FALSE(planned({"/data", "overlay", "overlay", {"lowerdir=" + value}, {}, {}}).classic);
  EXPECT_TRUE(planned({"/data", "overlay", "overlay", {"lowerdir=v" + value}, {}, {}}).classic);
  EXPECT_TRUE(planned({"/data", "tmpfs", "v" + value, {}, {}, {}}).classic);
}

TEST_F(RootfsPlan, ABindOfTheHostsCgroupsMayHaveOtherAccessTimes) {
  around_.cgroup2 = true;
  const Mount m = planned({"/sys/fs/cgroup", "cgroup", "cgroup", {"noatime"}, {}, {}});
  EXPECT_TRUE(m.bind);
  EXPECT_EQ(m.attr_set, uint64_t{MOUNT_ATTR_NOATIME});
  EXPECT_EQ(m.attr_clear & MOUNT_ATTR__ATIME, uint64_t{MOUNT_ATTR__ATIME});  // or the kernel refuses
}

TEST_F(RootfsPlan, TheHostsCgroupsAreReadOnlyForAUserNamespaceByEitherWay) {
  around_.cgroup2 = around_.user_namespace = true;
  const Mount m = planned({"/sys/fs/cgroup", "cgroup", "cgroup", {}, {}, {}});
  EXPECT_TRUE(m.bind);
  EXPECT_NE(m.attr_set & MOUNT_ATTR_RDONLY, 0U);
  EXPECT_NE(m.classic_flags & MS_RDONLY, 0U);
}

}  // namespace
}  // namespace husk::rootfs
