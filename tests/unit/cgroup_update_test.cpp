#include "cgroup_files_kit.h"
#include "rooms/cgroup/update.h"

namespace husk::cgroup {
namespace {

class CgroupUpdate : public CgroupFiles {
 protected:
  std::string error(const Located& at, const spec::Resources& r) {
    const Status s = update(at, r, &not_applied_);
    return s.ok() ? "" : s.error().text();
  }
  std::vector<std::string> not_applied_;
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

TEST_F(CgroupUpdate, SaysWhatItCannotDo) {
  spec::Resources r;
  r.rdma.emplace_back();
  EXPECT_EQ(error(v2(), r), "");
  EXPECT_EQ(not_applied_, std::vector<std::string>{"linux.resources.rdma"});
}

}  // namespace
}  // namespace husk::cgroup
