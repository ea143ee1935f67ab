// Which controllers are asked for, on directories that look like cgroups of v2.
#include "cgroup_files_kit.h"
#include "rooms/cgroup/controllers.h"

namespace husk::cgroup {
namespace {

class CgroupControllers : public CgroupFiles {
 protected:
  // top/middle/leaf; what top and middle have, and hand down.
  void tree(const std::string& available, const std::string& top_enabled, const std::string& middle_enabled) {
    leaf_ = {"", top_, directory("middle/leaf")};
    for (const std::string& dir : {top_, top_ + "/middle"}) put(dir + "/cgroup.controllers", available + "\n");
    put(top_ + "/cgroup.subtree_control", top_enabled);
    put(top_ + "/middle/cgroup.subtree_control", middle_enabled);
  }
  // What the two have been told.
  std::string told() {
    return cat(get(top_ + "/cgroup.subtree_control"), "|", get(top_ + "/middle/cgroup.subtree_control"));
  }

  Directory leaf_;
};

TEST_F(CgroupControllers, AllFromTheTopDown) {
  tree("cpu memory pids", "", "");
  enable_controllers(leaf_, {"pids"}, true);
  EXPECT_EQ(told(), "+cpu +memory +pids|+cpu +memory +pids");
}

TEST_F(CgroupControllers, OnlyWhatIsWanted) {
  tree("cpu memory pids", "", "");
  enable_controllers(leaf_, {"pids"}, false);
  EXPECT_EQ(told(), "+pids|+pids");
}

TEST_F(CgroupControllers, WhatIsThereIsNotAskedForAgain) {
  tree("cpu memory pids", "cpu", "pids");
  enable_controllers(leaf_, {}, true);
  EXPECT_EQ(told(), "+memory +pids|+cpu +memory");
}

TEST_F(CgroupControllers, AParentThatHandsEverythingDownIsTheOnlyOneLookedAt) {
  tree("cpu memory", "", "memory cpu\n");
  enable_controllers(leaf_, {"memory"}, true);
  EXPECT_EQ(told(), "|memory cpu\n");
}

TEST_F(CgroupControllers, OneThatTheParentDoesNotHaveComesFromAbove) {
  tree("cpu memory", "", "memory cpu\n");
  put(top_ + "/cgroup.controllers", "cpu io memory\n");
  enable_controllers(leaf_, {"io"}, true);
  EXPECT_EQ(get(top_ + "/cgroup.subtree_control"), "+cpu +io +memory");
}

// They would be enabled beside processes, too, and change what kind of cgroup theirs is.
TEST_F(CgroupControllers, ThoseThatTellThreadsApartAreNotAskedForAlone) {
  tree("cpu pids", "", "");
  enable_controllers(leaf_, {}, true);
  EXPECT_EQ(told(), "|");
}

TEST_F(CgroupControllers, DirectoriesThatAreNoCgroupsAreLeftAlone) {
  leaf_ = {"", top_, directory("middle/leaf")};
  enable_controllers(leaf_, {"pids"}, true);
  EXPECT_EQ(told(), "|");
}

}  // namespace
}  // namespace husk::cgroup
