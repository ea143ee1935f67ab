#include <gtest/gtest.h>

#include <cerrno>

#include "start/obstacles.h"

namespace husk::starting {
namespace {

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}
bool lacks(const std::string& text, const std::string& part) {
  return !has(text, part);
}

class Obstacles : public testing::Test {
 protected:
  Obstacles() {
    c_.uid = c_.gid = 1000;
    c_.max_user_namespaces = 15000;
    c_.own_uids = c_.own_gids = {{0, 0xffffffff}};
    helper_.user = "alice";
    helper_.ranges = {{100000, 65536}};
    helper_.all = helper_.ranges;
  }
  [[nodiscard]] std::string making(int err) const { return no_user_namespace(err, c_).text(); }
  [[nodiscard]] std::string mapping(const std::string& map = "0 1000 1\n1 100000 65536\n") const {
    return no_map_by(helper_, map, c_).text();
  }
  Circumstances c_;
  Helper helper_;
};

TEST_F(Obstacles, TheErrnoAloneWhenNothingIsInTheWay) {
  EXPECT_EQ(making(EPERM),
            "cannot make a user namespace: operation not permitted (a security module of the host, or a chroot around "
            "husk, may forbid it)");
  EXPECT_EQ(making(ENOMEM), "cannot make a user namespace: cannot allocate memory");
}

TEST_F(Obstacles, TurnedOff) {
  c_.max_user_namespaces = 0;
  EXPECT_EQ(
      making(ENOSPC),
      "cannot make a user namespace: they are turned off here: user.max_user_namespaces is 0 (as root of the host: "
      "sysctl -w user.max_user_namespaces=15000)");
}

TEST_F(Obstacles, UsedUp) {
  EXPECT_PRED2(has, making(ENOSPC), "user.max_user_namespaces is 15000 here");
  EXPECT_PRED2(has, making(EUSERS), "32 within each other");
}

TEST_F(Obstacles, DebiansSwitch) {
  c_.unprivileged_clone = 0;
  EXPECT_PRED2(has, making(EPERM), "kernel.unprivileged_userns_clone is 0 (as root of the host: sysctl -w");
  c_.unprivileged_clone = 1;
  EXPECT_PRED2(lacks, making(EPERM), "unprivileged_userns_clone");
  c_.unprivileged_clone = 0;
  c_.privileged = true;
  EXPECT_PRED2(lacks, making(EPERM), "unprivileged_userns_clone");
}

TEST_F(Obstacles, UbuntusSwitch) {
  c_.apparmor_restriction = 1;
  EXPECT_PRED2(has, making(EACCES), "kernel.apparmor_restrict_unprivileged_userns is 1");
  EXPECT_PRED2(has, no_rights_in_it("child process: setgid in the user namespace", EPERM, c_).text(),
               "AppArmor takes the capabilities from user namespaces of ordinary users: "
               "kernel.apparmor_restrict_unprivileged_userns is 1 (as root of the host:");
  c_.apparmor_restriction = 0;
  EXPECT_EQ(no_rights_in_it("child process: setgid", EPERM, c_).text(),
            "child process: setgid: operation not permitted");
}

TEST_F(Obstacles, OldOrStrangeKernel) {
  c_.has_kind = false;
  EXPECT_PRED2(has, making(EINVAL), "CONFIG_USER_NS");
  EXPECT_PRED2(has, making(EPERM), "CONFIG_USER_NS");
}

TEST_F(Obstacles, AFilterAround) {
  c_.filtered = true;
  EXPECT_PRED2(has, making(EPERM), "seccomp filter around husk");
  EXPECT_PRED2(has, making(ENOSYS), "seccomp filter around husk");
}

TEST_F(Obstacles, AChroot) {
  c_.chrooted = true;
  EXPECT_PRED2(has, making(EPERM), "not for a process in a chroot");
}

TEST_F(Obstacles, TheCallerIsNotMapped) {
  c_.own_uids = {{0, 1}};
  EXPECT_PRED2(has, making(EPERM), "user 1000 and group 1000 are not both mapped");
}

TEST_F(Obstacles, OtherKinds) {
  c_.no_more_of = {"user.max_net_namespaces"};
  EXPECT_PRED2(has, no_namespaces("unshare", ENOSPC, c_).text(),
               "unshare: namespaces are turned off here: user.max_net_namespaces is 0");
  c_.no_more_of.clear();
  EXPECT_PRED2(has, no_namespaces("unshare", ENOSPC, c_).text(), "unshare: no space left on device (a limit in");
}

TEST_F(Obstacles, AMapOfIdsThatAreNotThere) {
  c_.own_gids = {{0, 1}, {100, 10}};
  const Error written = fail(EPERM, "write /proc/7/gid_map");
  EXPECT_EQ(
      no_map(written, true, "0 100 10\n", c_).text(),
      "write /proc/7/gid_map: operation not permitted (a security module of the host, or a chroot around husk, may "
      "forbid it)");
  EXPECT_EQ(no_map(written, true, "0 100 10\n10 105 6\n", c_).text(),
            "/linux/gidMappings: ids 105 to 110 are not all mapped in the user namespace that husk runs in (it has "
            "(first:count) 0:1, 100:10: hostID is a number of these)");
  EXPECT_PRED2(lacks, no_map(written, false, "0 5 10\n", c_).text(), "not all mapped");
  EXPECT_EQ(no_map(fail(EINVAL, "write"), true, "0 5 1\n", c_).text(), "write: invalid argument");
}

TEST_F(Obstacles, HelperIsMissing) {
  helper_.spawn_error = ENOENT;
  EXPECT_PRED2(has, mapping(), "/usr/bin/newuidmap is not there");
  helper_.for_groups = true;
  EXPECT_PRED2(has, mapping(), "the map of groups: /usr/bin/newgidmap is not there");
}

TEST_F(Obstacles, HelperWithoutPrivilege) {
  c_.no_new_privileges = true;
  EXPECT_PRED2(has, mapping(), "as no_new_privs is set for husk");
  c_.no_new_privileges = false;
  helper_.nosuid = true;
  EXPECT_PRED2(has, mapping(), "mounted nosuid");
  helper_.nosuid = false;
  helper_.privileged_file = false;
  EXPECT_PRED2(has, mapping(), "chmod u+s /usr/bin/newuidmap");
}

TEST_F(Obstacles, Ranges) {
  helper_.ranges.clear();
  helper_.all->clear();
  EXPECT_PRED2(has, mapping(),
               "/etc/subuid has no range for user alice (as root: usermod --add-subuids 100000-165535 alice)");
  helper_.ranges = {{100000, 10}, {200000, 5}};
  EXPECT_PRED2(has, mapping(),
               "ids 100000 to 165535 are not in one range of user alice in /etc/subuid (there are "
               "(first:count) 100000:10, 200000:5)");
  EXPECT_PRED2(has, mapping("0 1000 1\n1 100000 10\n"), "newuidmap refused \"0 1000 1\n1 100000 10\"");
  helper_.for_groups = true;
  EXPECT_PRED2(has, mapping("0 1001 1\n"), "ids 1001 to 1001 are not in one range of user alice in /etc/subgid");
  helper_.user.clear();
  EXPECT_PRED2(has, mapping(), "user 1000 has no name in /etc/passwd");
}

TEST_F(Obstacles, IdsOfSomebodyElse) {
  helper_.ranges.clear();
  EXPECT_PRED2(has, mapping(),
               "/etc/subuid has no range for user alice, and ids 100000 to 165535 are somebody else's there (as root: "
               "usermod --add-subuids 165536-231071 alice; and map these)");
  EXPECT_PRED2(has, mapping("0 1000 1\n1 100000 1\n"), "and id 100000 is somebody else's there");
  EXPECT_PRED2(has, mapping("0 165536 10\n"),
               "/etc/subuid has no range for user alice (as root: usermod --add-subuids 165536-231071 alice)");
  helper_.for_groups = true;
  EXPECT_PRED2(
      has, mapping("0 0 1\n"),
      "/etc/subgid has no range for user alice, and id 0 is not his own (map his own gid, 1000, in its place)");
  helper_.all = {{500, 10}};
  EXPECT_PRED2(has, mapping("0 505 1\n"), "id 505 is somebody else's there");
}

TEST_F(Obstacles, NewIdsAreBehindAllThatAreGiven) {
  helper_.all = {{300000, 10}, {100000, 65536}, {1, 1}};
  EXPECT_EQ(how_to_get_ids(helper_), "usermod --add-subuids 300010-365545 alice");
  helper_.all = {{1, 10}};
  helper_.for_groups = true;
  helper_.user.clear();
  EXPECT_EQ(how_to_get_ids(helper_), "usermod --add-subgids 100000-165535 USER");
  helper_.all = {{0xffff0000, 10}};
  EXPECT_EQ(how_to_get_ids(helper_), "usermod --add-subgids FIRST-LAST USER");
}

TEST(MapLines, AreNumbersByThrees) {
  EXPECT_EQ(map_lines("").size(), 0U);
  const std::vector<MapLine> lines = map_lines("         0       1000          1\n1 100000 65536\n");
  ASSERT_EQ(lines.size(), 2U);
  EXPECT_EQ(lines[0].outside, 1000U);
  EXPECT_EQ(lines[1].count, 65536U);
  EXPECT_EQ(map_lines("0 1").size(), 0U);
}

}  // namespace
}  // namespace husk::starting
