#include <gtest/gtest.h>

#include "rooms/cgroup/cgroup.h"
#include "rooms/cgroup/devices.h"
#include "rooms/cgroup/update.h"

namespace husk::cgroup {
namespace {

using Lines = std::vector<std::string>;

// "controller file=value" of each write but those of devices.
Lines lines_of(const ResourcePlan& p) {
  Lines out;
  for (const Write& w : p.writes)
    if (w.controller != "devices") out.push_back(cat(w.controller, " ", w.file, "=", w.value));
  return out;
}

Lines lines(Mode mode, const spec::Resources& r) {
  auto p = plan_resources(mode, &r);
  EXPECT_TRUE(p.ok()) << p.error().text();
  return p.ok() ? lines_of(*p) : Lines();
}

std::string error_of(Mode mode, const spec::Resources& r) {
  auto p = plan_resources(mode, &r);
  return p.ok() ? "" : p.error().text();
}

spec::Resources memory(std::optional<int64_t> limit, std::optional<int64_t> swap = {},
                       std::optional<int64_t> reservation = {}) {
  spec::Resources r;
  r.memory.emplace();
  r.memory->limit = limit;
  r.memory->swap = swap;
  r.memory->reservation = reservation;
  return r;
}

TEST(CgroupResources, MemoryV1) {
  EXPECT_EQ(lines(Mode::v1, memory(100, 300, 50)),
            (Lines{"memory memory.limit_in_bytes=100", "memory memory.memsw.limit_in_bytes=300",
                   "memory memory.soft_limit_in_bytes=50"}));
  EXPECT_EQ(lines(Mode::hybrid, memory(-1)),
            (Lines{"memory memory.limit_in_bytes=-1", "memory memory.memsw.limit_in_bytes=-1"}));
  EXPECT_EQ(lines(Mode::v1, memory(0, 0, 0)), Lines());
  auto p = plan_resources(
      Mode::v1,
      [] {
        static const spec::Resources r = memory(1, 2);
        return &r;
      }(),
      false);
  EXPECT_TRUE(p->writes.at(0).either_order);
  EXPECT_FALSE(p->writes.at(1).either_order);
}

TEST(CgroupResources, MemoryV2) {
  EXPECT_EQ(lines(Mode::v2, memory(100, 300, 50)),
            (Lines{"memory memory.swap.max=200", "memory memory.max=100", "memory memory.low=50"}));
  EXPECT_EQ(lines(Mode::v2, memory(100, 100)), (Lines{"memory memory.swap.max=0", "memory memory.max=100"}));
  EXPECT_EQ(lines(Mode::v2, memory(-1)), (Lines{"memory memory.swap.max=max", "memory memory.max=max"}));
  EXPECT_EQ(lines(Mode::v2, memory(100, -1)), (Lines{"memory memory.swap.max=max", "memory memory.max=100"}));
  EXPECT_EQ(lines(Mode::v2, memory(100)), (Lines{"memory memory.max=100"}));
  EXPECT_EQ(error_of(Mode::v2, memory({}, 100)),
            "/linux/resources/memory/swap: unable to set swap limit without memory limit");
  EXPECT_EQ(error_of(Mode::v2, memory(100, 99)),
            "/linux/resources/memory/swap: memory+swap limit should be >= memory limit");
}

TEST(CgroupResources, MemoryV2WithoutALimit) {
  EXPECT_EQ(lines(Mode::v2, memory(-1, 300)), (Lines{"memory memory.swap.max=300", "memory memory.max=max"}));
  EXPECT_EQ(lines(Mode::v2, memory(-1, -1, -1)),
            (Lines{"memory memory.swap.max=max", "memory memory.max=max", "memory memory.low=max"}));
  // Without accounting of swap there is no such file: no harm where nothing or everything is asked for.
  const auto optional = [](const spec::Resources& r) { return plan_resources(Mode::v2, &r)->writes.at(0).optional; };
  EXPECT_TRUE(optional(memory(100, 100)));
  EXPECT_TRUE(optional(memory(100, -1)));
  EXPECT_FALSE(optional(memory(100, 101)));
}

spec::Resources everything_of_memory() {
  spec::Resources r = memory({});
  r.memory->swappiness = 60;
  r.memory->disable_oom_killer = true;
  r.memory->kernel_tcp = 7000;
  r.memory->use_hierarchy = true;
  return r;
}

TEST(CgroupResources, RestOfMemoryV1) {
  spec::Resources r = everything_of_memory();
  EXPECT_EQ(lines(Mode::v1, r), (Lines{"memory memory.use_hierarchy=1", "memory memory.kmem.tcp.limit_in_bytes=7000",
                                       "memory memory.oom_control=1", "memory memory.swappiness=60"}));
  r.memory->disable_oom_killer = r.memory->use_hierarchy = false;
  r.memory->kernel_tcp = 0;
  r.memory->kernel = 8000;
  EXPECT_EQ(lines(Mode::v1, r), (Lines{"memory memory.swappiness=60"}));
  r.memory->swappiness = 101;
  EXPECT_EQ(error_of(Mode::v1, r),
            "/linux/resources/memory/swappiness: invalid memory swappiness value: 101 (valid range is 0-100)");
}

TEST(CgroupResources, RestOfMemoryIsRefusedOnV2) {
  spec::Resources r = everything_of_memory();
  EXPECT_TRUE(error_of(Mode::v2, r).starts_with("/linux/resources/memory/kernelTCP: not possible on cgroup v2: "));
  r.memory->kernel_tcp = -1;
  EXPECT_TRUE(error_of(Mode::v2, r).starts_with("/linux/resources/memory/swappiness: not possible on cgroup v2: "));
  r.memory->swappiness.reset();
  EXPECT_TRUE(
      error_of(Mode::v2, r).starts_with("/linux/resources/memory/disableOOMKiller: not possible on cgroup v2: "));
  r.memory->disable_oom_killer = false;
  EXPECT_EQ(lines(Mode::v2, r), Lines());
}

spec::Resources cpu(uint64_t shares, int64_t quota, uint64_t period) {
  spec::Resources r;
  r.cpu.emplace();
  if (shares != 0) r.cpu->shares = shares;
  if (quota != 0) r.cpu->quota = quota;
  if (period != 0) r.cpu->period = period;
  return r;
}

TEST(CgroupResources, Cpu) {
  spec::Resources r = cpu(3333, 50000, 100000);
  r.cpu->cpus = "0-1";
  r.cpu->mems = "0";
  EXPECT_EQ(lines(Mode::v1, r), (Lines{"cpuset cpuset.cpus=0-1", "cpuset cpuset.mems=0", "cpu cpu.shares=3333",
                                       "cpu cpu.cfs_period_us=100000", "cpu cpu.cfs_quota_us=50000"}));
  EXPECT_EQ(lines(Mode::v2, cpu(0, 50000, 0)), (Lines{"cpu cpu.max=50000"}));
  EXPECT_EQ(lines(Mode::v2, cpu(0, -1, 0)), (Lines{"cpu cpu.max=max"}));
  EXPECT_EQ(lines(Mode::v2, cpu(0, 0, 20000)), (Lines{"cpu cpu.max=max 20000"}));
  EXPECT_EQ(lines(Mode::v2, cpu(0, 5000, 20000)), (Lines{"cpu cpu.max=5000 20000"}));
  EXPECT_EQ(lines(Mode::v1, cpu(0, 0, 0)), Lines());
  r = cpu(0, 5000, 0);
  r.cpu->burst = 100;
  r.cpu->idle = 1;
  EXPECT_EQ(lines(Mode::v2, r), (Lines{"cpu cpu.max=5000", "cpu cpu.max.burst=100", "cpu cpu.idle=1"}));
}

TEST(CgroupResources, SharesToWeight) {
  const std::pair<uint64_t, const char*> pairs[] = {{1, "1"},          {2, "1"},    {1024, "100"}, {262144, "10000"},
                                                    {999999, "10000"}, {512, "59"}, {3333, "256"}};
  for (const auto& [shares, weight] : pairs)
    EXPECT_EQ(lines(Mode::v2, cpu(shares, 0, 0)), (Lines{cat("cpu cpu.weight=", weight)})) << shares;
}

TEST(CgroupResources, SharesOutOfRangeOnV1) {
  EXPECT_EQ(error_of(Mode::v1, cpu(1, 0, 0)), "/linux/resources/cpu/shares: the minimum allowed cpu-shares is 2");
  EXPECT_EQ(error_of(Mode::v1, cpu(262145, 0, 0)),
            "/linux/resources/cpu/shares: the maximum allowed cpu-shares is 262144");
  EXPECT_EQ(lines(Mode::v1, cpu(262144, 0, 0)), (Lines{"cpu cpu.shares=262144"}));
}

TEST(CgroupResources, Realtime) {
  spec::Resources r = cpu(0, 0, 0);
  r.cpu->realtime_period = 1000000;
  EXPECT_TRUE(error_of(Mode::v2, r).starts_with("/linux/resources/cpu/realtimePeriod: not possible on cgroup v2: "));
  r.cpu->realtime_runtime = 5000;
  EXPECT_TRUE(error_of(Mode::v2, r).starts_with("/linux/resources/cpu/realtimeRuntime: not possible on cgroup v2: "));
  EXPECT_EQ(lines(Mode::v1, r), (Lines{"cpu cpu.rt_period_us=1000000", "cpu cpu.rt_runtime_us=5000"}));
  EXPECT_TRUE(plan_resources(Mode::v1, &r)->writes.back().file == "cpu.rt_runtime_us");
  r.cpu->realtime_period = 0;
  r.cpu->realtime_runtime = 0;
  EXPECT_EQ(lines(Mode::v2, r), Lines());
}

TEST(CgroupResources, Pids) {
  spec::Resources r;
  for (const auto& [limit, value] : {std::pair<int64_t, const char*>{77, "77"}, {0, "1"}, {-1, "max"}}) {
    r.pids_limit = limit;
    EXPECT_EQ(lines(Mode::v1, r), (Lines{cat("pids pids.max=", value)}));
    EXPECT_EQ(lines(Mode::v2, r), (Lines{cat("pids pids.max=", value)}));
  }
}

TEST(CgroupResources, Unified) {
  spec::Resources r = memory(100);
  r.unified = {{"memory.high", "90"}, {"cgroup.freeze", "1"}, {"hugetlb.2MB.max", "0"}};
  EXPECT_EQ(lines(Mode::v2, r),
            (Lines{"memory memory.max=100", "memory memory.high=90", " cgroup.freeze=1", "hugetlb hugetlb.2MB.max=0"}));
  EXPECT_EQ(plan_resources(Mode::v2, &r)->controllers, (Lines{"memory", "hugetlb"}));
  EXPECT_EQ(error_of(Mode::hybrid, r),
            "/linux/resources/unified: invalid configuration: cannot use linux.resources.unified on cgroup v1");
  for (const char* bad : {"a/memory.max", "../memory.max", "memory", ".max"}) {
    r.unified = {{bad, "1"}};
    EXPECT_NE(error_of(Mode::v2, r), "") << bad;
  }
}

TEST(CgroupResources, UnifiedLineByLine) {
  spec::Resources r;
  r.unified = {{"io.max", "8:0 rbps=1\n8:16 wbps=2\n"}};
  EXPECT_EQ(lines(Mode::v2, r), (Lines{"io io.max=8:0 rbps=1", "io io.max=8:16 wbps=2"}));
}

TEST(CgroupResources, BlockIo) {
  spec::Resources r;
  r.block_io.emplace();
  r.block_io->weight = 1000;
  r.block_io->weight_device = {{8, 0, 10, {}}};
  r.block_io->throttle_read_bps = {{8, 16, 5}};
  r.block_io->throttle_write_iops = {{8, 16, 0}};
  EXPECT_EQ(lines(Mode::v1, r),
            (Lines{"blkio blkio.bfq.weight=1000", "blkio blkio.weight=1000", "blkio blkio.bfq.weight_device=8:0 10",
                   "blkio blkio.weight_device=8:0 10", "blkio blkio.throttle.read_bps_device=8:16 5",
                   "blkio blkio.throttle.write_iops_device=8:16 0"}));
  EXPECT_EQ(lines(Mode::v2, r), (Lines{"io io.bfq.weight=1000", "io io.weight=10000", "io io.bfq.weight=8:0 10",
                                       "io io.weight=8:0 1", "io io.max=8:16 rbps=5", "io io.max=8:16 wiops=max"}));
}

TEST(CgroupResources, LeafWeight) {
  spec::Resources r;
  r.block_io.emplace();
  r.block_io->weight_device = {{8, 0, {}, 30}};
  EXPECT_EQ(lines(Mode::v1, r), (Lines{"blkio blkio.leaf_weight_device=8:0 30"}));
  EXPECT_TRUE(error_of(Mode::v2, r).starts_with("/linux/resources/blockIO/weightDevice/leafWeight: not possible"));
  r.block_io->weight_device[0].leaf_weight = 0;
  EXPECT_EQ(lines(Mode::v2, r), Lines());
  r.block_io->leaf_weight = 20;
  EXPECT_EQ(lines(Mode::v1, r), (Lines{"blkio blkio.leaf_weight=20"}));
  EXPECT_TRUE(error_of(Mode::v2, r).starts_with("/linux/resources/blockIO/leafWeight: not possible on cgroup v2: "));
}

TEST(CgroupResources, HugePages) {
  spec::Resources r;
  r.hugepage_limits = {{"2MB", 4194304}, {"1GB", 0}};
  EXPECT_EQ(lines(Mode::v1, r),
            (Lines{"hugetlb hugetlb.2MB.limit_in_bytes=4194304", "hugetlb hugetlb.2MB.rsvd.limit_in_bytes=4194304",
                   "hugetlb hugetlb.1GB.limit_in_bytes=0", "hugetlb hugetlb.1GB.rsvd.limit_in_bytes=0"}));
  EXPECT_EQ(lines(Mode::v2, r), (Lines{"hugetlb hugetlb.2MB.max=4194304", "hugetlb hugetlb.2MB.rsvd.max=4194304",
                                       "hugetlb hugetlb.1GB.max=0", "hugetlb hugetlb.1GB.rsvd.max=0"}));
  const auto p = plan_resources(Mode::v2, &r);
  EXPECT_FALSE(p->writes[0].optional);
  EXPECT_TRUE(p->writes[1].optional);  // Linux before 5.7
  EXPECT_EQ(p->controllers, Lines{"hugetlb"});
}

TEST(CgroupResources, Network) {
  spec::Resources r;
  r.network.emplace();
  r.network->class_id = 0;
  EXPECT_EQ(lines(Mode::v1, r), Lines());
  EXPECT_EQ(lines(Mode::v2, r), Lines());
  r.network->priorities = {{"lo", 3}, {"eth0", 5}};
  EXPECT_TRUE(error_of(Mode::v2, r).starts_with("/linux/resources/network/priorities: not possible on cgroup v2: "));
  r.network->class_id = 0x100001;
  EXPECT_EQ(lines(Mode::v1, r), (Lines{"net_cls net_cls.classid=1048577", "net_prio net_prio.ifpriomap=lo 3",
                                       "net_prio net_prio.ifpriomap=eth0 5"}));
  EXPECT_TRUE(error_of(Mode::v2, r).starts_with("/linux/resources/network/classID: not possible on cgroup v2: "));
}

TEST(CgroupResources, Rdma) {
  spec::Resources r;
  r.rdma = {{"mlx5_1", 3, 10000}, {"mlx4_0", {}, 1000}, {"rxe3", 0, {}}};
  const Lines expected = {"rdma rdma.max=mlx5_1 hca_handle=3 hca_object=10000", "rdma rdma.max=mlx4_0 hca_object=1000",
                          "rdma rdma.max=rxe3 hca_handle=0"};
  EXPECT_EQ(lines(Mode::v1, r), expected);
  EXPECT_EQ(lines(Mode::v2, r), expected);
  EXPECT_EQ(plan_resources(Mode::v2, &r)->controllers, Lines{"rdma"});
}

// ---------------------------------------------------------------- devices

spec::DeviceRule rule(bool allow, std::string type, std::optional<int64_t> major, std::optional<int64_t> minor,
                      std::string access) {
  return {allow, std::move(type), major, minor, std::move(access)};
}

Lines folded(const std::vector<spec::DeviceRule>& rules) {
  auto list = fold_devices(rules);
  if (!list.ok()) return {list.error().text()};
  Lines out{list->allow_all ? "all but" : "only"};
  for (const DeviceException& e : list->exceptions) out.push_back(to_string(e));
  return out;
}

const Lines kDefault = {"only",      "c *:* m",   "b *:* m",   "c 1:3 rwm",   "c 1:8 rwm", "c 1:7 rwm",
                        "c 5:0 rwm", "c 1:5 rwm", "c 1:9 rwm", "c 136:* rwm", "c 5:2 rwm", "c 10:200 rwm"};

TEST(CgroupDevices, Default) {
  EXPECT_EQ(folded({}), kDefault);
  EXPECT_EQ(folded({rule(false, "", {}, {}, "rwm")}), kDefault);
  EXPECT_EQ(folded({rule(false, "a", -1, -1, "rwm")}), kDefault);
}

TEST(CgroupDevices, AllowOneAndAll) {
  Lines expected = kDefault;
  expected.insert(expected.begin() + 1, "c 10:229 rw");
  EXPECT_EQ(folded({rule(false, "a", {}, {}, "rwm"), rule(true, "c", 10, 229, "rw")}), expected);
  EXPECT_EQ(folded({rule(true, "a", {}, {}, "rwm")}), (Lines{"all but"}));
  // What is always allowed is not taken away.
  EXPECT_EQ(folded({rule(true, "a", {}, {}, ""), rule(false, "c", 1, 3, "rwm"), rule(false, "b", 8, 0, "w")}),
            (Lines{"all but", "b 8:0 w"}));
}

TEST(CgroupDevices, LaterRulesWin) {
  EXPECT_EQ(folded({rule(true, "c", 10, 229, "rw"), rule(false, "a", {}, {}, "rwm")}), kDefault);
  Lines expected = kDefault;
  expected.insert(expected.begin() + 1, "c 10:229 r");
  EXPECT_EQ(folded({rule(true, "c", 10, 229, "rw"), rule(false, "c", 10, {}, "wm")}), expected);
  EXPECT_EQ(folded({rule(true, "c", 10, 229, "rw"), rule(false, "c", {}, {}, "rwm")}), [] {
    Lines out = kDefault;
    return out;
  }());
}

TEST(CgroupDevices, HolesAreRefused) {
  EXPECT_EQ(folded({rule(true, "c", {}, {}, "rwm"), rule(false, "c", 10, 229, "rw")}).at(0),
            "/linux/resources/devices/1: takes \"c 10:229 rw\" out of \"c *:* rwm\" (a device cgroup keeps a list "
            "without holes; name the devices one by one)");
}

// "a" with numbers or less than rwm is taken by the kernel for everything: it must not get there as it is.
TEST(CgroupDevices, NarrowRulesForAllTypes) {
  const Lines l = folded({rule(true, "a", 10, 229, "rw")});
  EXPECT_EQ(l.at(1), "b 10:229 rw");
  EXPECT_EQ(l.at(2), "c 10:229 rw");
}

TEST(CgroupDevices, BadRules) {
  EXPECT_EQ(folded({rule(true, "x", 1, 1, "r")}).at(0), "/linux/resources/devices/0: type \"x\" is none of a, b and c");
  EXPECT_EQ(folded({rule(true, "c", 1, 1, "rx")}).at(0),
            "/linux/resources/devices/0: access \"rx\" is not made of r, w and m");
}

TEST(CgroupDevices, TheLetterA) {
  EXPECT_EQ(folded({rule(false, "c", 1, 11, "rwa")}), kDefault);
  EXPECT_EQ(folded({rule(true, "c", 1, 11, "a")}), kDefault);
  Lines expected = kDefault;
  expected.insert(expected.begin() + 1, "c 1:11 r");
  EXPECT_EQ(folded({rule(true, "c", 1, 11, "ra")}), expected);
  EXPECT_EQ(folded({rule(true, "c", 1, 11, "rwm"), rule(false, "c", 1, 11, "a")}), kDefault);
}

TEST(CgroupDevices, ListOfTheKernel) {
  const DeviceList list = parse_device_list("c *:* m\nb 8:* rw\nc 1:3 rwm\n");
  EXPECT_FALSE(list.allow_all);
  Lines out;
  for (const DeviceException& e : list.exceptions) out.push_back(to_string(e));
  EXPECT_EQ(out, (Lines{"c *:* m", "b 8:* rw", "c 1:3 rwm"}));
  EXPECT_EQ(parse_device_list("a *:* rwm\n"), (DeviceList{true, {}}));
  EXPECT_EQ(parse_device_list(""), DeviceList());
}

Lines transition(const DeviceList& from, const DeviceList& to, bool* pause) {
  Lines out;
  for (const Write& w : device_transition(from, to, pause)) out.push_back(cat(w.file, "=", w.value));
  return out;
}

TEST(CgroupDevices, FromOneListToAnother) {
  bool pause = true;
  const DeviceList a = parse_device_list("c 1:3 rwm\nc 5:* rw\nb 8:0 r\n");
  const DeviceList b = parse_device_list("c 1:3 rwm\nc 5:0 rw\nb 8:0 w\n");
  // What is new comes first.
  EXPECT_EQ(transition(a, b, &pause), (Lines{"devices.allow=c 5:0 rw", "devices.allow=b 8:0 w", "devices.deny=c 5:* rw",
                                             "devices.deny=b 8:0 r"}));
  EXPECT_FALSE(pause);
  EXPECT_EQ(transition(a, a, &pause), Lines());
  EXPECT_EQ(transition(a, {true, {{'c', 1, 11, kAllAccess}}}, &pause),
            (Lines{"devices.allow=a", "devices.deny=c 1:11 rwm"}));
  EXPECT_TRUE(pause);
  EXPECT_EQ(transition({true, {}}, parse_device_list("c 1:3 rwm\n"), &pause),
            (Lines{"devices.deny=a", "devices.allow=c 1:3 rwm"}));
  EXPECT_TRUE(pause);
}

TEST(CgroupDevices, WritesOnV1Only) {
  const auto v1 = plan_resources(Mode::v1, nullptr);
  ASSERT_EQ(v1->writes.size(), kDefault.size());
  EXPECT_EQ(v1->writes[0].file, "devices.deny");
  EXPECT_EQ(v1->writes[0].value, "a");
  EXPECT_TRUE(v1->writes[0].optional);
  EXPECT_EQ(v1->writes[1].file, "devices.allow");
  EXPECT_TRUE(plan_resources(Mode::v1, nullptr, false)->writes.empty());
  EXPECT_TRUE(plan_resources(Mode::v2, nullptr)->writes.empty());
}

}  // namespace
}  // namespace husk::cgroup
