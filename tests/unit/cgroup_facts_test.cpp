#include <gtest/gtest.h>

#include "rooms/cgroup/cgroup.h"

namespace husk::cgroup {
namespace {

constexpr const char* kHybrid =
    "22 27 0:21 / /proc rw,relatime - proc proc rw\n"
    "31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755\n"
    "32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:9 - cgroup cgroup rw,cpu,cpuacct\n"
    "35 31 0:32 / /sys/fs/cgroup/memory rw,relatime shared:10 master:2 - cgroup cgroup rw,memory\n"
    "40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,xattr,name=systemd\n"
    "42 31 0:39 / /sys/fs/cgroup/openrc rw,relatime - cgroup cgroup rw,name=openrc\n"
    "41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw,nsdelegate\n";

constexpr const char* kOwn =
    "12:name=openrc:/x\n"
    "9:name=systemd:/init.scope\n"
    "4:memory:/api/f6:3f\n"
    "1:cpu,cpuacct:/\n"
    "0::/init.scope\n";

Host parsed(std::string_view mounts, std::string_view own) {
  auto h = parse_host(mounts, own);
  EXPECT_TRUE(h.ok());
  return *std::move(h);
}

TEST(CgroupFacts, Hybrid) {
  const Host h = parsed(kHybrid, kOwn);
  EXPECT_EQ(h.mode, Mode::hybrid);
  ASSERT_EQ(h.hierarchies.size(), 4U);
  EXPECT_EQ(h.hierarchies[0].controllers, "cpu,cpuacct");
  EXPECT_EQ(h.hierarchies[0].mountpoint, "/sys/fs/cgroup/cpu,cpuacct");
  EXPECT_EQ(h.hierarchies[0].own_path, "/");
  EXPECT_EQ(h.hierarchies[1].controllers, "memory");
  EXPECT_EQ(h.hierarchies[1].own_path, "/api/f6:3f");
  EXPECT_EQ(h.hierarchies[2].controllers, "name=systemd");
  EXPECT_EQ(h.hierarchies[3].controllers, "");
  EXPECT_EQ(h.hierarchies[3].own_path, "/init.scope");
}

TEST(CgroupFacts, V1OnlyAndNone) {
  EXPECT_EQ(parsed("35 31 0:32 / /cg/memory rw - cgroup cgroup rw,memory\n", kOwn).mode, Mode::v1);
  EXPECT_EQ(parsed("22 27 0:21 / /proc rw - proc proc rw\n", kOwn).mode, Mode::none);
  EXPECT_EQ(parsed("", "").mode, Mode::none);
}

TEST(CgroupFacts, V2InAnotherPlace) {
  const Host h = parsed("35 31 0:32 / /cg rw - cgroup2 none rw\n", "0::/a\n");
  EXPECT_EQ(h.mode, Mode::v2);
  EXPECT_EQ(h.hierarchies.at(0).mountpoint, "/cg");
}

TEST(CgroupFacts, EscapesAndBrokenLines) {
  const Host h = parsed("35 31 0:32 / /my\\040cg\\134x rw - cgroup cgroup rw,memory\ngarbage\n\n1 2 3\n", kOwn);
  ASSERT_EQ(h.hierarchies.size(), 1U);
  EXPECT_EQ(h.hierarchies[0].mountpoint, "/my cg\\x");
}

TEST(CgroupFacts, MountRoots) {
  const auto own_in = [](const char* root, const char* own) {
    return parsed(cat("35 31 0:32 ", root, " /cg rw - cgroup cgroup rw,memory\n"), cat("4:memory:", own, "\n"))
        .hierarchies.at(0)
        .own_path;
  };
  EXPECT_EQ(own_in("/docker/abc", "/docker/abc"), "/");
  EXPECT_EQ(own_in("/docker/abc", "/docker/abc/x/y"), "/x/y");
  EXPECT_EQ(own_in("/docker/abc", "/docker/abcd"), "/");  // elsewhere
  EXPECT_EQ(own_in("/docker/abc", "/"), "/");
  EXPECT_EQ(own_in("/..", "/"), "/");        // a cgroup namespace below the mount
  EXPECT_EQ(own_in("/", "/../other"), "/");  // a cgroup namespace we are outside of
  EXPECT_EQ(own_in("/", "/a"), "/a");
}

TEST(CgroupFacts, TheUsualPlaceWins) {
  const Host h = parsed(
      "70 31 0:32 /x /var/lib/box/cg rw - cgroup cgroup rw,memory\n"
      "35 31 0:32 / /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
      "71 31 0:32 /x /sys/fs/cgroup2nd/memory rw - cgroup cgroup rw,memory\n",
      kOwn);
  ASSERT_EQ(h.hierarchies.size(), 1U);
  EXPECT_EQ(h.hierarchies[0].mountpoint, "/sys/fs/cgroup/memory");
}

TEST(CgroupFacts, WhatIsCoveredGoes) {
  Host host{Mode::hybrid, {{"memory", "/proc", "/"}, {"", "/no/such/place", "/"}}};
  drop_covered(&host);
  EXPECT_TRUE(host.hierarchies.empty());
  EXPECT_EQ(host.mode, Mode::none);
  Result<Host> here = probe();
  if (!here.ok()) GTEST_SKIP() << "no cgroups";
  Host all = *here;
  drop_covered(&all);
  here->hierarchies.push_back({"memory", "/proc", "/"});
  drop_covered(&*here);
  EXPECT_EQ(here->hierarchies.size(), all.hierarchies.size());
  EXPECT_EQ(here->mode, all.mode);
}

TEST(CgroupFacts, ControllersAreWholeWords) {
  EXPECT_TRUE(has_controller("cpu,cpuacct", "cpu"));
  EXPECT_TRUE(has_controller("cpu,cpuacct", "cpuacct"));
  EXPECT_FALSE(has_controller("cpuset,cpuacct", "cpu"));
  EXPECT_FALSE(has_controller("", "cpu"));
}

TEST(CgroupFacts, ThisMachine) {
  auto h = probe();
  ASSERT_TRUE(h.ok()) << h.error().text();
  for (const Hierarchy& x : h->hierarchies) EXPECT_TRUE(x.own_path.starts_with('/')) << x.controllers;
}

}  // namespace
}  // namespace husk::cgroup
