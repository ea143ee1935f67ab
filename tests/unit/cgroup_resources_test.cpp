#include <gtest/gtest.h>

#include "rooms/cgroup/cgroup.h"
#include "rooms/cgroup/devices.h"

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

TEST(CgroupResources, MemorySwappiness) {
  spec::Resources r = memory({});
  r.memory->swappiness = 60;
  r.memory->disable_oom_killer = true;
  EXPECT_EQ(lines(Mode::v1, r), (Lines{"memory memory.oom_control=1", "memory memory.swappiness=60"}));
  EXPECT_EQ(plan_resources(Mode::v2, &r)->not_applied,
            (Lines{"linux.resources.memory.swappiness", "linux.resources.memory.disableOOMKiller"}));
  r.memory->swappiness = 101;
  EXPECT_EQ(error_of(Mode::v1, r), "invalid memory swappiness value: 101 (valid range is 0-100)");
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

TEST(CgroupResources, Pids) {
  spec::Resources r;
  for (const auto& [limit, value] : {std::pair<int64_t, const char*>{77, "77"}, {0, "max"}, {-1, "max"}}) {
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
  EXPECT_EQ(error_of(Mode::hybrid, r), "invalid configuration: cannot use linux.resources.unified on cgroup v1");
  for (const char* bad : {"a/memory.max", "../memory.max", "memory", ".max"}) {
    r.unified = {{bad, "1"}};
    EXPECT_NE(error_of(Mode::v2, r), "") << bad;
  }
}

TEST(CgroupResources, NotApplied) {
  spec::Resources r;
  r.block_io.emplace();
  r.network.emplace();
  r.hugepage_limits.emplace_back();
  r.rdma.emplace_back();
  r.devices.emplace_back();
  EXPECT_EQ(plan_resources(Mode::v2, &r)->not_applied,
            (Lines{"linux.resources.hugepageLimits", "linux.resources.network", "linux.resources.rdma"}));
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
