#include <gtest/gtest.h>

#include "life/own_user.h"

namespace husk::life {
namespace {

std::string shown(const std::vector<spec::IdMapping>& maps) {
  return spec::map_text(maps);
}

TEST(OwnUser, HimselfAlone) {
  EXPECT_EQ(shown(maps_of(1000, {})), "0 1000 1\n");
}

TEST(OwnUser, RangesFollowOneAfterTheOther) {
  EXPECT_EQ(shown(maps_of(1000, {{100000, 65536}, {300000, 10}})), "0 1000 1\n1 100000 65536\n65537 300000 10\n");
}

TEST(OwnUser, NoIdTwice) {
  EXPECT_EQ(shown(maps_of(1000, {{900, 200}, {2000, 10}, {2005, 10}})), "0 1000 1\n1 2000 10\n");
}

TEST(OwnUser, WhatFollowsForMounts) {
  spec::Spec spec;
  spec.lx.namespaces = {{spec::NsType::network, ""}, {spec::NsType::mount, ""}};
  spec.mounts.resize(2);
  spec.mounts[0].type = "devpts";
  spec.mounts[0].options = {"newinstance", "gid=5", "uid=0", "mode=0620"};
  spec.mounts[1].type = "sysfs";
  spec::Spec other = spec;
  add_user_namespace({{{0, 1000, 1}}, {{0, 1000, 1}}}, spec);
  EXPECT_EQ(spec.mounts[0].options, (std::vector<std::string>{"newinstance", "uid=0", "mode=0620"}));
  EXPECT_EQ(spec.mounts[1].type, "sysfs");
  EXPECT_EQ(spec.lx.namespaces.back().type, spec::NsType::user);
  other.lx.namespaces.erase(other.lx.namespaces.begin());
  add_user_namespace({{{0, 1000, 1}}, {{0, 1000, 1}, {1, 5000, 5}}}, other);
  EXPECT_EQ(other.mounts[0].options, (std::vector<std::string>{"newinstance", "gid=5", "uid=0", "mode=0620"}));
  EXPECT_EQ(other.mounts[1].type, "none");
  EXPECT_EQ(other.mounts[1].source, "/sys");
  EXPECT_EQ(other.mounts[1].options, (std::vector<std::string>{"rbind"}));
}

}  // namespace
}  // namespace husk::life
