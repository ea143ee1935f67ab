#include "rooms/intelrdt/intelrdt.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>
#include <sstream>

#include "host/files.h"

namespace husk::intelrdt {
namespace {

TEST(IntelRdtPlan, GroupAndSchemata) {
  spec::IntelRdt rdt;
  Plan p = plan(rdt, "demo");
  EXPECT_EQ(p.group, "demo");
  EXPECT_FALSE(p.named);
  EXPECT_EQ(p.schemata + p.monitor, "");
  rdt = {"gold", {"L2:0=f", "L3:0=ff"}, "L3:0=7f0;1=1f", "MB:0=20;1=70", true};
  p = plan(rdt, "demo");
  EXPECT_EQ(p.group, "gold");
  EXPECT_TRUE(p.named);
  EXPECT_EQ(p.schemata, "L3:0=7f0;1=1f\nMB:0=20;1=70\nL2:0=f\nL3:0=ff\n");
  EXPECT_EQ(p.monitor, "demo");
  rdt.clos_id = "/";
  EXPECT_EQ(plan(rdt, "demo").group, "");
}

TEST(IntelRdtPlan, Mountpoint) {
  EXPECT_EQ(mountpoint_in("1 2 0:5 / /sys/fs/resctrl rw shared:9 - resctrl resctrl rw,mba_MBps\n"), "/sys/fs/resctrl");
  EXPECT_EQ(mountpoint_in("1 2 0:4 / /resctrl rw - tmpfs resctrl rw\n3 2 0:5 / /a\\040b rw - resctrl none rw\n"),
            "/a b");
  EXPECT_EQ(mountpoint_in("1 2 0:4 / /resctrl rw - tmpfs resctrl rw\n"), "");
  EXPECT_EQ(mountpoint_in(""), "");
}

TEST(IntelRdtPlan, SchemataMatch) {
  const char present[] = "    L3:0=fffff;1=000ff\n    MB:0=100;1= 70\n";
  EXPECT_TRUE(schemata_match("L3:0=fffff;1=ff\n", present));
  EXPECT_TRUE(schemata_match("MB:1=70\nL3:1=0FF\n", present));
  EXPECT_TRUE(schemata_match("", present));
  EXPECT_FALSE(schemata_match("L3:0=fffff;1=fff\n", present));
  EXPECT_FALSE(schemata_match("L3:2=ff\n", present));
  EXPECT_FALSE(schemata_match("L2:0=ff\n", present));
  EXPECT_TRUE(schemata_match("MB:1=61\n", present, 10));
  EXPECT_FALSE(schemata_match("MB:1=60\n", present, 10));
  EXPECT_FALSE(schemata_match("MB:1=61\n", present));
}

// A tree as the kernel would show it. What it would make in a new directory the test makes.
class IntelRdt : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/husk-resctrl-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    root_ = name;
    directory("info/L3", {{"cbm_mask", "fffff\n"}, {"min_cbm_bits", "1\n"}, {"num_closids", "16\n"}});
    directory("info/MB",
              {{"bandwidth_gran", "10\n"}, {"delay_linear", "1\n"}, {"min_bandwidth", "10\n"}, {"num_closids", "8\n"}});
    directory("info/L3_MON", {{"mon_features", "llc_occupancy\nmbm_total_bytes\nmbm_local_bytes\n"}});
    put("info/last_cmd_status", "ok\n");
    put("schemata", "    MB:0=100;1=100\n    L3:0=fffff;1=fffff\n");
    put("tasks", "");
  }
  void TearDown() override { (void)host::remove_tree(root_); }

