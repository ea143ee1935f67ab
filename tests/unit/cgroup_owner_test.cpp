#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include "rooms/cgroup/cgroup.h"
#include "rooms/cgroup/dying.h"
#include "rooms/cgroup/owner.h"
#include "spec/parse.h"

namespace husk::cgroup {
namespace {

spec::Spec config(const char* mount_options, const char* namespaces, uint32_t uid = 0) {
  const std::string text = cat(
      R"({"ociVersion": "1.2.0", "root": {"path": "r"}, "process": {"cwd": "/", "args": ["x"], "user": {"uid": )", uid,
      R"(, "gid": 0}}, "mounts": [{"destination": "/sys/fs/cgroup/", "type": "cgroup", "source": "cgroup", "options": [)",
      mount_options, R"(]}], "linux": {"namespaces": [{"type": "mount"})", namespaces,
      R"(], "uidMappings": [{"containerID": 0, "hostID": 1000, "size": 1}, {"containerID": 1, "hostID": 100000, "size": 9}],
            "gidMappings": [{"containerID": 0, "hostID": 1000, "size": 1}]}})");
  auto out = spec::parse(text);
  EXPECT_TRUE(out.ok()) << out.error().text();
  return out.ok() ? *std::move(out) : spec::Spec();
}

constexpr const char* kBoth = R"(, {"type": "user"}, {"type": "cgroup"})";

TEST(CgroupOwner, OfTheMappedUser) {
  EXPECT_EQ(owner_of(config("", kBoth)), 1000U);
  EXPECT_EQ(owner_of(config("", kBoth, 1)), 100000U);
  EXPECT_EQ(owner_of(config("", kBoth, 9)), 100008U);
  EXPECT_EQ(owner_of(config("", kBoth, 10)), std::nullopt);  // nobody on the host
  EXPECT_EQ(owner_of(config("", R"(, {"type": "cgroup"})", 10)), 10U);
}

TEST(CgroupOwner, OnlyWhereTheTreeIsItsOwn) {
  EXPECT_EQ(owner_of(config("", R"(, {"type": "user"})")), std::nullopt);
  EXPECT_EQ(owner_of(config("", R"(, {"type": "user"}, {"type": "cgroup", "path": "/x"})")), std::nullopt);
  EXPECT_EQ(owner_of(config(R"("ro")", kBoth)), std::nullopt);
  EXPECT_EQ(owner_of(config(R"("ro", "rw")", kBoth)), 1000U);
  EXPECT_EQ(owner_of(config(R"("bind")", kBoth)), std::nullopt);
}

TEST(CgroupOwner, ListOfTheKernel) {
  EXPECT_EQ(delegated_files("cgroup.procs\nmemory.reclaim\n"),
            (std::vector<std::string>{"cgroup.procs", "memory.reclaim"}));
  EXPECT_EQ(delegated_files("../x\ncgroup.procs"), (std::vector<std::string>{"cgroup.procs"}));
  EXPECT_EQ(delegated_files("").size(), 3U);
}

Host user_host(bool writable, bool below_own) {
  Host host{Mode::v2, {{"", "/sys/fs/cgroup", "/user.slice/shell.scope"}}};
  host.hierarchies[0].writable = writable;
  host.hierarchies[0].below_own = below_own;
  return host;
}

TEST(CgroupRights, WhereNoneMayBeMade) {
  auto p = plan(user_host(false, false), "", "box");
  ASSERT_TRUE(p.ok());
  EXPECT_TRUE(p->directories.empty());
  EXPECT_FALSE(p->resources.devices);
  // One that was named is tried, and the kernel says no.
  p = plan(user_host(false, false), "/x", "box");
  ASSERT_TRUE(p.ok());
  EXPECT_EQ(p->directories.size(), 1U);
}

TEST(CgroupRights, LimitsNeedOne) {
  spec::Resources limits;
  limits.pids_limit = 5;
  auto p = plan(user_host(false, false), "", "box", &limits);
  ASSERT_FALSE(p.ok());
  EXPECT_NE(p.error().text().find("rootless needs no limits + no cgrouppath"), std::string::npos);
  p = plan(user_host(true, true), "", "box", &limits);
  ASSERT_FALSE(p.ok());
  EXPECT_NE(p.error().text().find("no pids controller for a cgroup below /user.slice/shell.scope"), std::string::npos);
  EXPECT_TRUE(plan(user_host(true, false), "", "box", &limits).ok());
}

TEST(CgroupRights, BelowTheOwn) {
  const auto p = plan(user_host(true, true), "", "box");
  ASSERT_TRUE(p.ok());
  EXPECT_EQ(p->directories.at(0).path, "/sys/fs/cgroup/user.slice/shell.scope/box");
}

TEST(CgroupRights, SomeHierarchies) {
  Host host{Mode::v1, {{"memory", "/cg/memory", "/"}, {"pids", "/cg/pids", "/u"}}};
  host.hierarchies[0].writable = false;
  spec::Resources limits;
  limits.pids_limit = 5;
  const auto p = plan(host, "", "box", &limits);
  ASSERT_TRUE(p.ok()) << p.error().text();
  ASSERT_EQ(p->directories.size(), 1U);
  EXPECT_EQ(p->directories[0].path, "/cg/pids/u/box");
}

std::string stat_line(const char* state, const char* flags, const char* pending) {
  return cat("7 (a) b) ", state, " 1 2 3 4 5 ", flags,
             " 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 ", pending, " 32 33\n");
}

TEST(CgroupDying, ByTheThreadsState) {
  EXPECT_FALSE(is_dying_thread(stat_line("S", "4194560", "0")));
  EXPECT_TRUE(is_dying_thread(stat_line("Z", "0", "0")));
  EXPECT_TRUE(is_dying_thread(stat_line("X", "0", "0")));
  EXPECT_TRUE(is_dying_thread(stat_line("D", "4", "0")));       // exiting
  EXPECT_TRUE(is_dying_thread(stat_line("D", "1024", "0")));    // killed by a signal
  EXPECT_TRUE(is_dying_thread(stat_line("D", "0", "256")));     // SIGKILL waits for it
  EXPECT_FALSE(is_dying_thread(stat_line("D", "0", "16384")));  // SIGTERM does
  EXPECT_FALSE(is_dying_thread(""));
  EXPECT_FALSE(is_dying_thread("7 (x)"));
}

TEST(CgroupDying, Ourselves) {
  EXPECT_FALSE(is_dying(::getpid()));
  const pid_t child = ::fork();
  if (child == 0) ::_exit(0);
  siginfo_t info = {};
  ASSERT_EQ(::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOWAIT), 0);
  EXPECT_TRUE(is_dying(child));  // a zombie
  ASSERT_EQ(::waitpid(child, nullptr, 0), child);
  EXPECT_TRUE(is_dying(child));  // gone
}

}  // namespace
}  // namespace husk::cgroup
