// The pure half of the systemd driver: names, properties.
#include <gtest/gtest.h>

#include "rooms/cgroup/systemd.h"

namespace husk::cgroup {
namespace {

std::string show(const Property& p) {
  std::string out = cat(p.name, "=", p.type, ":");
  for (size_t i = 0; i < p.values.size(); ++i) out += cat(i == 0 ? "" : ",", p.values[i]);
  return out;
}

std::string show(const Result<std::vector<Property>>& properties) {
  if (!properties.ok()) return "error: " + properties.error().what;
  std::string out;
  for (const Property& p : *properties) out += (out.empty() ? "" : " ") + show(p);
  return out;
}

// ---------------------------------------------------------------- names

std::string unit(std::string_view path, const std::string& id = "demo", bool user = false) {
  const Result<Unit> u = plan_unit(path, id, user);
  return u.ok() ? cat(u->slice, " ", u->name) : "error: " + u.error().what;
}

TEST(CgroupSystemdNames, PartsOfThePath) {
  EXPECT_EQ(unit(""), "system.slice husk-demo.scope");
  EXPECT_EQ(unit("", "demo", true), "user.slice husk-demo.scope");
  EXPECT_EQ(unit("machine.slice:libpod:abc"), "machine.slice libpod-abc.scope");
  EXPECT_EQ(unit(":cri-containerd:abc"), "system.slice cri-containerd-abc.scope");
  EXPECT_EQ(unit("a-b.slice::abc"), "a-b.slice abc.scope");
  EXPECT_EQ(unit("::"), "system.slice demo.scope");
  EXPECT_EQ(unit("-.slice:a:b"), "-.slice a-b.scope");
}

TEST(CgroupSystemdNames, AnIdWithACharacterThatUnitsDoNotHave) {
  EXPECT_EQ(unit("", "a+b_c.d-e"), "system.slice husk-a\\x2bb_c.d-e.scope");
}

TEST(CgroupSystemdNames, OthersAreRefused) {
  for (const char* path : {"/a/b", "a", "a:b", "a.slice:b:c:d", "system.slice:/:x"})
    EXPECT_TRUE(unit(path).starts_with("error: ")) << path;
  EXPECT_EQ(
      unit("/a/b"),
      "error: expected cgroupsPath to be of format \"slice:prefix:name\" for systemd cgroups, got \"/a/b\" instead");
  for (const char* path : {"system.slice:a b:c", "system.slice:a/../b:c", ":a:\xc3\xa4", ":@a:b", ":p:x.slice"})
    EXPECT_TRUE(unit(path).starts_with("error: ")) << path;
  EXPECT_TRUE(unit(cat(":p:", std::string(246, 'x'))).ends_with("x.scope"));
  EXPECT_TRUE(unit(cat(":p:", std::string(248, 'x'))).starts_with("error: "));
}

TEST(CgroupSystemdNames, Slices) {
  const auto directory = [](const char* slice) {
    const Result<std::string> r = slice_directory(slice);
    return r.ok() ? *r : r.error().what;
  };
  EXPECT_EQ(directory("-.slice"), "");
  EXPECT_EQ(directory("system.slice"), "/system.slice");
  EXPECT_EQ(directory("a-b-c.slice"), "/a.slice/a-b.slice/a-b-c.slice");
  for (const char* bad : {"", ".slice", "a", "a.scope", "-a.slice", "a-.slice", "a--b.slice", "--.slice", "a/b.slice",
                          "../a.slice", "a@b.slice", "slice"})
    EXPECT_EQ(directory(bad), cat("invalid slice name: ", bad));
}

// ---------------------------------------------------------------- annotations

std::string annotation(const std::string& name, const std::string& value) {
  return show(annotation_properties({{"org.systemd.property." + name, value}}));
}

TEST(CgroupSystemdAnnotations, Values) {
  EXPECT_EQ(annotation("A", "true"), "A=b:1");
  EXPECT_EQ(annotation("A", "boolean false"), "A=b:0");
  EXPECT_EQ(annotation("A", "5"), "A=i:5");
  EXPECT_EQ(annotation("A", " -5 "), "A=i:-5");
  EXPECT_EQ(annotation("A", "+5"), "A=i:5");
  EXPECT_EQ(annotation("A", "0x1F"), "A=i:31");
  EXPECT_EQ(annotation("A", "017"), "A=i:15");
  EXPECT_EQ(annotation("A", "byte 255"), "A=y:255");
  EXPECT_EQ(annotation("A", "int16 -32768"), "A=n:-32768");
  EXPECT_EQ(annotation("A", "uint16 65535"), "A=q:65535");
  EXPECT_EQ(annotation("A", "int32 -2147483648"), "A=i:-2147483648");
  EXPECT_EQ(annotation("A", "uint32 4294967295"), "A=u:4294967295");
  EXPECT_EQ(annotation("A", "int64 -9223372036854775808"), "A=x:-9223372036854775808");
  EXPECT_EQ(annotation("A", "uint64 18446744073709551615"), "A=t:18446744073709551615");
  EXPECT_EQ(annotation("A", "@t 5"), "A=t:5");
  EXPECT_EQ(annotation("A", "1.5"), "A=d:1.5");
  EXPECT_EQ(annotation("A", "double 2"), "A=d:2");
  EXPECT_EQ(annotation("A", "-1e-3"), "A=d:-1e-3");
  EXPECT_EQ(annotation("A", "'inactive-or-failed'"), "A=s:inactive-or-failed");
  EXPECT_EQ(annotation("A", "\"it's\""), "A=s:it's");
  EXPECT_EQ(annotation("A", R"('\'\\\n\t\"\u00e4\U0001F40D')"), "A=s:'\\\n\t\"\xc3\xa4\xf0\x9f\x90\x8d");
  EXPECT_EQ(annotation("A", "''"), "A=s:");
}

TEST(CgroupSystemdAnnotations, Arrays) {
  EXPECT_EQ(annotation("A", "['a', \"b\"]"), "A=as:a,b");
  EXPECT_EQ(annotation("A", "[1,2 , 3]"), "A=ai:1,2,3");
  EXPECT_EQ(annotation("A", "[uint64 1, 2]"), "A=at:1,2");
  EXPECT_EQ(annotation("A", "@ay [1, 2]"), "A=ay:1,2");
  EXPECT_EQ(annotation("A", "@as []"), "A=as:");
  EXPECT_EQ(annotation("A", "[true, false]"), "A=ab:1,0");
}

TEST(CgroupSystemdAnnotations, WhatIsNoValueIsRefused) {
  for (const char* value : {"",
                            " ",
                            "tru",
                            "truex",
                            "5x",
                            "5 6",
                            "'a",
                            "'a\\",
                            "\"a'",
                            "[",
                            "[1",
                            "[1,",
                            "[1 2]",
                            "[]",
                            "[1,'a']",
                            "[[1]]",
                            "byte 256",
                            "byte -1",
                            "int16 40000",
                            "2147483648",
                            "uint64 18446744073709551616",
                            "uint64 -1",
                            "uint64 'a'",
                            "string 5",
                            "boolean 5",
                            "1.2.3",
                            "1e",
                            "1e9999",
                            ".",
                            "-",
                            "0x",
                            "08",
                            "inf",
                            "nan",
                            "(1, 2)",
                            "{'a': 1}",
                            "<5>",
                            "handle 5",
                            "uint64",
                            "uint645",
                            "@",
                            "@t",
                            "@tt 5",
                            "@aas []",
                            "@(ss) 5",
                            "@v 5",
                            "'\\u12'",
                            "'\\u0000'",
                            "'\\ud800'",
                            "'\\U00110000'",
                            "'\\uzzzz'",
                            "@as [1]",
                            "[uint64 1, uint32 2]"})
    EXPECT_TRUE(annotation("A", value).starts_with("error: ")) << value << ": " << annotation("A", value);
  EXPECT_TRUE(annotation("A", std::string("'a\0b'", 5)).starts_with("error: "));
  EXPECT_EQ(annotation("A", "oops"), "error: annotation org.systemd.property.A: cannot make a value of: oops");
}

TEST(CgroupSystemdAnnotations, EveryBeginningAndEveryChangeOfAValueIsAnAnswer) {
  const std::string text = R"(@as ["a\u00e4", 'b\n', "c"])";
  for (size_t size = 0; size <= text.size(); ++size) (void)annotation("A", text.substr(0, size));
  for (size_t at = 0; at < text.size(); ++at) {
    for (int c = 0; c < 256; ++c) {
      std::string changed = text;
      changed[at] = static_cast<char>(c);
      const Result<std::vector<Property>> r = annotation_properties({{"org.systemd.property.A", changed}});
      if (r.ok()) {
        ASSERT_EQ(r->size(), 1U);
        for (const std::string& value : r->front().values) EXPECT_EQ(value.find('\0'), std::string::npos);
      }
    }
  }
}

TEST(CgroupSystemdAnnotations, SecondsBecomeMicroseconds) {
  EXPECT_EQ(annotation("TimeoutStopSec", "5"), "TimeoutStopUSec=t:5000000");
  EXPECT_EQ(annotation("TimeoutStopSec", "uint64 5"), "TimeoutStopUSec=t:5000000");
  EXPECT_EQ(annotation("TimeoutStopSec", "1.25"), "TimeoutStopUSec=t:1250000");
  EXPECT_EQ(annotation("TimeoutStopSec", "0.0000019"), "TimeoutStopUSec=t:1");
  EXPECT_EQ(annotation("TimeoutStopSec", "@d .5"), "TimeoutStopUSec=t:500000");
  EXPECT_EQ(annotation("TimeoutStopUSec", "uint64 5"), "TimeoutStopUSec=t:5");
  EXPECT_EQ(annotation("Sec", "5"), "Sec=i:5");
  for (const char* value : {"-1", "'5'", "true", "[5]", "uint64 18446744073709551615", "1e3"})
    EXPECT_TRUE(annotation("TimeoutStopSec", value).starts_with("error: ")) << value;
}

TEST(CgroupSystemdAnnotations, Names) {
  for (const char* name : {"", "a", "1A", "A-B", "A b", "A.B", "A=", "PIDs", "Slice", "Delegate"})
    EXPECT_TRUE(annotation(name, "true").starts_with("error: ")) << name;
  EXPECT_EQ(show(annotation_properties({{"org.systemd", "x"}, {"org.systemd.propert.A", "x"}, {"other", "x"}})), "");
  EXPECT_EQ(show(annotation_properties({{"org.systemd.property.B", "1"}, {"org.systemd.property.A", "2"}})),
            "B=i:1 A=i:2");
}

// ---------------------------------------------------------------- resources

spec::Resources with_cpu(int64_t quota, uint64_t period) {
  spec::Resources r;
  r.cpu.emplace();
  r.cpu->quota = quota;
  r.cpu->period = period;
  return r;
}

spec::Resources with_unified(const std::string& file, const std::string& value) {
  spec::Resources r;
  r.unified.emplace_back(file, value);
  return r;
}

std::string v2(const spec::Resources& r) {
  return show(resource_properties(Mode::v2, r));
}
std::string update_v1(const spec::Resources& r) {
  return show(resource_properties(Mode::hybrid, r, false));
}

TEST(CgroupSystemdResources, NothingAskedForIsNoProperty) {
  EXPECT_EQ(v2({}), "");
  EXPECT_EQ(update_v1({}), "");
}

TEST(CgroupSystemdResources, Memory) {
  spec::Resources r;
  r.memory.emplace();
  r.memory->limit = 1000;
  r.memory->reservation = 500;
  r.memory->swap = 1500;
  EXPECT_EQ(v2(r), "MemoryMax=t:1000 MemoryLow=t:500 MemorySwapMax=t:500");
  EXPECT_EQ(update_v1(r), "MemoryLimit=t:1000");
  r.memory->limit = -1;
  r.memory->swap.reset();
  r.memory->reservation.reset();
  EXPECT_EQ(v2(r), "MemoryMax=t:18446744073709551615 MemorySwapMax=t:18446744073709551615");
}

TEST(CgroupSystemdResources, Quota) {
  EXPECT_EQ(v2(with_cpu(50000, 100000)), "CPUQuotaPeriodUSec=t:100000 CPUQuotaPerSecUSec=t:500000");
  EXPECT_EQ(v2(with_cpu(500000, 900000)), "CPUQuotaPeriodUSec=t:900000 CPUQuotaPerSecUSec=t:560000");
  EXPECT_EQ(v2(with_cpu(0, 50000)), "CPUQuotaPeriodUSec=t:50000");
  EXPECT_EQ(v2(with_cpu(20000, 0)), "CPUQuotaPerSecUSec=t:200000");
  EXPECT_EQ(v2(with_cpu(-1, 100000)), "CPUQuotaPeriodUSec=t:100000 CPUQuotaPerSecUSec=t:18446744073709551615");
  EXPECT_EQ(v2(with_cpu(INT64_MAX, 1)), "CPUQuotaPeriodUSec=t:1 CPUQuotaPerSecUSec=t:18446744073709551615");
  EXPECT_EQ(update_v1(with_cpu(1, 100000)), "CPUQuotaPeriodUSec=t:100000 CPUQuotaPerSecUSec=t:10000");
}

TEST(CgroupSystemdResources, SharesAndIdle) {
  spec::Resources r;
  r.cpu.emplace();
  r.cpu->shares = 1024;
  EXPECT_EQ(v2(r), "CPUWeight=t:100");
  EXPECT_EQ(update_v1(r), "CPUShares=t:1024");
  r.cpu->idle = 1;
  EXPECT_EQ(v2(r), "CPUWeight=t:0");
  EXPECT_EQ(update_v1(r), "CPUShares=t:1024");
}

TEST(CgroupSystemdResources, IdleIsOneAndNothingElse) {
  spec::Resources r;
  r.cpu.emplace();
  for (const int64_t no : {0, -1, 2}) {
    r.cpu->idle = no;
    EXPECT_EQ(v2(r), "") << no;
  }
}

// systemd rounds up, and what it writes when it is told anything else must be what is there.
TEST(CgroupSystemdResources, TheFilesGetTheQuotaThatSystemdMakesOfIt) {
  const auto fitted = [](int64_t quota, uint64_t period) {
    spec::Resources r = with_cpu(quota, period);
    EXPECT_EQ(fit_to_systemd(Mode::v2, &r), "");
    return *r.cpu->quota;
  };
  EXPECT_EQ(fitted(50000, 100000), 50000);
  EXPECT_EQ(fitted(500000, 900000), 504000);
  EXPECT_EQ(fitted(1, 100000), 1000);
  EXPECT_EQ(fitted(50001, 0), 51000);
  EXPECT_EQ(fitted(-1, 100000), -1);
  EXPECT_EQ(fitted(0, 50000), 0);
  EXPECT_EQ(fitted(INT64_MAX, 1), INT64_MAX);
}

TEST(CgroupSystemdResources, WhoIsIdleHasNoWeight) {
  spec::Resources r;
  r.cpu.emplace();
  r.cpu->shares = 200;
  r.unified = {{"cpu.weight", "8"}, {"pids.max", "7"}};
  EXPECT_EQ(fit_to_systemd(Mode::v2, &r), "");
  EXPECT_EQ(*r.cpu->shares, 200U);
  r.cpu->idle = 1;
  spec::Resources v1 = r;
  EXPECT_EQ(fit_to_systemd(Mode::hybrid, &v1), "");
  EXPECT_EQ(*v1.cpu->shares, 200U);
  EXPECT_NE(fit_to_systemd(Mode::v2, &r).find("unable to apply both"), std::string::npos);
  EXPECT_FALSE(r.cpu->shares);
  EXPECT_EQ(r.unified, (spec::StringMap{{"pids.max", "7"}}));
  spec::Resources unified = with_unified("cpu.idle", "1");
  EXPECT_EQ(fit_to_systemd(Mode::v2, &unified), "");
  unified.unified.emplace_back("cpu.weight", "8");
  EXPECT_NE(fit_to_systemd(Mode::v2, &unified), "");
  EXPECT_EQ(unified.unified, (spec::StringMap{{"cpu.idle", "1"}}));
}

TEST(CgroupSystemdResources, Sets) {
  spec::Resources r;
  r.cpu.emplace();
  r.cpu->cpus = "0-2,9";
  r.cpu->mems = "1";
  EXPECT_EQ(v2(r), "AllowedCPUs=ay:7,2 AllowedMemoryNodes=ay:2");
  for (const char* bad : {"x", "1-", "-1", "3-1", "99999999", "1,,2", "1 2"}) {
    r.cpu->cpus = bad;
    EXPECT_TRUE(v2(r).starts_with("error: ")) << bad;
  }
}

TEST(CgroupSystemdResources, PidsAndWeightOfBlockIo) {
  spec::Resources r;
  r.pids_limit = 20;
  r.block_io.emplace();
  r.block_io->weight = 1000;
  EXPECT_EQ(v2(r), "TasksMax=t:20 IOWeight=t:10000");
  EXPECT_EQ(update_v1(r), "TasksMax=t:20 BlockIOWeight=t:1000");
  r.pids_limit = -1;
  r.block_io.reset();
  EXPECT_EQ(v2(r), "TasksMax=t:18446744073709551615");
}

TEST(CgroupSystemdResources, Unified) {
  EXPECT_EQ(v2(with_unified("memory.high", "1000")), "MemoryHigh=t:1000");
  EXPECT_EQ(v2(with_unified("memory.min", "2K")), "MemoryMin=t:2048");
  EXPECT_EQ(v2(with_unified("memory.max", "max")), "MemoryMax=t:18446744073709551615");
  EXPECT_EQ(v2(with_unified("pids.max", "7")), "TasksMax=t:7");
  EXPECT_EQ(v2(with_unified("cpu.idle", "1")), "CPUWeight=t:0");
  EXPECT_EQ(v2(with_unified("cpu.weight", "55")), "CPUWeight=t:55");
  EXPECT_EQ(v2(with_unified("cpu.max", "20000 40000")), "CPUQuotaPeriodUSec=t:40000 CPUQuotaPerSecUSec=t:500000");
  EXPECT_EQ(v2(with_unified("cpu.max", "max")),
            "CPUQuotaPeriodUSec=t:100000 CPUQuotaPerSecUSec=t:18446744073709551615");
  EXPECT_EQ(v2(with_unified("io.weight", "default 50")), "IOWeight=t:50");
  EXPECT_EQ(v2(with_unified("cpuset.cpus", "0")), "AllowedCPUs=ay:1");
  for (const char* file : {"memory.oom.group", "hugetlb.2MB.max", "cgroup.freeze"})
    EXPECT_EQ(v2(with_unified(file, "1")), "");
  EXPECT_EQ(v2(with_unified("cpu.max", "x y")), "");
  EXPECT_EQ(v2(with_unified("memory.max", "99999999999P")), "");
  spec::Resources both = with_unified("pids.max", "7");
  both.pids_limit = 20;
  EXPECT_EQ(v2(both), "TasksMax=t:7");
}

TEST(CgroupSystemdResources, DeviceRulesOfV1) {
  spec::Resources r;
  const std::string rules = show(resource_properties(Mode::v1, r));
  EXPECT_TRUE(rules.starts_with("DevicePolicy=s:strict DeviceAllow=a(ss):")) << rules;
  EXPECT_NE(rules.find("/dev/char/1:3,rw"), std::string::npos) << rules;
  EXPECT_NE(rules.find("char-*,m"), std::string::npos) << rules;
  EXPECT_NE(rules.find("char-136,rw"), std::string::npos) << rules;
  r.devices.push_back({true, "a", {}, {}, "rwm"});
  EXPECT_EQ(show(resource_properties(Mode::v1, r)), "DevicePolicy=s:auto DeviceAllow=a(ss):");
  EXPECT_EQ(show(resource_properties(Mode::v2, r)), "");
}

}  // namespace
}  // namespace husk::cgroup
