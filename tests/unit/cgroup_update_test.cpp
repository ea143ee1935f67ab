#include "cgroup_files_kit.h"
#include "rooms/cgroup/update.h"

namespace husk::cgroup {
namespace {

class CgroupUpdate : public CgroupFiles {
 protected:
  std::string error(const Located& at, const spec::Resources& r) {
    const Status s = update(at, r);
    return s.ok() ? "" : s.error().text();
  }
};

spec::Resources memory(std::optional<int64_t> limit, std::optional<int64_t> swap, bool check) {
  spec::Resources r;
  r.memory.emplace();
  r.memory->limit = limit;
  r.memory->swap = swap;
  r.memory->check_before_update = check;
  return r;
}

TEST_F(CgroupUpdate, CheckBeforeUpdate) {
  const Located at = v2();
  const std::string dir = at.directories[0].path + "/";
  put(dir + "memory.current", "5000\n");
  put(dir + "memory.max", "");
  put(dir + "memory.swap.max", "");
  EXPECT_EQ(error(at, memory(1024, {}, true)),
            "rejecting memory limit 1024: not above the present usage of 5000 bytes");
  EXPECT_EQ(error(at, memory(1024, 2048, true)),
            "rejecting memory+swap limit 2048: not above the present usage of 5000 bytes");
  EXPECT_EQ(get(dir + "memory.max"), "");
  EXPECT_EQ(error(at, memory(1024, {}, false)), "");
  EXPECT_EQ(get(dir + "memory.max"), "1024");
  EXPECT_EQ(error(at, memory(6000, {}, true)), "");
}

// A container that had no limits may have no controllers either.
TEST_F(CgroupUpdate, TheControllerIsEnabledFirst) {
  const Located at = v2();
  put(top_ + "/cgroup.controllers", "memory pids\n");
  put(top_ + "/cgroup.subtree_control", "");
  put(at.directories[0].path + "/pids.max", "");
  spec::Resources r;
  r.pids_limit = 7;
  EXPECT_EQ(error(at, r), "");
  EXPECT_EQ(get(top_ + "/cgroup.subtree_control"), "+pids");
}

TEST_F(CgroupUpdate, SwapAloneCountsOnTopOfTheOldLimit) {
  const Located at = v2();
  const std::string dir = at.directories[0].path + "/";
  put(dir + "memory.max", "100\n");
  put(dir + "memory.swap.max", "");
  EXPECT_EQ(error(at, memory({}, 300, false)), "");
  EXPECT_EQ(get(dir + "memory.swap.max"), "200");
  put(dir + "memory.max", "max\n");
  EXPECT_NE(error(at, memory({}, 300, false)).find("unable to set swap limit without memory limit"), std::string::npos);
}

TEST_F(CgroupUpdate, PeriodAloneKeepsTheQuota) {
  const Located at = v2();
  const std::string file = at.directories[0].path + "/cpu.max";
  spec::Resources r;
  r.cpu.emplace();
  r.cpu->period = 20000;
  put(file, "5 1\n");
  EXPECT_EQ(error(at, r), "");
  EXPECT_EQ(get(file), "5 20000");
  put(file, "max 1\n");
  EXPECT_EQ(error(at, r), "");
  EXPECT_EQ(get(file), "max 20000");
}

TEST_F(CgroupUpdate, WeightGoesWhereTheSchedulerHasIt) {
  const Located at = v2();
  const std::string dir = at.directories[0].path + "/";
  spec::Resources r;
  r.block_io.emplace();
  r.block_io->weight = 250;
  EXPECT_NE(error(at, r).find("no such file or directory (is the io controller available to this cgroup?)"),
            std::string::npos);
  put(dir + "io.weight", "");
  EXPECT_EQ(error(at, r), "");
  EXPECT_EQ(get(dir + "io.weight"), "2425");
  put(dir + "io.bfq.weight", "");
  EXPECT_EQ(error(at, r), "");
  EXPECT_EQ(get(dir + "io.bfq.weight"), "250");
}

TEST_F(CgroupUpdate, WhatWasWrittenIsPutBack) {
  const Located at = v1({"memory", "pids"});
  const std::string limit = at.directories[0].path + "/memory.limit_in_bytes";
  put(limit, "700\n");
  spec::Resources r = memory(800, {}, false);
  r.pids_limit = 5;  // there is no pids.max
  EXPECT_NE(error(at, r), "");
  EXPECT_EQ(get(limit), "700\n");
}

TEST_F(CgroupUpdate, BlockDevices) {
  spec::Resources r;
  r.block_io.emplace();
  r.block_io->throttle_read_bps = {{8, 16, 1000}};
  r.block_io->throttle_write_iops = {{8, 16, 0}};
  const Located two = v2();
  const std::string io = two.directories[0].path + "/io.max";
  put(io, "");
  EXPECT_EQ(error(two, r), "");
  EXPECT_TRUE(get(io).starts_with("8:16 wiops=max"));
  const Located one = v1({"blkio"});
  const std::string dir = one.directories[0].path + "/blkio.throttle.";
  put(dir + "read_bps_device", "");
  put(dir + "write_iops_device", "");
  EXPECT_EQ(error(one, r), "");
  EXPECT_EQ(get(dir + "read_bps_device"), "8:16 1000");
  EXPECT_EQ(get(dir + "write_iops_device"), "8:16 0");
}

TEST_F(CgroupUpdate, LimitAloneKeepsTheSumWithSwap) {
  const Located at = v2();
  const std::string dir = at.directories[0].path + "/";
  put(dir + "memory.max", "100\n");
  put(dir + "memory.swap.max", "200\n");
  EXPECT_EQ(error(at, memory(150, {}, false)), "");
  EXPECT_EQ(get(dir + "memory.max") + " " + get(dir + "memory.swap.max"), "150\n 150\n");
  put(dir + "memory.max", "100\n");
  put(dir + "memory.swap.max", "200\n");
  EXPECT_EQ(error(at, memory(301, {}, false)),
            "/linux/resources/memory/swap: memory+swap limit should be >= memory limit");
  EXPECT_EQ(get(dir + "memory.max"), "100\n");
}

TEST_F(CgroupUpdate, LimitAloneLeavesSwapThatIsForbiddenOrFree) {
  const Located at = v2();
  const std::string dir = at.directories[0].path + "/";
  for (const char* swap : {"0\n", "max\n"}) {
    put(dir + "memory.max", "100\n");
    put(dir + "memory.swap.max", swap);
    EXPECT_EQ(error(at, memory(250, {}, false)), "");
    EXPECT_EQ(get(dir + "memory.max"), "250\n");
    EXPECT_EQ(get(dir + "memory.swap.max"), swap);
  }
  put(dir + "memory.swap.max", "500\n");
  spec::Resources r = memory(900, {}, false);
  r.unified = {{"memory.swap.max", "700"}};
  EXPECT_EQ(error(at, r), "");
  EXPECT_EQ(get(dir + "memory.swap.max"), "700\n");
}

TEST_F(CgroupUpdate, HugePagesWithAndWithoutReservations) {
  spec::Resources r;
  r.hugepage_limits = {{"2MB", 4194304}};
  for (const Located& at : {v2(), v1({"hugetlb"})}) {
    const char* suffix = at.mode == Mode::v2 ? ".max" : ".limit_in_bytes";
    const std::string file = cat(at.directories[0].path, "/hugetlb.2MB", suffix);
    const std::string reserved = cat(at.directories[0].path, "/hugetlb.2MB.rsvd", suffix);
    EXPECT_NE(error(at, r).find("(is the hugetlb controller available to this cgroup, and are there huge pages of "),
              std::string::npos);
    put(file, "");
    EXPECT_EQ(error(at, r), "");
    EXPECT_EQ(get(file), "4194304");
    put(reserved, "");
    EXPECT_EQ(error(at, r), "");
    EXPECT_EQ(get(reserved), "4194304");
  }
}

TEST_F(CgroupUpdate, Network) {
  spec::Resources r;
  r.network.emplace();
  r.network->class_id = 7;
  r.network->priorities = {{"lo", 3}};
  EXPECT_EQ(error(v1({"memory"}), r),
            "failed to write \"7\" to net_cls.classid: the net_cls controller is not mounted on this host");
  const Located at = v1({"net_cls,net_prio"});
  put(at.directories[0].path + "/net_cls.classid", "");
  put(at.directories[0].path + "/net_prio.ifpriomap", "");
  EXPECT_EQ(error(at, r), "");
  EXPECT_EQ(get(at.directories[0].path + "/net_cls.classid"), "7");
  EXPECT_EQ(get(at.directories[0].path + "/net_prio.ifpriomap"), "lo 3");
}

TEST_F(CgroupUpdate, Rdma) {
  spec::Resources r;
  r.rdma = {{"mlx5_0", 2, 2000}};
  for (const Located& at : {v2(), v1({"rdma"})}) {
    EXPECT_NE(error(at, r), "");
    put(at.directories[0].path + "/rdma.max", "");
    EXPECT_EQ(error(at, r), "");
    EXPECT_EQ(get(at.directories[0].path + "/rdma.max"), "mlx5_0 hca_handle=2 hca_object=2000");
  }
}

class CgroupUpdateDevices : public CgroupUpdate {
 protected:
  Located devices(const std::string& list) {
    const Located at = v1({"devices", "pids"});
    dir_ = at.directories[0].path + "/devices.";
    put(dir_ + "list", list);
    put(dir_ + "allow", "");
    put(dir_ + "deny", "");
    return at;
  }
  std::string change(const Located& at, const spec::Resources& r, const std::vector<spec::DeviceRule>* configured) {
    const Status s = update(at, r, configured);
    return s.ok() ? "" : s.error().text();
  }
  static spec::Resources rules() {
    spec::Resources r;
    r.devices = {{false, "a", {}, {}, "rwm"}, {true, "c", 10, 229, "rw"}};
    return r;
  }
  std::string dir_;
};

const char kDefaultList[] =
    "c *:* m\nb *:* m\nc 1:3 rwm\nc 1:8 rwm\nc 1:7 rwm\nc 5:0 rwm\nc 1:5 rwm\nc 1:9 rwm\nc 136:* rwm\n"
    "c 5:2 rwm\nc 10:200 rwm\n";

TEST_F(CgroupUpdateDevices, OnlyTheDifferenceIsWritten) {
  const Located at = devices(kDefaultList);
  const std::vector<spec::DeviceRule> configured;
  EXPECT_EQ(change(at, rules(), &configured), "");
  EXPECT_EQ(get(dir_ + "allow") + "|" + get(dir_ + "deny"), "c 10:229 rw|");
}

TEST_F(CgroupUpdateDevices, RulesOfTheConfigurationChangeNothing) {
  const Located at = devices("c 195:0 rw\n");
  const spec::Resources r = rules();
  EXPECT_EQ(change(at, r, &r.devices), "");
  EXPECT_EQ(change(at, r, nullptr), "");
  EXPECT_EQ(get(dir_ + "allow") + get(dir_ + "deny"), "");
}

TEST_F(CgroupUpdateDevices, PutBackWhenSomethingElseFails) {
  const Located at = devices(kDefaultList);
  const std::vector<spec::DeviceRule> configured;
  spec::Resources r = rules();
  r.pids_limit = 5;  // there is no pids.max
  EXPECT_NE(change(at, r, &configured), "");
  EXPECT_EQ(get(dir_ + "deny"), "c 10:229 rw");
}

}  // namespace
}  // namespace husk::cgroup
