#include "cgroup_files_kit.h"
#include "rooms/cgroup/freezer.h"

namespace husk::cgroup {
namespace {

using Freezer = CgroupFiles;

TEST_F(Freezer, V2) {
  const std::string leaf = directory("leaf");
  put(leaf + "/cgroup.freeze", "0\n");
  put(leaf + "/cgroup.events", "populated 1\nfrozen 1\n");
  EXPECT_FALSE(is_frozen({leaf}));
  EXPECT_TRUE(freeze({leaf}).ok());
  EXPECT_EQ(get(leaf + "/cgroup.freeze"), "1\n");
  EXPECT_TRUE(is_frozen({leaf}));
  put(leaf + "/cgroup.events", "populated 1\nfrozen 0\n");
  EXPECT_TRUE(thaw({leaf}).ok());
  EXPECT_EQ(get(leaf + "/cgroup.freeze"), "0\n");
}

TEST_F(Freezer, V1) {
  const std::vector<std::string> all = {directory("cpu"), directory("other"), directory("memory")};
  put(all[1] + "/freezer.state", "THAWED\n");
  EXPECT_FALSE(is_frozen(all));
  EXPECT_TRUE(freeze(all).ok());
  EXPECT_EQ(get(all[1] + "/freezer.state"), "FROZEN\n");
  EXPECT_TRUE(is_frozen(all));
  EXPECT_TRUE(thaw(all).ok());
  EXPECT_FALSE(is_frozen(all));
}

TEST_F(Freezer, FreezingCountsAsFrozen) {
  const std::string dir = directory("freezer");
  put(dir + "/freezer.state", "FREEZING\n");
  EXPECT_TRUE(is_frozen({dir}));
}

// On a hybrid host the v2 directory has a freezer of its own: v1's has the say.
TEST_F(Freezer, HybridUsesV1) {
  const std::string v1 = directory("freezer");
  const std::string v2 = directory("unified");
  put(v1 + "/freezer.state", "THAWED\n");
  put(v2 + "/cgroup.freeze", "0\n");
  ASSERT_TRUE(freeze({v2, v1}).ok());
  EXPECT_EQ(get(v1 + "/freezer.state"), "FROZEN\n");
  EXPECT_EQ(get(v2 + "/cgroup.freeze"), "0\n");
}

TEST_F(Freezer, HybridWithoutV1FreezerUsesV2) {
  const std::string memory = directory("memory");
  const std::string v2 = directory("unified");
  put(v2 + "/cgroup.freeze", "1\n");
  EXPECT_TRUE(is_frozen({memory, v2}));
}

TEST_F(Freezer, APathIsNoProof) {
  const std::string memory = directory("memory/freezer/x");
  const std::string real = directory("frz/x");
  put(real + "/freezer.state", "FROZEN\n");
  EXPECT_TRUE(is_frozen({memory, real}));
  put(real + "/freezer.state", "THAWED\n");
  EXPECT_FALSE(is_frozen({memory, real}));
}

TEST_F(Freezer, None) {
  EXPECT_FALSE(is_frozen({}));
  EXPECT_EQ(freeze({}).error().text(), "the container has no cgroup that could be frozen");
  EXPECT_NE(freeze({directory("memory")}).error().text().find("no freezer for the cgroup"), std::string::npos);
}

}  // namespace
}  // namespace husk::cgroup
