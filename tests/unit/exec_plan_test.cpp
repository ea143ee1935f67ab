// The plan of a process that is added to a container.
#include <gtest/gtest.h>
#include <linux/sched.h>

#include "plan/exec.h"
#include "plan_build_kit.h"

namespace husk {
namespace {

using spec::NsType;

class ExecPlans : public testing::Test {
 protected:
  plan::Plan make(bool by_pidfd = true) {
    plan::ExecInput in{spec_, facts_, "demo", "/bundle/rootfs"};
    in.init = 42;
    in.by_pidfd = by_pidfd;
    in.preserve_fds = preserve_fds_;
    in.apparmor = apparmor_;
    Result<plan::Plan> p = plan::build_exec(in);
    EXPECT_TRUE(p.ok()) << p.error().text();
    return p.ok() ? *std::move(p) : plan::Plan();
  }
  // The kinds of steps in order, as words.
  static std::string kinds(const plan::Plan& p) {
    static const char* const names[] = {"",
#define HUSK_NAME(name, type) #name,
                                        HUSK_STEPS(HUSK_NAME)
#undef HUSK_NAME
    };
    std::string out;
    for (const plan::Step& s : p.steps) out += cat(out.empty() ? "" : " ", names[s.index()]);
    return out;
  }
  template <class S>
  static const S* find(const plan::Plan& p) {
    for (const plan::Step& s : p.steps)
      if (const S* found = std::get_if<S>(&s)) return found;
    return nullptr;
  }
  void seccomp() {
    spec_.lx.seccomp = spec::Seccomp{};
    spec_.lx.seccomp->default_action = "SCMP_ACT_ALLOW";
    spec_.lx.seccomp->syscalls.push_back({{"mkdir"}, "SCMP_ACT_ERRNO", {}, {}});
    spec_.lx.seccomp->listener_path = "/run/agent.sock";
  }
  void drop(NsType type) {
    std::erase_if(spec_.lx.namespaces, [&](const spec::Namespace& n) { return n.type == type; });
  }

