#include "cgroup_files_kit.h"
#include "rooms/cgroup/stats.h"

namespace husk::cgroup {
namespace {

using CgroupStats = CgroupFiles;

TEST_F(CgroupStats, V1Cpu) {
  const Located at = v1({"cpu,cpuacct"});
  const std::string& dir = at.directories[0].path;
  put(dir + "/cpuacct.usage", "400\n");
  put(dir + "/cpuacct.usage_percpu", "300 100 \n");
  put(dir + "/cpuacct.usage_all", "cpu user system\n0 5 6\n1 7 8\n");
  put(dir + "/cpuacct.stat", "user 2\nsystem 3\n");
  put(dir + "/cpu.stat", "nr_periods 10\nnr_throttled 4\nthrottled_time 99\nnr_bursts 1\n");
  const std::string json = stats_json(read_stats(at));
  EXPECT_TRUE(json.starts_with(R"({"cpu":{"usage":{"total":400,"percpu":[300,100],"percpu_kernel":[6,8],)"
                               R"("percpu_user":[5,7],"kernel":30000000,"user":20000000},)"
                               R"("throttling":{"periods":10,"throttledPeriods":4,"throttledTime":99}},"cpuset":)"))
      << json;
}

TEST_F(CgroupStats, V1Cpuset) {
  const Located at = v1({"cpuset"});
  const std::string& dir = at.directories[0].path;
  put(dir + "/cpuset.cpus", "0-2,5\n");
  put(dir + "/cpuset.mems", "0\n");
  put(dir + "/cpuset.sched_load_balance", "1\n");
  put(dir + "/cpuset.sched_relax_domain_level", "-1\n");
  EXPECT_NE(stats_json(read_stats(at))
                .find(R"("cpuset":{"cpus":[0,1,2,5],"cpu_exclusive":0,"mems":[0],"mem_hardwall":0,"mem_exclusive":0,)"
                      R"("memory_migrate":0,"memory_spread_page":0,"memory_spread_slab":0,"memory_pressure":0,)"
                      R"("sched_load_balance":1,"sched_relax_domain_level":-1},)"),
            std::string::npos);
}

TEST_F(CgroupStats, V1Memory) {
  const Located at = v1({"memory", "pids"});
  const std::string& dir = at.directories[0].path;
  put(dir + "/memory.stat", "rss 5\ncache 7\n");
  put(dir + "/memory.usage_in_bytes", "100\n");
  put(dir + "/memory.max_usage_in_bytes", "120\n");
  put(dir + "/memory.limit_in_bytes", "9223372036854771712\n");
  put(dir + "/memory.failcnt", "3\n");
  put(dir + "/memory.memsw.limit_in_bytes", "200\n");
  put(at.directories[1].path + "/pids.current", "2\n");
  put(at.directories[1].path + "/pids.max", "max\n");
  const std::string json = stats_json(read_stats(at));
  EXPECT_NE(json.find(R"("memory":{"cache":7,"usage":{"limit":9223372036854771712,"usage":100,"max":120,"failcnt":3},)"
                      R"("swap":{"limit":200,"failcnt":0},"kernel":{"limit":0,"failcnt":0},)"
                      R"("kernelTCP":{"limit":0,"failcnt":0},"raw":{"cache":7,"rss":5}},"pids":{"current":2},)"),
            std::string::npos)
      << json;
}

TEST_F(CgroupStats, V1Block) {
  const Located at = v1({"blkio"});
  const std::string dir = at.directories[0].path + "/blkio.";
  put(dir + "throttle.io_serviced", "8:0 Read 1\nTotal 1\n");
  EXPECT_EQ(read_stats(at).block.serviced.size(), 1U);
  put(dir + "bfq.io_serviced_recursive", "8:0 Read 3\n8:0 Write 0\n8:0 Total 3\nTotal 3\n");
  put(dir + "bfq.sectors_recursive", "8:16 77\n");
  const std::string json = stats_json(read_stats(at));
  EXPECT_NE(
      json.find(R"("blkio":{"ioServicedRecursive":[{"major":8,"op":"Read","value":3},{"major":8,"op":"Write"},)"
                R"({"major":8,"op":"Total","value":3}],"sectorsRecursive":[{"major":8,"minor":16,"value":77}]},)"),
      std::string::npos)
      << json;
}

TEST_F(CgroupStats, V1Hugetlb) {
  const Located at = v1({"hugetlb"});
  const std::string dir = at.directories[0].path + "/hugetlb.";
  put(dir + "2MB.usage_in_bytes", "1\n");
  put(dir + "2MB.rsvd.usage_in_bytes", "2097152\n");
  put(dir + "2MB.rsvd.max_usage_in_bytes", "4194304\n");
  put(dir + "2MB.rsvd.failcnt", "1\n");
  put(dir + "1GB.usage_in_bytes", "0\n");
  EXPECT_NE(
      stats_json(read_stats(at))
          .find(R"("hugetlb":{"1GB":{"failcnt":0},"2MB":{"usage":2097152,"max":4194304,"failcnt":1}},"intel_rdt":{})"),
      std::string::npos);
}

TEST_F(CgroupStats, V2) {
  const Located at = v2();
  const std::string dir = at.directories[0].path + "/";
  put(dir + "cpu.stat", "usage_usec 7\nuser_usec 4\nsystem_usec 3\nnr_periods 2\nnr_throttled 1\nthrottled_usec 5\n");
  put(dir + "cpu.pressure",
      "some avg10=0.50 avg60=12.00 avg300=0.07 total=77\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=5\n");
  put(dir + "memory.stat", "anon 1\nfile 9\n");
  put(dir + "memory.current", "100\n");
  put(dir + "memory.peak", "150\n");
  put(dir + "memory.max", "1000\n");
  put(dir + "memory.swap.current", "10\n");
  put(dir + "memory.swap.max", "500\n");
  put(dir + "io.stat", "8:0 rbytes=1 wbytes=2 rios=3 wios=0 dbytes=5 dios=6\n7:1\n");
  put(dir + "pids.current", "4\n");
  put(dir + "pids.max", "20\n");
  put(dir + "hugetlb.2MB.current", "1\n");
  put(dir + "hugetlb.2MB.rsvd.current", "2\n");
  put(dir + "hugetlb.2MB.events", "max 3\n");
  EXPECT_EQ(
      stats_json(read_stats(at)),
      R"({"cpu":{"usage":{"total":7000,"kernel":3000,"user":4000},)"
      R"("throttling":{"periods":2,"throttledPeriods":1,"throttledTime":5000},)"
      R"("psi":{"some":{"avg10":0.5,"avg60":12,"avg300":0.07,"total":77},)"
      R"("full":{"avg10":0,"avg60":0,"avg300":0,"total":5}}},)"
      R"("cpuset":{"cpu_exclusive":0,"mem_hardwall":0,"mem_exclusive":0,"memory_migrate":0,)"
      R"("memory_spread_page":0,"memory_spread_slab":0,"memory_pressure":0,"sched_load_balance":0,)"
      R"("sched_relax_domain_level":0},)"
      R"("memory":{"cache":9,"usage":{"limit":1000,"usage":100,"max":150,"failcnt":0},)"
      R"("swap":{"limit":1500,"usage":110,"failcnt":0},"kernel":{"limit":0,"failcnt":0},)"
      R"("kernelTCP":{"limit":0,"failcnt":0},"raw":{"anon":1,"file":9}},"pids":{"current":4,"limit":20},)"
      R"("blkio":{"ioServiceBytesRecursive":[{"major":8,"op":"Read","value":1},{"major":8,"op":"Write","value":2}],)"
      R"("ioServicedRecursive":[{"major":8,"op":"Read","value":3},{"major":8,"op":"Write"}]},)"
      R"("hugetlb":{"2MB":{"usage":2,"failcnt":3}},"intel_rdt":{},"network_interfaces":null})");
}

TEST_F(CgroupStats, V2WithoutLimitsOrControllers) {
  const Located at = v2();
  const std::string dir = at.directories[0].path + "/";
  put(dir + "cgroup.procs", "17\n18\n");
  EXPECT_EQ(read_stats(at).pids, 2U);
  EXPECT_EQ(read_stats(at).memory.swap.limit, 0U);
  put(dir + "memory.stat", "file 1\n");
  put(dir + "memory.max", "max\n");
  put(dir + "memory.swap.max", "max\n");
  EXPECT_EQ(read_stats(at).memory.memory.limit, UINT64_MAX);
  EXPECT_EQ(read_stats(at).memory.swap.limit, UINT64_MAX);
}

TEST_F(CgroupStats, NothingThere) {
  const Located nowhere{Mode::v1, {{"memory", "/nowhere", "/nowhere/x"}}};
  EXPECT_NE(stats_json(read_stats(nowhere)).find(R"("pids":{},"blkio":{},"hugetlb":{})"), std::string::npos);
}

TEST(CgroupLocate, InnermostMountPoint) {
  const Host host{Mode::hybrid,
                  {{"", "/sys/fs/cgroup", "/"}, {"memory", "/sys/fs/cgroup/memory", "/"}, {"cpu", "/cg/cpu", "/"}}};
  const Located at = locate_on(host, {"/sys/fs/cgroup/memory/a", "/sys/fs/cgroup/memoryx/a", "/cg/cpu/a", "/other/a"});
  ASSERT_EQ(at.directories.size(), 3U);
  EXPECT_EQ(at.directories[0].controllers, "memory");
  EXPECT_EQ(at.directories[1].controllers, "");
  EXPECT_EQ(at.directories[2].controllers, "cpu");
}

}  // namespace
}  // namespace husk::cgroup
