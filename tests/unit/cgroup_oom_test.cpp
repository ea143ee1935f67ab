#include <poll.h>

#include "cgroup_files_kit.h"
#include "rooms/cgroup/oom.h"

namespace husk::cgroup {
namespace {

using CgroupOom = CgroupFiles;

bool wakes(const OomWatch& watch) {
  struct pollfd fd = {watch.fd(), POLLIN, 0};
  return ::poll(&fd, 1, 0) == 1;
}

TEST_F(CgroupOom, V2CountsKillsOnly) {
  const Located at = v2();
  const std::string events = at.directories[0].path + "/memory.events";
  put(events, "low 0\nmax 4\noom 1\noom_kill 1\n");
  auto watch = OomWatch::open(at);
  ASSERT_TRUE(watch.ok()) << watch.error().text();
  EXPECT_FALSE(wakes(*watch));
  EXPECT_EQ(watch->look(), OomSeen::nothing);  // what was before does not count
  put(events, "low 0\nmax 9\noom 2\noom_kill 1\n");
  EXPECT_TRUE(wakes(*watch));
  EXPECT_EQ(watch->look(), OomSeen::nothing);
  EXPECT_FALSE(wakes(*watch));
  put(events, "low 0\nmax 9\noom 2\noom_kill 3\n");
  EXPECT_TRUE(wakes(*watch));
  EXPECT_EQ(watch->look(), OomSeen::killed);
  EXPECT_EQ(watch->look(), OomSeen::nothing);
}

TEST_F(CgroupOom, V2Removed) {
  const Located at = v2();
  const std::string events = at.directories[0].path + "/memory.events";
  put(events, "oom_kill 0\n");
  auto watch = OomWatch::open(at);
  ASSERT_TRUE(watch.ok());
  ASSERT_TRUE(host::remove_tree(at.directories[0].path).ok());
  EXPECT_TRUE(wakes(*watch));
  EXPECT_EQ(watch->look(), OomSeen::gone);
}

TEST_F(CgroupOom, WithoutMemoryController) {
  EXPECT_FALSE(OomWatch::open(v1({"cpu"})).ok());
  EXPECT_FALSE(OomWatch::open(v2()).ok());
}

}  // namespace
}  // namespace husk::cgroup