  spec::Spec spec_ = [] {
    spec::Spec s = test::default_spec();
    s.process->terminal = false;
    return s;
  }();
  host::Facts facts_ = test::root_on_new_kernel();
  int preserve_fds_ = 0;
  bool apparmor_ = false;
};

TEST_F(ExecPlans, NothingIsMadeButTheProcess) {
  EXPECT_EQ(kinds(make()),
            "keyring no_new_privileges ready working_directory credentials working_directory umask program exec");
}

TEST_F(ExecPlans, ATerminalOfTheContainerButNoConsoleFile) {
  spec_.process->terminal = true;
  const plan::Plan p = make();
  const auto* open = find<console::Open>(p);
  ASSERT_NE(open, nullptr);
  EXPECT_TRUE(open->added);
  EXPECT_TRUE(open->own_devpts);
}

TEST_F(ExecPlans, TheFilterComesLastWithNoNewPrivileges) {
  seccomp();
  EXPECT_TRUE(kinds(make()).ends_with("program seccomp exec"));
}

TEST_F(ExecPlans, TheFilterComesBeforePrivilegesGoWithoutNoNewPrivileges) {
  seccomp();
  spec_.process->no_new_privileges = false;
  EXPECT_NE(kinds(make()).find("ready seccomp working_directory"), std::string::npos);
}

TEST_F(ExecPlans, OneCallJoinsAllKindsOfTheConfiguration) {
  spec_.lx.namespaces = {{NsType::pid, ""}, {NsType::network, "/some/where"}, {NsType::mount, ""}};
  const namespaces::Bootstrap b = make().header.bootstrap;
  EXPECT_TRUE(b.long_way);
  EXPECT_EQ(b.join_flags, uint64_t{CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWNS});
  EXPECT_EQ(b.unshare, 0U);
  EXPECT_FALSE(b.new_user);
}

TEST_F(ExecPlans, WhatIsNotInTheConfigurationIsNotJoined) {
  drop(NsType::pid);
  EXPECT_EQ(make().header.bootstrap.join_flags & CLONE_NEWPID, 0U);
}

TEST_F(ExecPlans, WithoutAPidfdInitsFilesAreJoinedMountLast) {
  spec_.lx.namespaces = {{NsType::mount, ""}, {NsType::pid, ""}};
  const plan::Plan p = make(false);
  const namespaces::Bootstrap b = p.header.bootstrap;
  EXPECT_EQ(b.join_flags, 0U);
  ASSERT_EQ(b.joins.size(), 2U);
  EXPECT_EQ(b.joins[0].path.view(), "/proc/42/ns/pid");
  EXPECT_EQ(b.joins[1].path.view(), "/proc/42/ns/mnt");
}

TEST_F(ExecPlans, AUserNamespaceIsNeverNew) {
  spec_.lx.namespaces.push_back({NsType::user, ""});
  spec_.lx.uid_mappings = spec_.lx.gid_mappings = {{0, 100000, 65536}};
  const plan::Plan p = make();
  EXPECT_FALSE(p.header.bootstrap.new_user);
  EXPECT_TRUE(p.header.bootstrap.become);
  EXPECT_TRUE(find<process::Credentials>(p)->set_groups);
}

TEST_F(ExecPlans, GroupsStayWhereTheContainersUserCouldNotSetAny) {
  facts_ = test::user_on_new_kernel();
  spec_.lx.namespaces.push_back({NsType::user, ""});
  spec_.lx.uid_mappings = spec_.lx.gid_mappings = {{0, 1000, 1}};
  EXPECT_FALSE(find<process::Credentials>(make())->set_groups);
}

TEST_F(ExecPlans, WithoutAMountNamespaceTheRootIsEntered) {
  drop(NsType::mount);
  const plan::Plan p = make();
  EXPECT_TRUE(kinds(p).starts_with("keyring open_root pivot_root "));
  EXPECT_TRUE(find<rootfs::PivotRoot>(p)->chroot_only);
  EXPECT_FALSE(find<rootfs::OpenRoot>(p)->mount);
}

TEST_F(ExecPlans, AMountNamespaceOfSomebodyElsesHasNotTheContainersRoot) {
  drop(NsType::mount);
  spec_.lx.namespaces.push_back({NsType::mount, "/some/where"});
  EXPECT_NE(find<rootfs::OpenRoot>(make()), nullptr);
}

TEST_F(ExecPlans, TheCallersProcfsIsOpenedForLabelsOnly) {
  EXPECT_TRUE(make().header.no_procfs);
  spec_.process->apparmor_profile = "some";
  apparmor_ = true;
  EXPECT_FALSE(make().header.no_procfs);
}

TEST_F(ExecPlans, AffinityAsBits) {
  spec_.process->exec_cpu_affinity = spec::ExecCpuAffinity{"1,3-4", "2000"};
  const plan::Plan p = make();
  EXPECT_EQ(p.initial_affinity, std::vector<uint64_t>{0x1a});
  ASSERT_EQ(p.header.affinity.size(), 32U);
  EXPECT_EQ(p.header.affinity[31], uint64_t{1} << (2000 - 31 * 64));
}

TEST_F(ExecPlans, DescriptorsThatArePassedOnStayOpen) {
  preserve_fds_ = 2;
  const plan::Plan p = make();
  EXPECT_EQ(find<process::Exec>(p)->first_closed, 5U);
  EXPECT_EQ(p.preserve_fds, 2);
}

TEST_F(ExecPlans, AVariableThatIsThereTwiceHasTheLastValue) {
  spec_.process->env = {"A=1", "B=2", "A=3", "HOME=/x", "HOME="};
  const plan::Plan p = make();
  const auto* program = find<process::Program>(p);
  ASSERT_EQ(program->env.size(), 2U);
  EXPECT_EQ(program->env[0].view(), "B=2");
  EXPECT_EQ(program->env[1].view(), "A=3");
  EXPECT_TRUE(program->set_home);
}

TEST_F(ExecPlans, AmbientCapabilitiesThatCannotBeAreWarnedOf) {
  spec::Capabilities& caps = *spec_.process->capabilities;
  caps.permitted = {"CAP_KILL", "CAP_CHOWN"};
  caps.inheritable = {"CAP_KILL"};
  caps.ambient = {"CAP_KILL", "CAP_CHOWN", "CAP_CHOWN"};
  EXPECT_EQ(make().warnings,
            std::vector<std::string>{"can't raise ambient capability CAP_CHOWN: operation not permitted"});
}

}  // namespace
}  // namespace husk
