// What `husk doctor` makes of what it has seen, for hosts that are none of ours.
#include <gtest/gtest.h>

#include <algorithm>

#include "life/doctor.h"

namespace husk::life {
namespace {

using State = HostFinding::State;

Seen good() {
  Seen seen;
  seen.facts.clone3 = seen.facts.openat2 = seen.facts.mount_api = seen.facts.pidfd = true;
  seen.facts.capabilities = ~0ULL;
  seen.circumstances.max_user_namespaces = 15000;
  seen.release = "6.1.0";
  seen.namespaces = {"mnt", "pid", "net", "ipc", "uts", "user", "cgroup", "time"};
  seen.seccomp_actions = "kill_process kill_thread trap errno user_notif trace log allow\n";
  seen.filesystems = "nodev\tproc\nnodev\toverlay\n";
  seen.cgroups.mode = cgroup::Mode::v2;
  seen.controllers = "cpu memory pids\n";
  seen.cgroup_writable = seen.systemd = seen.libsystemd = seen.apparmor = true;
  seen.runtime_dir = "/run/user/1000";
  seen.runtime_dir_usable = true;
  seen.users.user = seen.groups.user = "alice";
  seen.users.ranges = seen.groups.ranges = {{100000, 65536}};
  seen.groups.for_groups = true;
  seen.max_files = 1024;
  seen.max_processes = UINT64_MAX;
  return seen;
}

Seen ordinary() {
  Seen seen = good();
  seen.facts.euid = seen.circumstances.uid = 1000;
  seen.facts.capabilities = 0;
  return seen;
}

HostFinding find(const Seen& seen, const std::string& name) {
  for (HostFinding& f : diagnose(seen))
    if (f.name == name) return f;
  ADD_FAILURE() << "nothing is said of " << name;
  return {};
}

bool fatal(const Seen& seen) {
  const std::vector<HostFinding> all = diagnose(seen);
  return std::any_of(all.begin(), all.end(), [](const HostFinding& f) { return f.fatal; });
}

TEST(Doctor, NothingIsWrong) {
  for (const Seen& seen : {good(), ordinary()})
    for (const HostFinding& f : diagnose(seen)) {
      EXPECT_EQ(f.state, State::ok) << f.name << ": " << f.value;
      EXPECT_EQ(f.hint, "");
    }
}

TEST(Doctor, WhatIsNotOkHasAHint) {
  Seen nothing;
  nothing.facts.euid = 1000;
  nothing.circumstances.max_user_namespaces = 0;
  nothing.circumstances.unprivileged_clone = 0;
  nothing.circumstances.apparmor_restriction = 1;
  nothing.circumstances.no_more_of = {"user.max_net_namespaces"};
  nothing.users.spawn_error = nothing.groups.spawn_error = 2;
  size_t bad = 0;
  for (const HostFinding& f : diagnose(nothing)) {
    if (f.state == State::ok) continue;
    ++bad;
    EXPECT_NE(f.hint, "") << f.name;
    EXPECT_NE(f.value, "") << f.name;
  }
  EXPECT_GT(bad, 20U);
  EXPECT_TRUE(fatal(nothing));
}

TEST(Doctor, SwitchesOfUserNamespacesAreFatalForOrdinaryUsersAlone) {
  const auto with = [](Seen seen, int which) {
    if (which == 0) seen.circumstances.max_user_namespaces = 0;
    if (which == 1) seen.circumstances.unprivileged_clone = 0;
    if (which == 2) seen.circumstances.apparmor_restriction = 1;
    return seen;
  };
  for (int which = 0; which < 3; ++which) {
    EXPECT_TRUE(fatal(with(ordinary(), which))) << which;
    EXPECT_FALSE(fatal(with(good(), which))) << which;
  }
}

TEST(Doctor, NamespacesOfEveryContainerAreFatal) {
  Seen seen = good();
  seen.namespaces = {"mnt", "net", "ipc", "uts", "user", "cgroup"};
  EXPECT_TRUE(find(seen, "namespaces: pid").fatal);
  EXPECT_EQ(find(seen, "namespaces: pid").state, State::missing);
  EXPECT_FALSE(find(seen, "namespaces: time").fatal);
}

TEST(Doctor, Helpers) {
  Seen seen = ordinary();
  seen.users.nosuid = true;
  EXPECT_EQ(find(seen, "newuidmap").value, "on a nosuid mount");
  seen.groups.privileged_file = false;
  EXPECT_EQ(find(seen, "newgidmap").value, "not set-user-id");
  seen.groups.ranges.clear();
  EXPECT_EQ(find(seen, "/etc/subgid").hint, "usermod --add-subgids 100000-165535 alice");
  EXPECT_EQ(find(seen, "/etc/subuid").value, "100000:65536");
}

TEST(Doctor, AWordIsAWholeWord) {
  Seen seen = good();
  seen.filesystems = "nodev\toverlayfs\n";
  EXPECT_EQ(find(seen, "overlay").state, State::limited);
  seen.seccomp_actions = "errnoish user_notif";
  EXPECT_EQ(find(seen, "seccomp").state, State::limited);
}

TEST(Doctor, JsonHasAllMembers) {
  const std::string text = host_json(diagnose(good()));
  for (const char* member : {"\"area\"", "\"name\"", "\"state\"", "\"value\"", "\"hint\"", "\"fatal\""})
    EXPECT_NE(text.find(member), std::string::npos) << member;
}

}  // namespace
}  // namespace husk::life
