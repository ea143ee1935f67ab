#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <vector>

#include "cli/command.h"

namespace husk::cli {
namespace {

// The global options of a command line, and where the command begins.
struct Read {
  Globals globals;
  std::string error;
  std::vector<std::string> rest;
};

Read read(std::vector<std::string> words) {
  words.insert(words.begin(), "husk");
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);
  Read out;
  auto parsed = parse_options({argv.data(), argv.size() - 1}, global_options(), Order::args_first, &out.globals);
  if (!parsed.ok()) {
    out.error = parsed.error().text();
    return out;
  }
  for (const char* word : parsed->rest) out.rest.emplace_back(word);
  return out;
}

TEST(CliEnvironment, GlobalOptionsInEverySpelling) {
  for (const std::string name : {"root", "log", "log-format", "log-level", "cgroup-manager", "rootless"})
    for (const std::string dashes : {"-", "--"}) {
      EXPECT_EQ(read({dashes + name, "x", "list"}).rest, std::vector<std::string>{"list"}) << name;
      const Read got = read({dashes + name + "=x", "list", "--root", "y"});
      EXPECT_EQ(got.error, "");
      EXPECT_EQ(got.rest, (std::vector<std::string>{"list", "--root", "y"})) << name;
      const Globals& g = got.globals;
      const std::string all = g.root + g.log + g.log_level + g.cgroup_manager;
      EXPECT_TRUE(all == "x" || g.log_format == "x" || g.rootless == "x") << name;
    }
  for (const char* word : {"--debug", "-debug", "--debug=true"}) EXPECT_TRUE(read({word, "list"}).globals.debug);
  for (const char* word : {"--systemd-cgroup", "-systemd-cgroup"})
    EXPECT_TRUE(read({word, "list"}).globals.systemd_cgroup);
  for (const char* word : {"--version", "-version", "-v", "--v"}) EXPECT_TRUE(read({word}).globals.version) << word;
}

Result<Environment> environment(const Globals& globals) {
  static const Log log;
  return make_environment(globals, log);
}

TEST(CliEnvironment, CgroupManager) {
  Globals globals;
  globals.root = "/x";
  auto got = environment(globals);
  ASSERT_TRUE(got.ok());
  EXPECT_EQ(got->cgroup_manager, CgroupManager::cgroupfs);
  globals.cgroup_manager = "disabled";
  got = environment(globals);
  ASSERT_TRUE(got.ok());
  EXPECT_EQ(got->cgroup_manager, CgroupManager::disabled);
  globals.systemd_cgroup = true;
  EXPECT_EQ(environment(globals).error().text(), "--systemd-cgroup contradicts --cgroup-manager=disabled");
  globals.cgroup_manager = "";
  EXPECT_EQ(environment(globals)->cgroup_manager, CgroupManager::systemd);
  globals.systemd_cgroup = false;
  globals.cgroup_manager = "systemd";
  EXPECT_EQ(environment(globals)->cgroup_manager, CgroupManager::systemd);
  globals.cgroup_manager = "nonsense";
  EXPECT_EQ(environment(globals).error().text(), "unknown cgroup manager: nonsense (cgroupfs, systemd or disabled)");
}

TEST(CliEnvironment, SeccompCache) {
  const auto cache = [](const char* asked, const char* runtime_dir) {
    (asked != nullptr) ? setenv("HUSK_SECCOMP_CACHE", asked, 1) : unsetenv("HUSK_SECCOMP_CACHE");
    (runtime_dir != nullptr) ? setenv("XDG_RUNTIME_DIR", runtime_dir, 1) : unsetenv("XDG_RUNTIME_DIR");
    Globals globals;
    globals.root = "/x";
    return environment(globals)->seccomp_cache;
  };
  EXPECT_EQ(cache("/some/where", "/run/user/5"), "/some/where");
  for (const char* none : {"", "off", "relative/path"}) EXPECT_EQ(cache(none, "/run/user/5"), "") << none;
  const bool root = geteuid() == 0;
  EXPECT_EQ(cache(nullptr, "/run/user/5"), root ? "/run/husk-cache/seccomp" : "/run/user/5/husk-cache/seccomp");
  EXPECT_EQ(cache(nullptr, nullptr), root ? "/run/husk-cache/seccomp" : "");
}

}  // namespace
}  // namespace husk::cli