  void put(const std::string& file, const std::string& text) { std::ofstream(root_ + "/" + file) << text; }
  void directory(const std::string& name, const std::vector<std::pair<std::string, std::string>>& files) {
    ASSERT_TRUE(host::make_directories(root_ + "/" + name, 0755).ok());
    for (const auto& [file, text] : files) put(cat(name, '/', file), text);
  }
  // A class or a monitoring group.
  void group(const std::string& name, const std::string& schemata = "") {
    directory(name, {{"schemata", schemata}, {"tasks", ""}});
    directory(name + "/mon_groups", {});
  }
  std::string get(const std::string& file) {
    std::ostringstream out;
    out << std::ifstream(root_ + "/" + file).rdbuf();
    return out.str();
  }
  bool exists(const std::string& name) { return ::access((root_ + "/" + name).c_str(), F_OK) == 0; }
  static std::string text_of(const Status& status) { return status.ok() ? "" : status.error().text(); }

  std::string root_;
};

TEST_F(IntelRdt, OwnClass) {
  const Plan p = plan({"", {}, "L3:0=f", "MB:0=20", true}, "demo");
  const Home home = locate(root_, p);
  EXPECT_EQ(home.group, root_ + "/demo");
  EXPECT_EQ(home.monitor, root_ + "/demo/mon_groups/demo");
  EXPECT_EQ(home.owned, (std::vector<std::string>{home.group, home.monitor}));
  bool existed = true;
  ASSERT_EQ(text_of(make_group(root_, p, home, &existed)), "");
  EXPECT_FALSE(existed);
  group("demo");
  ASSERT_EQ(text_of(configure(root_, p, home, existed)), "");
  EXPECT_EQ(get("demo/schemata"), "L3:0=f\nMB:0=20\n");
  put("demo/mon_groups/demo/tasks", "");
  ASSERT_EQ(text_of(join(home, 77)), "");
  EXPECT_EQ(get("demo/tasks") + get("demo/mon_groups/demo/tasks"), "7777");
}

TEST_F(IntelRdt, NothingStaysOfAFailure) {
  const Plan p = plan({"", {}, "L3:0=f", "", false}, "demo");
  put("info/last_cmd_status", "Invalid mask\n");
  // A plain directory has no schemata.
  EXPECT_EQ(text_of(create(root_, p, locate(root_, p))),
            cat("/linux/intelRdt: open ", root_,
                "/demo/schemata: no such file or directory (last_cmd_status: Invalid mask)"));
  EXPECT_FALSE(exists("demo"));
}

TEST_F(IntelRdt, NamedClassIsComparedAndLeftAlone) {
  group("gold", "    L3:0=0000f;1=fffff\n");
  Plan p = plan({"gold", {}, "L3:0=f", "", false}, "demo");
  const Home home = locate(root_, p);
  EXPECT_TRUE(home.owned.empty());
  EXPECT_EQ(text_of(create(root_, p, home)), "");
  p = plan({"gold", {}, "L3:0=ff", "", false}, "demo");
  EXPECT_EQ(text_of(create(root_, p, home)),
            cat("/linux/intelRdt: the class of service ", root_,
                "/gold exists and has other schemata than L3:0=ff (others may be in it: name another closID, or change "
                "its schemata beforehand)"));
  EXPECT_EQ(get("gold/schemata"), "    L3:0=0000f;1=fffff\n");
  EXPECT_EQ(text_of(remove(home)), "");
  EXPECT_TRUE(exists("gold"));
}

TEST_F(IntelRdt, NamedClassWithoutSchemataMustExist) {
  const Plan p = plan({"gold", {}, "", "", false}, "demo");
  EXPECT_EQ(text_of(create(root_, p, locate(root_, p))),
            cat("/linux/intelRdt/closID: there is no class of service ", root_,
                "/gold (without schemata it has to be made beforehand)"));
  EXPECT_FALSE(exists("gold"));
  group("gold");
  EXPECT_EQ(text_of(create(root_, p, locate(root_, p))), "");
}

TEST_F(IntelRdt, DefaultClass) {
  const Plan p = plan({"/", {}, "", "", false}, "demo");
  const Home home = locate(root_, p);
  EXPECT_TRUE(home.owned.empty());
  EXPECT_EQ(text_of(create(root_, p, home)), "");
  EXPECT_EQ(text_of(join(home, 5)), "");
  EXPECT_EQ(get("tasks"), "5");
}

