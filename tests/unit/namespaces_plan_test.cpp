#include <gtest/gtest.h>
#include <linux/sched.h>

#include "rooms/namespaces/plan.h"

namespace husk::namespaces {
namespace {

using spec::NsType;

class NamespacePlans : public testing::Test {
 protected:
  NamespacePlan make(const Caller& caller = {}, bool force_long = false) {
    Result<NamespacePlan> p = plan(lx_, caller, force_long, arena_);
    EXPECT_TRUE(p.ok());
    return *p;
  }
  spec::Linux lx_;
  Arena arena_;
};

TEST_F(NamespacePlans, OneCloneWhenAllAreNew) {
  lx_.namespaces = {{NsType::pid, ""}, {NsType::mount, ""}, {NsType::network, ""}, {NsType::cgroup, ""}};
  const NamespacePlan p = make();
  EXPECT_FALSE(p.bootstrap.long_way);
  EXPECT_EQ(p.clone_flags, uint64_t{CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWNET});
  EXPECT_TRUE(p.new_cgroup);  // by init, which then sits in its cgroup
  EXPECT_EQ(p.bootstrap.unshare, 0U);
}

TEST_F(NamespacePlans, TheLongWayCanBeForced) {
  lx_.namespaces = {{NsType::pid, ""}};
  const NamespacePlan p = make({}, true);
  EXPECT_TRUE(p.bootstrap.long_way);
  EXPECT_EQ(p.clone_flags, 0U);
  EXPECT_EQ(p.bootstrap.unshare, uint64_t{CLONE_NEWPID});
}

TEST_F(NamespacePlans, JoiningTakesTheLongWayAndMountComesLast) {
  lx_.namespaces = {{NsType::mount, "/m"}, {NsType::user, "/u"}, {NsType::network, "/n"}, {NsType::pid, ""}};
  const NamespacePlan p = make();
  EXPECT_TRUE(p.bootstrap.long_way);
  ASSERT_EQ(p.bootstrap.joins.size(), 3U);
  EXPECT_EQ(p.bootstrap.joins[0].type, uint64_t{CLONE_NEWUSER});
  EXPECT_EQ(p.bootstrap.joins[2].type, uint64_t{CLONE_NEWNS});
  EXPECT_TRUE(p.joins_user);
  EXPECT_EQ(p.bootstrap.unshare, uint64_t{CLONE_NEWPID});
}

TEST_F(NamespacePlans, UserNamespaceIsUnsharedOnItsOwn) {
  lx_.namespaces = {{NsType::user, ""}, {NsType::pid, ""}};
  lx_.uid_mappings = {{0, 100000, 65536}};
  lx_.gid_mappings = {{0, 200000, 65536}};
  const NamespacePlan p = make();
  EXPECT_TRUE(p.bootstrap.new_user);
  EXPECT_EQ(p.bootstrap.unshare, uint64_t{CLONE_NEWPID});
  EXPECT_EQ(p.uid_map, "0 100000 65536\n");
  EXPECT_EQ(p.gid_map, "0 200000 65536\n");
  EXPECT_TRUE(p.bootstrap.become);
  EXPECT_FALSE(p.deny_setgroups);
  EXPECT_FALSE(p.by_helper);
}

TEST_F(NamespacePlans, UserMapsOnlyHimself) {
  lx_.namespaces = {{NsType::user, ""}};
  lx_.uid_mappings = lx_.gid_mappings = {{0, 1000, 1}};
  const NamespacePlan p = make({1000, 1000, false});
  EXPECT_TRUE(p.deny_setgroups);
  EXPECT_FALSE(p.by_helper);
}

TEST_F(NamespacePlans, MoreThanHimselfNeedsTheHelper) {
  lx_.namespaces = {{NsType::user, ""}};
  lx_.uid_mappings = {{0, 1000, 1}, {1, 100000, 65535}};
  lx_.gid_mappings = {{0, 1000, 1}};
  const NamespacePlan p = make({1000, 1000, false});
  EXPECT_TRUE(p.by_helper);
  EXPECT_FALSE(p.deny_setgroups);
}

TEST_F(NamespacePlans, WhereRootIsNotMappedTheCallerStaysWhoHeIs) {
  lx_.namespaces = {{NsType::user, ""}};
  lx_.uid_mappings = lx_.gid_mappings = {{1000, 1000, 1}};
  EXPECT_FALSE(make({1000, 1000, false}).bootstrap.become);
}

TEST_F(NamespacePlans, WhereNeitherIsMappedTheFirstWhoIsIsBecome) {
  lx_.namespaces = {{NsType::user, ""}};
  lx_.uid_mappings = {{10, 5000, 5}, {20, 6000, 5}};
  lx_.gid_mappings = {{30, 5000, 5}};
  const NamespacePlan p = make();
  EXPECT_TRUE(p.bootstrap.become);
  EXPECT_EQ(p.bootstrap.uid, 10U);
  EXPECT_EQ(p.bootstrap.gid, 30U);
}

TEST_F(NamespacePlans, TimeNamespaceTakesTheLongWay) {
  lx_.namespaces = {{NsType::time, ""}};
  lx_.time_offsets = spec::TimeOffsets{spec::TimeOffset{-7, 5}, spec::TimeOffset{3600, 0}};
  const NamespacePlan p = make();
  EXPECT_TRUE(p.bootstrap.long_way);
  ASSERT_EQ(p.bootstrap.clocks.size(), 2U);
  EXPECT_EQ(p.bootstrap.clocks[0].clock, 1);
  EXPECT_EQ(p.bootstrap.clocks[0].seconds, -7);
  EXPECT_EQ(p.bootstrap.clocks[1].clock, 7);
}

}  // namespace
}  // namespace husk::namespaces
