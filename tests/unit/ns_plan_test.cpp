// Plans of programs in namespaces, without a container around them.
#include <gtest/gtest.h>
#include <linux/sched.h>
#include <sys/mount.h>

#include "plan/ns.h"

namespace husk {
namespace {

class NsPlan : public testing::Test {
 protected:
  plan::Plan make(const std::vector<spec::Namespace>& namespaces) {
    facts_.capabilities = ~uint64_t{0};
    facts_.mount_api = true;
    lx_.namespaces = namespaces;
    plan::NsInput in{lx_, facts_, args_, env_};
    in.propagation = MS_PRIVATE | MS_REC;
    in.cwd = "/work";
    in.show = show_;
    in.unmapped = unmapped_;
    in.by_pidfd = by_pidfd_;
    Result<plan::Plan> p = plan::build_ns(in);
    EXPECT_TRUE(p.ok());
    return *std::move(p);
  }
  static std::string words_of(const plan::Plan& plan) {
    std::string out;
    for (const plan::Step& step : plan.steps) out += cat(out.empty() ? "" : ", ", plan::words(step));
    return out;
  }

  spec::Linux lx_;
  host::Facts facts_;
  std::vector<std::string> args_ = {"true"};
  std::vector<std::string> env_;
  bool show_ = false, unmapped_ = false, by_pidfd_ = false;
};

TEST_F(NsPlan, proc_is_mounted_only_where_pid_and_mount_namespaces_are_new) {
  EXPECT_EQ(words_of(make({{spec::NsType::pid, {}}, {spec::NsType::mount, {}}})),
            "set mount propagation, open root file system \"/\", mount proc on /proc, tell the parent: ready, "
            "find program \"true\", start the program");
  EXPECT_EQ(words_of(make({{spec::NsType::mount, {}}})),
            "set mount propagation, tell the parent: ready, find program \"true\", start the program");
  EXPECT_EQ(words_of(make({{spec::NsType::pid, {}}})),
            "tell the parent: ready, find program \"true\", start the program");
}

TEST_F(NsPlan, without_the_mount_calls_it_goes_back_to_the_working_directory) {
  facts_.mount_api = false;
  lx_.namespaces = {{spec::NsType::pid, {}}, {spec::NsType::mount, {}}};
  plan::NsInput in{lx_, facts_, args_, env_};
  in.cwd = "/work";
  const Result<plan::Plan> p = plan::build_ns(in);
  ASSERT_TRUE(p.ok());
  EXPECT_NE(words_of(*p).find("mount proc on /proc, change to cwd \"/work\""), std::string::npos);
}

TEST_F(NsPlan, the_caller_is_kept_and_shown_is_the_long_way) {
  plan::Plan p = make({{spec::NsType::uts, {}}});
  EXPECT_TRUE(p.header.inherit);
  EXPECT_FALSE(p.header.bootstrap.long_way);
  show_ = true;
  p = make({{spec::NsType::uts, {}}});
  EXPECT_TRUE(p.header.show);
  EXPECT_TRUE(p.header.bootstrap.long_way);
}

TEST_F(NsPlan, a_user_namespace_without_maps_has_nobody_to_become) {
  unmapped_ = true;
  const plan::Plan p = make({{spec::NsType::user, {}}});
  EXPECT_TRUE(p.header.bootstrap.new_user);
  EXPECT_FALSE(p.header.bootstrap.become);
  EXPECT_FALSE(p.namespaces.by_helper);
  EXPECT_EQ(p.namespaces.uid_map, "");
}

TEST_F(NsPlan, what_is_joined_is_joined_by_one_call_and_the_mount_namespace_is_last) {
  by_pidfd_ = true;
  const plan::Plan p = make({{spec::NsType::mount, "/proc/7/ns/mnt"}, {spec::NsType::network, "/proc/7/ns/net"}});
  EXPECT_EQ(p.header.bootstrap.join_flags, static_cast<uint64_t>(CLONE_NEWNS | CLONE_NEWNET));
  ASSERT_EQ(p.header.bootstrap.joins.size(), 2U);
  EXPECT_EQ(p.header.bootstrap.joins[1].path.view(), "/proc/7/ns/mnt");
  EXPECT_EQ(words_of(p), "tell the parent: ready, find program \"true\", start the program");
}

}  // namespace
}  // namespace husk
