#include <gtest/gtest.h>

#include "rooms/cgroup/cgroup.h"

namespace husk::cgroup {
namespace {

const Host kV2{Mode::v2, {{"", "/sys/fs/cgroup", "/user.slice/shell.scope"}}};
const Host kHybrid{Mode::hybrid,
                   {{"cpu,cpuacct", "/sys/fs/cgroup/cpu", "/"},
                    {"memory", "/sys/fs/cgroup/memory", "/api/1"},
                    {"", "/sys/fs/cgroup/unified", "/"}}};

Plan planned(const Host& host, const std::string& path) {
  auto p = plan(host, path, "box");
  EXPECT_TRUE(p.ok()) << p.error().text();
  return p.ok() ? *std::move(p) : Plan();
}

TEST(CgroupPlan, V2) {
  EXPECT_EQ(planned(kV2, "/a/b").directories.at(0).path, "/sys/fs/cgroup/a/b");
  EXPECT_EQ(planned(kV2, "/a/b").path, "/a/b");
  // Relative ones lie beside the caller's cgroup, not in it.
  EXPECT_EQ(planned(kV2, "").directories.at(0).path, "/sys/fs/cgroup/user.slice/box");
  EXPECT_EQ(planned(kV2, "a/b").directories.at(0).path, "/sys/fs/cgroup/user.slice/a/b");
  const Host root{Mode::v2, {{"", "/sys/fs/cgroup", "/"}}};
  EXPECT_EQ(planned(root, "").directories.at(0).path, "/sys/fs/cgroup/box");
}

TEST(CgroupPlan, V1) {
  const Plan p = planned(kHybrid, "a");
  ASSERT_EQ(p.directories.size(), 3U);
  EXPECT_EQ(p.path, "/a");
  EXPECT_EQ(p.directories[0].path, "/sys/fs/cgroup/cpu/a");
  EXPECT_EQ(p.directories[1].path, "/sys/fs/cgroup/memory/api/1/a");
  EXPECT_EQ(p.directories[1].controllers, "memory");
  EXPECT_EQ(p.directories[2].path, "/sys/fs/cgroup/unified/a");
  EXPECT_EQ(planned(kHybrid, "/a").directories[1].path, "/sys/fs/cgroup/memory/a");
}

TEST(CgroupPlan, CleansAndRefuses) {
  EXPECT_EQ(planned(kV2, "//a/./b//").path, "/a/b");
  for (const char* bad : {"/..", "../a", "/a/../b", "..", "/a/..", "a/../../b"}) {
    auto p = plan(kV2, bad, "box");
    ASSERT_FALSE(p.ok()) << bad;
    EXPECT_EQ(p.error().text(),
              cat("/linux/cgroupsPath: \"", bad, "\" contains \"..\" (name the cgroup without going up)"));
  }
  EXPECT_TRUE(plan(kV2, "/..a/b..", "box").ok());
  EXPECT_FALSE(plan(kV2, "/", "box").ok());
  EXPECT_FALSE(plan(kV2, "/./", "box").ok());
  EXPECT_FALSE(plan(kV2, "/a\nb", "box").ok());
}

TEST(CgroupPlan, NoCgroups) {
  const Plan p = planned(Host{}, "/a");
  EXPECT_EQ(p.mode, Mode::none);
  EXPECT_TRUE(p.directories.empty());
  EXPECT_TRUE(p.resources.writes.empty());
}

TEST(CgroupPlan, NothingToEnableWithoutResources) {
  const Plan p = planned(kV2, "/a");
  EXPECT_TRUE(p.resources.controllers.empty());
  EXPECT_TRUE(p.resources.writes.empty());
}

TEST(CgroupPlan, NeedsOwnPath) {
  EXPECT_TRUE(needs_own_path(""));
  EXPECT_TRUE(needs_own_path("a"));
  EXPECT_FALSE(needs_own_path("/a"));
}

}  // namespace
}  // namespace husk::cgroup
