#include <gtest/gtest.h>

#include "spec/parse.h"
#include "spec/validate.h"

namespace husk::spec {
namespace {

std::string error_of(const char* json) {
  const auto r = parse_resources(json);
  if (!r.ok()) return r.error().text();
  const Status s = validate_resources(*r);
  return s.ok() ? "" : s.error().text();
}

TEST(SpecResources, NamesInAnyCase) {
  const auto r = parse_resources(R"({"CPU": {"Cpus": "1"}, "memory": {"LIMIT": 5, "checkbeforeupdate": true},
                                     "Unified": {"cpu.Max": "1"}})");
  ASSERT_TRUE(r.ok()) << r.error().text();
  EXPECT_EQ(r->cpu->cpus, "1");
  EXPECT_EQ(r->memory->limit, 5);
  EXPECT_EQ(r->memory->check_before_update, true);
  EXPECT_EQ(r->unified.at(0).first, "cpu.Max");
}

TEST(SpecResources, TheExactNameWins) {
  const auto r = parse_resources(R"({"PIDS": {"limit": 1}, "pids": {"limit": 2}, "Pids": {"limit": 3}})");
  ASSERT_TRUE(r.ok());
  EXPECT_EQ(r->pids_limit, 2);
}

TEST(SpecResources, NamesOfTwoCasesAddUp) {
  const auto r = parse_resources(R"({"cpu": {"quota": 5, "cpus": "0"}, "CPU": {"Cpus": "1", "Mems": "2"}})");
  ASSERT_TRUE(r.ok()) << r.error().text();
  EXPECT_EQ(r->cpu->quota, 5);
  EXPECT_EQ(r->cpu->cpus, "0");
  EXPECT_EQ(r->cpu->mems, "2");
}

TEST(SpecResources, InAConfigurationAsWell) {
  const auto s =
      parse(R"({"ociVersion": "1.3.0", "linux": {"resources": {"CPU": {"Cpus": "1"}}, "CgroupsPath": "/x"}})");
  ASSERT_TRUE(s.ok()) << s.error().text();
  ASSERT_TRUE(s->lx.resources && s->lx.resources->cpu);
  EXPECT_EQ(s->lx.resources->cpu->cpus, "1");
  EXPECT_EQ(s->lx.cgroups_path, "");
}

TEST(SpecResources, OtherwiseConfigurationsAreExact) {
  const auto s = parse(R"({"ociVersion": "1.3.0", "linux": {"Resources": {"pids": {"limit": 1}}}})");
  ASSERT_TRUE(s.ok()) << s.error().text();
  EXPECT_FALSE(s->lx.resources.has_value());
}

TEST(SpecResources, Rdma) {
  EXPECT_EQ(error_of(R"({"rdma": {"a": {"hcaHandles": 0}}})"), "");
  EXPECT_EQ(error_of(R"({"rdma": {"a/b": {}}})"), "/linux/resources/rdma/a~1b: must have hcaHandles or hcaObjects");
}

TEST(SpecResources, AccessOfDevices) {
  EXPECT_EQ(error_of(R"({"devices": [{"allow": false, "access": "rwa"}]})"), "");
  EXPECT_NE(error_of(R"({"devices": [{"allow": false, "access": "rwx"}]})"), "");
}

}  // namespace
}  // namespace husk::spec