TEST_F(IntelRdt, MonitoringInANamedClass) {
  group("gold");
  const Plan p = plan({"gold", {}, "", "", true}, "demo");
  const Home home = locate(root_, p);
  EXPECT_EQ(home.owned, (std::vector<std::string>{root_ + "/gold/mon_groups/demo"}));
  EXPECT_EQ(text_of(create(root_, p, home)), "");
  EXPECT_TRUE(exists("gold/mon_groups/demo"));
  EXPECT_EQ(text_of(remove(home)), "");
  EXPECT_FALSE(exists("gold/mon_groups/demo"));
  EXPECT_EQ(text_of(remove(home)), "");
}

TEST_F(IntelRdt, ForeignGroupOfTheSameNameIsNotRemoved) {
  group("demo");
  EXPECT_TRUE(locate(root_, plan({}, "demo")).owned.empty());
}

TEST_F(IntelRdt, Update) {
  group("demo");
  const Home home = locate(root_, plan({}, "demo"));
  EXPECT_EQ(text_of(update(root_, home, "L3:0=ff", "MB:0=50")), "");
  EXPECT_EQ(get("demo/schemata"), "L3:0=ff\nMB:0=50\n");
  EXPECT_NE(text_of(update(root_, home, "L3:0=1\nMB:0=1", "")), "");
  (void)host::remove_tree(root_ + "/info/MB");
  EXPECT_EQ(text_of(update(root_, home, "", "MB:0=50")), "Intel RDT/MBA: memory bandwidth schema is not enabled");
  (void)host::remove_tree(root_ + "/info/L3");
  EXPECT_EQ(text_of(update(root_, home, "L3:0=ff", "")), "Intel RDT/CAT: l3 cache schema is not enabled");
}

TEST_F(IntelRdt, Stats) {
  group("demo", "    MB:0= 20;1=100\n    L3:0=000f0;1=fffff\n");
  for (const char* domain : {"01", "00"})
    directory(
        cat("demo/mon_data/mon_L3_", domain),
        {{"llc_occupancy", cat("1", domain, "\n")}, {"mbm_total_bytes", "9\n"}, {"mbm_local_bytes", "Unavailable\n"}});
  const Home home = locate(root_, plan({}, "demo"));
  EXPECT_EQ(stats_json(root_, home),
            R"({"l3_cache_info":{"cbm_mask":"fffff","min_cbm_bits":1,"num_closids":16},)"
            R"("l3_cache_schema_root":"L3:0=fffff;1=fffff","l3_cache_schema":"L3:0=000f0;1=fffff",)"
            R"("mem_bw_info":{"bandwidth_gran":10,"delay_linear":1,"min_bandwidth":10,"num_closids":8},)"
            R"("mem_bw_schema_root":"MB:0=100;1=100","mem_bw_schema":"MB:0= 20;1=100",)"
            R"("schemata":["MB:0= 20;1=100","    L3:0=000f0;1=fffff"],)"
            R"("mbm_stats":[{"mbm_total_bytes":9,"mbm_local_bytes":0},{"mbm_total_bytes":9,"mbm_local_bytes":0}],)"
            R"("cmt_stats":[{"llc_occupancy":100},{"llc_occupancy":101}]})");
}

TEST_F(IntelRdt, StatsOfWhatTheProcessorsDoNotHave) {
  (void)host::remove_tree(root_ + "/info");
  group("demo", "");
  EXPECT_EQ(stats_json(root_, locate(root_, plan({}, "demo"))), "{}");
}

TEST_F(IntelRdt, RootFromTheEnvironment) {
  ASSERT_EQ(::setenv("HUSK_RESCTRL", root_.c_str(), 1), 0);
  const auto found = root();
  ::unsetenv("HUSK_RESCTRL");
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(*found, root_);
}

}  // namespace
}  // namespace husk::intelrdt
