// Directories that look like cgroups: plain files, in a temporary directory that goes with the test.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "host/files.h"
#include "rooms/cgroup/locate.h"

namespace husk::cgroup {

class CgroupFiles : public testing::Test {
 protected:
  void SetUp() override {
    char name[] = "/tmp/husk-cgroup-XXXXXX";
    ASSERT_NE(::mkdtemp(name), nullptr);
    top_ = name;
  }
  void TearDown() override { (void)host::remove_tree(top_); }

  // A cgroup directory below the top; v1 has one for each list of controllers.
  std::string directory(const std::string& name) {
    EXPECT_TRUE(host::make_directories(cat(top_, '/', name), 0755).ok());
    return cat(top_, '/', name);
  }
  static void put(const std::string& path, const std::string& text) { std::ofstream(path) << text; }
  static std::string get(const std::string& path) {
    std::ostringstream out;
    out << std::ifstream(path).rdbuf();
    return out.str();
  }

  Located v1(const std::vector<std::string>& controllers) {
    Located out{Mode::v1, {}};
    for (const std::string& c : controllers) out.directories.push_back({c, top_, directory(c)});
    return out;
  }
  Located v2() { return {Mode::v2, {{"", top_, directory("leaf")}}}; }

  std::string top_;
};

}  // namespace husk::cgroup
