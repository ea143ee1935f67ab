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
  seen.procfs = seen.sysfs = true;
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
  seen.users.all = seen.groups.all = std::vector<host::IdRange>();
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

HostFinding find(const Seen& seen, const std::string& id) {
  for (HostFinding& f : diagnose(seen))
    if (f.id == id) return f;
  ADD_FAILURE() << "nothing is said of " << id;
  return {};
}

bool fatal(const Seen& seen) {
  const std::vector<HostFinding> all = diagnose(seen);
  return std::any_of(all.begin(), all.end(), [](const HostFinding& f) { return f.fatal; });
}

TEST(Doctor, NothingIsWrong) {
  for (const Seen& seen : {good(), ordinary()})
    for (const HostFinding& f : diagnose(seen)) {
      EXPECT_EQ(f.state, State::ok) << f.id << ": " << f.found;
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
    EXPECT_NE(f.found, "") << f.name;
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
  EXPECT_TRUE(find(seen, "namespace_pid").fatal);
  EXPECT_EQ(find(seen, "namespace_pid").state, State::missing);
  EXPECT_FALSE(find(seen, "namespace_time").fatal);
}

TEST(Doctor, Helpers) {
  Seen seen = ordinary();
  seen.users.nosuid = true;
  EXPECT_EQ(find(seen, "newuidmap").found, "on a nosuid mount");
  seen.groups.privileged_file = false;
  EXPECT_EQ(find(seen, "newgidmap").found, "not set-user-id");
  seen.groups.ranges.clear();
  EXPECT_EQ(find(seen, "subgid").hint, "usermod --add-subgids 100000-165535 alice");
  seen.groups.all = {{100000, 65536}};  // somebody else's
  EXPECT_EQ(find(seen, "subgid").hint, "usermod --add-subgids 165536-231071 alice");
  EXPECT_EQ(find(seen, "subuid").found, "100000:65536");
}

TEST(Doctor, AWordIsAWholeWord) {
  Seen seen = good();
  seen.filesystems = "nodev\toverlayfs\n";
  EXPECT_EQ(find(seen, "overlayfs").state, State::missing);
  seen.seccomp_actions = "errnoish user_notif";
  EXPECT_EQ(find(seen, "seccomp_filter").state, State::missing);
}

TEST(Doctor, WithoutProcfsItIsProcfsThatIsMissing) {
  Seen seen = good();
  seen.procfs = false;
  seen.namespaces.clear();
  seen.seccomp_actions.reset();
  seen.filesystems.reset();
  seen.circumstances.max_user_namespaces.reset();
  seen.cgroups.mode = cgroup::Mode::none;
  seen.controllers.clear();
  for (const char* id : {"namespace_pid", "seccomp_filter", "overlayfs", "max_user_namespaces", "cgroup_mode"}) {
    EXPECT_EQ(find(seen, id).state, State::unknown) << id;
    EXPECT_FALSE(find(seen, id).fatal) << id;
  }
  EXPECT_EQ(find(seen, "procfs").state, State::missing);
  EXPECT_TRUE(find(seen, "procfs").fatal);
}

TEST(Doctor, NoNewPrivilegesTakeTheHelpersAway) {
  Seen seen = ordinary();
  seen.circumstances.no_new_privileges = true;
  EXPECT_EQ(find(seen, "no_new_privs").state, State::missing);
  EXPECT_EQ(find(seen, "newuidmap").found, "without effect under no_new_privs");
  EXPECT_EQ(find(seen, "newuidmap").value, HostFinding::Value(false));
  seen.facts.euid = 0;  // root writes the maps itself
  EXPECT_EQ(find(seen, "no_new_privs").state, State::ok);
  EXPECT_EQ(find(seen, "newuidmap").state, State::ok);
}

TEST(Doctor, RootWithoutPrivilegeNeedsUserNamespaces) {
  Seen seen = good();
  seen.facts.capabilities = 0;
  EXPECT_EQ(find(seen, "cap_sys_admin").state, State::missing);
  EXPECT_FALSE(fatal(seen));
  seen.circumstances.max_user_namespaces = 0;
  EXPECT_TRUE(find(seen, "cap_sys_admin").fatal);
}

TEST(Doctor, IdsAreSnakeCaseAndUnique) {
  std::vector<std::string> ids;
  for (const HostFinding& f : diagnose(ordinary())) {
    EXPECT_EQ(f.id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_"), std::string::npos) << f.id;
    ids.push_back(f.id);
  }
  std::sort(ids.begin(), ids.end());
  EXPECT_EQ(std::adjacent_find(ids.begin(), ids.end()), ids.end());
}

TEST(Doctor, JsonHasValuesOfTheirOwnTypes) {
  Seen seen = ordinary();
  seen.max_files = 1024;
  const std::string text = host_json(diagnose(seen));
  for (const char* part : {"\"value\": true", "\"value\": 1024", "\"value\": \"unlimited\"", "\"value\": \"6.1.0\"",
                           "\"unit\": \"descriptors\"", "\"id\": \"cgroup_controllers\"", "\"fatal\": false"})
    EXPECT_NE(text.find(part), std::string::npos) << part;
}

}  // namespace
}  // namespace husk::life
