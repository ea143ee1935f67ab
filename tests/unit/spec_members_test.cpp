#include <dirent.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "spec/members.h"
#include "spec_test_files.h"

namespace husk::spec {
namespace {

using Lines = std::vector<std::string>;

Lines lines(const std::vector<Problem>& problems) {
  Lines out;
  for (const Problem& p : problems) out.push_back(p.hint.empty() ? p.pointer : p.pointer + ": " + p.hint);
  return out;
}

Lines of_config(const std::string& text) {
  const auto doc = json::Document::parse(text);
  return doc.ok() ? lines(unknown_members(doc->root())) : Lines{"no JSON"};
}

Lines of_process(const std::string& text) {
  const auto doc = json::Document::parse(text);
  return doc.ok() ? lines(unknown_members_of_process(doc->root())) : Lines{"no JSON"};
}

TEST(SpecMembers, WhatWasMeantIsTheNearestMemberOfTheSameObject) {
  EXPECT_EQ(of_config(R"({"proces": {"x": 1}})"), (Lines{R"(/proces: did you mean "process"?)"}));
  EXPECT_EQ(of_config(R"({"process": {"argz": [], "Cwd": "/"}})"),
            (Lines{R"(/process/argz: did you mean "args"?)", R"(/process/Cwd: did you mean "cwd"?)"}));
  EXPECT_EQ(of_config(R"({"linux": {"cgroupPath": "a"}})"),
            (Lines{R"(/linux/cgroupPath: did you mean "cgroupsPath"?)"}));
  EXPECT_EQ(of_config(R"({"process": {"user": {"ids": 1}}})"), (Lines{R"(/process/user/ids: did you mean "uid"?)"}));
  EXPECT_EQ(of_process(R"({"argz": [], "user": {"uuid": 1}})"),
            (Lines{R"(/argz: did you mean "args"?)", R"(/user/uuid: did you mean "uid"?)"}));
}

TEST(SpecMembers, WhatIsNearToNoneIsUnknownAll) {
  EXPECT_EQ(of_config(R"({"x/y": 1, "linux": {"somethingElse": {}}})"), (Lines{"/x~1y", "/linux/somethingElse"}));
  EXPECT_EQ(of_config(R"({"linux": {"seccomp": {"syscalls": [{}, {"nothing": 1}]}}})"),
            (Lines{"/linux/seccomp/syscalls/1/nothing"}));
  const std::string longest(5000, 'a');
  EXPECT_EQ(of_config("{\"" + longest + "\": 1}"), (Lines{"/" + longest}));
}

TEST(SpecMembers, FreeNamesAndOtherPlatforms) {
  EXPECT_EQ(of_config(R"({"annotations": {"a": "b"}, "windows": {"a": 1}, "solaris": {}, "zos": {"b": {}}, "vm": {},
    "freebsd": {"c": 1}, "process": {"commandLine": "a", "user": {"username": "b"}},
    "linux": {"sysctl": {"a": "b"}, "netDevices": {"eth0": {"name": "a"}}, "intelRdt": {"enableCMT": true},
      "resources": {"unified": {"a": "b"}, "rdma": {"mlx": {"hcaHandles": 1}}}}})"),
            Lines{});
  EXPECT_EQ(of_config(R"({"linux": {"netDevices": {"eth0": {"nam": "a"}}, "resources": {"rdma": {"a": {"b": 1}}}}})"),
            (Lines{R"(/linux/netDevices/eth0/nam: did you mean "name"?)", "/linux/resources/rdma/a/b"}));
}

TEST(SpecMembers, LimitsHaveNamesInAnyCase) {
  EXPECT_EQ(of_config(R"({"linux": {"resources": {"Memory": {"LIMIT": 1, "limitt": 2}, "blockio": {}}}})"),
            (Lines{R"(/linux/resources/Memory/limitt: did you mean "limit"?)"}));
}

TEST(SpecMembers, WhatIsOfAnotherKindIsNotLookedInto) {
  EXPECT_EQ(of_config(R"({"process": 5, "mounts": [1, [{"a": 1}], {"a": 1}], "linux": {"netDevices": [3]}})"),
            (Lines{"/mounts/2/a"}));
  EXPECT_EQ(of_config("5"), Lines{});
}

TEST(SpecMembers, NoneInGoodConfigurations) {
  const std::string folder = HUSK_TEST_DATA "/spec/good/";
  size_t count = 0;
  DIR* directory = opendir(folder.c_str());
  ASSERT_NE(directory, nullptr);
  while (const dirent* entry = readdir(directory)) {
    const std::string name = entry->d_name;
    if (!name.ends_with(".json")) continue;
    ++count;
    const Lines expected = name == "full.json" ? Lines{"/linux/future", "/x-unknown"} : Lines{};
    EXPECT_EQ(of_config(test::read_file(folder + name)), expected) << name;
  }
  closedir(directory);
  EXPECT_GT(count, 0u);
}

// Every name that a reader asks for is known here: the two cannot part.
TEST(SpecMembers, WhatIsReadIsKnown) {
  const std::string source = HUSK_TEST_DATA "/../../src/spec/";
  const std::string table = test::read_file(source + "members.cpp");
  size_t count = 0;
  for (const char* file : {"parse.cpp", "parse_process.cpp", "parse_linux.cpp", "parse_resources.cpp"}) {
    const std::string text = test::read_file(source + file);
    for (const std::string ask : {"get(\"", "need(\"", "at(\""})
      for (size_t at = text.find(ask); at != std::string::npos; at = text.find(ask, at + 1)) {
        const size_t begin = at + ask.size();
        const std::string name = text.substr(begin, text.find('"', begin) - begin);
        bool found = name == "monotonic" || name == "boottime";  // another clock is an error, and no unknown member
        for (const char before : {'"', ' '})
          for (const char after : {'"', ' '}) found |= table.find(before + name + after) != std::string::npos;
        EXPECT_TRUE(found) << file << " reads " << name;
        ++count;
      }
  }
  EXPECT_GT(count, 100u);
}

}  // namespace
}  // namespace husk::spec
