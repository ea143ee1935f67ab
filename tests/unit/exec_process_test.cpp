// The process that exec adds: the container's own with changes, or one of the caller's making.
#include <gtest/gtest.h>

#include "life/process_options.h"
#include "plan_build_kit.h"

namespace husk {
namespace {

class ExecProcess : public testing::Test {
 protected:
  ExecProcess() {
    options_.args = {"/bin/true"};
    p().terminal = true;
    p().user = {1, 2, 077, {3}};
    p().apparmor_profile = "own";
    p().oom_score_adj = 5;
    p().rlimits = {{"RLIMIT_NOFILE", 7, 10, 20}};
    p().env = {"A=1"};
  }
  spec::Process& p() { return *spec_.process; }
  void put() {
    const Status s = life::put_process(options_, spec_);
    ASSERT_TRUE(s.ok()) << s.error().text();
  }
  std::string refused() {
    const Status s = life::put_process(options_, spec_);
    return s.ok() ? "" : s.error().text();
  }

  ExecOptions options_;
  spec::Spec spec_ = test::default_spec();
};

TEST_F(ExecProcess, IsTheContainersWithoutItsTerminal) {
  put();
  EXPECT_EQ(p().args, std::vector<std::string>{"/bin/true"});
  EXPECT_FALSE(p().terminal);
  EXPECT_EQ(p().user.uid, 1U);
  EXPECT_EQ(p().apparmor_profile, "own");
}

TEST_F(ExecProcess, AUserAloneKeepsTheGroup) {
  options_.uid = 9;
  put();
  EXPECT_EQ(p().user.uid, 9U);
  EXPECT_EQ(p().user.gid, 2U);
}

TEST_F(ExecProcess, GroupsAndVariablesAreAdded) {
  options_.additional_gids = {8};
  options_.env = {"B=2"};
  put();
  EXPECT_EQ(p().user.additional_gids, (std::vector<uint32_t>{3, 8}));
  EXPECT_EQ(p().env, (std::vector<std::string>{"A=1", "B=2"}));
}

TEST_F(ExecProcess, CapabilitiesAreNotAmbientWhereNoneIsInheritable) {
  p().capabilities = spec::Capabilities{};
  options_.capabilities = {"CAP_KILL"};
  put();
  const std::vector<std::string> kill = {"CAP_KILL"};
  EXPECT_EQ(p().capabilities->bounding, kill);
  EXPECT_EQ(p().capabilities->permitted, kill);
  EXPECT_EQ(p().capabilities->effective, kill);
  EXPECT_TRUE(p().capabilities->inheritable.empty());
  EXPECT_TRUE(p().capabilities->ambient.empty());
}

TEST_F(ExecProcess, CapabilitiesOfAContainerThatHasNoneAtAll) {
  p().capabilities.reset();
  options_.capabilities = {"CAP_KILL"};
  put();
  EXPECT_EQ(p().capabilities->bounding, std::vector<std::string>{"CAP_KILL"});
}

TEST_F(ExecProcess, NoProgram) {
  options_.args.clear();
  EXPECT_EQ(refused(), "exec args cannot be empty");
}

TEST_F(ExecProcess, AProcessGivenAsJsonInheritsWhatWouldOtherwiseBeLess) {
  const std::vector<std::string> bounding = p().capabilities->bounding;
  options_.process_json = R"({"args": ["x"], "cwd": "/etc"})";
  put();
  EXPECT_EQ(p().args, std::vector<std::string>{"x"});
  EXPECT_EQ(p().user.uid, 0U);
  EXPECT_EQ(p().user.umask, 077U);
  EXPECT_TRUE(p().env.empty());
  EXPECT_EQ(p().capabilities->bounding, bounding);
  EXPECT_EQ(p().apparmor_profile, "own");
  EXPECT_EQ(p().oom_score_adj, 5);
  EXPECT_EQ(p().rlimits.size(), 1U);
}

TEST_F(ExecProcess, AProcessGivenAsJsonHasItsOwn) {
  options_.process_json = R"({"args": ["x"], "cwd": "/", "user": {"umask": 18}, "capabilities": {},
                              "apparmorProfile": "other", "oomScoreAdj": 6, "terminal": true})";
  put();
  EXPECT_EQ(p().user.umask, 18U);
  EXPECT_TRUE(p().capabilities->bounding.empty());
  EXPECT_EQ(p().apparmor_profile, "other");
  EXPECT_EQ(p().oom_score_adj, 6);
  EXPECT_TRUE(p().terminal);
}

TEST_F(ExecProcess, JsonThatIsNone) {
  options_.process_json = "{";
  EXPECT_NE(refused().find("the process given as JSON: line 1"), std::string::npos) << refused();
}

TEST_F(ExecProcess, IsChecked) {
  options_.cwd = "relative";
  EXPECT_NE(refused().find("/process/cwd"), std::string::npos);
}

}  // namespace
}  // namespace husk
