// Plans as golden files: what is done for a configuration on a host, step for step. With HUSK_UPDATE_GOLDEN=1 the files
// are written anew; then read the difference, it is the review.
#include <gtest/gtest.h>

#include <cstdlib>
#include <functional>
#include <ostream>

#include "host/files.h"
#include "plan_build_kit.h"
#include "plan_text.h"
#include "spec_test_files.h"

namespace husk {
namespace {

using test::Case;

struct Golden {
  const char* name;
  std::function<void(Case&)> change_case;
  std::function<void(plan::Input&)> change_input = {};
};

std::ostream& operator<<(std::ostream& out, const Golden& golden) {
  return out << golden.name;
}

void drop(Case& c, spec::NsType type) {
  std::erase_if(c.spec.lx.namespaces, [&](const spec::Namespace& n) { return n.type == type; });
}

void rootless(Case& c) {
  c.spec = test::default_spec(true);
  c.facts = test::user_on_new_kernel();
}

// Everything that this version can do at once.
void everything(Case& c) {
  c.spec = test::parsed(test::read_file(HUSK_TEST_DATA "/spec/good/full.json"));
  c.spec.lx.net_devices.clear();
  spec::Resources& r = *c.spec.lx.resources;  // what v2 does not have
  r.memory->kernel_tcp.reset();
  r.memory->swappiness.reset();
  r.memory->disable_oom_killer.reset();
  r.cpu->realtime_runtime.reset();
  r.cpu->realtime_period.reset();
  r.network.reset();
  r.block_io->leaf_weight.reset();
  for (spec::WeightDevice& d : r.block_io->weight_device) d.leaf_weight.reset();
  c.spec.lx.seccomp->syscalls.pop_back();    // SCMP_ACT_NOTIFY
  c.spec.lx.seccomp->architectures.clear();  // one of them is newer than some versions of libseccomp
  for (spec::Mount& m : c.spec.mounts) {
    if (m.uid_mappings.empty()) continue;
    m.uid_mappings.clear();
    m.gid_mappings.clear();
    m.options = {"rbind", "ro", "rslave"};
  }
}

void no_mount_namespace(Case& c) {
  drop(c, spec::NsType::mount);
  c.spec.lx.masked_paths.clear();
  c.spec.lx.readonly_paths.clear();
}

void filter(Case& c) {
  c.spec.lx.seccomp = spec::Seccomp{};
  c.spec.lx.seccomp->default_action = "SCMP_ACT_ALLOW";
  c.spec.lx.seccomp->syscalls = {{{"swapon"}, "SCMP_ACT_ERRNO", {}, {}}};
}

void filter_without_nnp(Case& c) {
  filter(c);
  c.spec.process->no_new_privileges = false;
}

void filter_that_asks(Case& c) {
  filter(c);
  c.spec.lx.seccomp->syscalls[0].action = "SCMP_ACT_NOTIFY";
  c.spec.lx.seccomp->listener_path = "/run/agent.sock";
  c.spec.hooks.start_container = {spec::Hook{"/h/startContainer", {}, {}, {}}};
}

void v1(Case& c) {
  c.cgroups = test::v1_host();
}

void hybrid_without_cgroup_namespace(Case& c) {
  c.cgroups = test::hybrid_host();
  drop(c, spec::NsType::cgroup);
  c.spec.lx.cgroups_path = "/pod/leaf";
}

void v2_without_cgroup_namespace(Case& c) {
  drop(c, spec::NsType::cgroup);
}

void no_terminal(Case& c) {
  c.spec.process->terminal = false;
}

void hooks(Case& c) {
  const auto hook = [](const char* path) { return spec::Hook{path, {}, {}, {}}; };
  spec::Hooks& h = c.spec.hooks;
  h.prestart = {hook("/h/prestart")};
  h.create_runtime = {hook("/h/createRuntime")};
  h.create_container = {{"/h/createContainer", {"one", "two"}, {"A=1"}, 7}, hook("/h/createContainer2")};
  h.start_container = {hook("/h/startContainer")};
  h.poststart = {hook("/h/poststart")};
  h.poststop = {hook("/h/poststop")};
  filter(c);
}

void readonly_mounts(Case& c) {
  for (spec::Mount& m : c.spec.mounts)
    if (m.destination == "/dev") m.options.emplace_back("ro");
  c.spec.mounts.push_back({"/run/", "tmpfs", "tmpfs", {"ro", "tmpcopyup", "mode=700"}, {}, {}});
  c.spec.mounts.push_back({"/data", "bind", "data", {"rbind", "rro", "rshared"}, {}, {}});
  c.spec.lx.rootfs_propagation = "shared";
}

void user_namespace(Case& c) {
  c.spec.lx.namespaces.push_back({spec::NsType::user, ""});
  c.spec.lx.namespaces.push_back({spec::NsType::time, ""});
  c.spec.lx.uid_mappings = {{0, 100000, 65536}};
  c.spec.lx.gid_mappings = {{0, 200000, 65536}};
  c.spec.lx.time_offsets = spec::TimeOffsets{{{-7, 5}}, {{3600, 0}}};
  c.spec.lx.devices.push_back({"c", "/dev/fuse", 10, 229, 0666, {}, {}});
}

void joined(Case& c) {
  c.spec = test::parsed(test::read_file(HUSK_TEST_DATA "/spec/good/joins-everything.json"));
}

void labels(Case& c) {
  c.spec.process->apparmor_profile = "profile";
  c.spec.process->selinux_label = "u:r:t:s0";
  c.spec.lx.mount_label = "u:object_r:t:s0";
  c.spec.lx.sysctl = {{"net.ipv4.conf.eth0/1.forwarding", "1"}, {"kernel/shmmax", "65536"}};
}

void idmapped(Case& c) {
  user_namespace(c);
  c.spec.mounts.push_back({"/a", "bind", "/srv/a", {"rbind", "ridmap", "ro"}, {}, {}});
  c.spec.mounts.push_back({"/b", "bind", "/srv/b", {"bind"}, {{0, 1, 2}}, {{3, 4, 5}}});
}

void old_kernel(Case& c) {
  c.facts = host::Facts{};
  c.facts.capabilities = ~uint64_t{0};
}

const Golden kGoldens[] = {
    {"default_root", [](Case&) {}},
    {"default_rootless", rootless},
    {"everything", everything, [](plan::Input& in) { in.apparmor = in.selinux = true; }},
    {"joined", joined},
    {"no_mount_namespace", no_mount_namespace},
    {"seccomp", filter},
    {"seccomp_without_nnp", filter_without_nnp},
    {"seccomp_that_asks", filter_that_asks, [](plan::Input& in) { in.wait_for_start = true; }},
    {"cgroup_v1", v1},
    {"cgroup_hybrid", hybrid_without_cgroup_namespace},
    {"cgroup_v2_of_the_host", v2_without_cgroup_namespace},
    {"no_terminal", no_terminal},
    {"hooks", hooks, [](plan::Input& in) { in.wait_for_start = true; }},
    {"readonly_mounts", readonly_mounts},
    {"user_namespace", user_namespace},
    {"idmapped", idmapped},
    {"labels", labels, [](plan::Input& in) { in.apparmor = in.selinux = true; }},
    {"old_kernel", old_kernel,
     [](plan::Input& in) {
       in.no_pivot = in.no_new_keyring = in.force_long = true;
       in.listen_fds = 2;
       in.preserve_fds = 1;
     }},
};

class PlanGolden : public testing::TestWithParam<Golden> {};

TEST_P(PlanGolden, IsAsWritten) {
  Case c;
  GetParam().change_case(c);
  plan::Input in = c.input();
  if (GetParam().change_input) GetParam().change_input(in);
  const Result<plan::Plan> p = plan::build(in);
  ASSERT_TRUE(p.ok()) << p.error().text();
  const std::string text = test::plan_text(*p);
  const std::string file = cat(HUSK_TEST_DATA "/../unit/golden/", GetParam().name, ".txt");
  if (std::getenv("HUSK_UPDATE_GOLDEN") != nullptr) {
    ASSERT_TRUE(host::write_atomic(file, text, 0644).ok());
    return;
  }
  EXPECT_EQ(text, test::read_file(file)) << "HUSK_UPDATE_GOLDEN=1 accepts the difference";
}

INSTANTIATE_TEST_SUITE_P(Plans, PlanGolden, testing::ValuesIn(kGoldens),
                         [](const auto& param) { return std::string(param.param.name); });

// ---------------------------------------------------------------- what is refused

std::string refusal(const Case& c) {
  const Result<plan::Plan> p = plan::build(c.input());
  EXPECT_FALSE(p.ok());
  return p.ok() ? std::string() : p.error().text();
}

TEST(PlanRefuses, NetDevicesOfAnOrdinaryUser) {
  Case c;
  c.spec.lx.net_devices = {{"eth7", ""}};
  c.facts.capabilities = 0;
  EXPECT_EQ(refusal(c), "/linux/netDevices: moving network devices takes CAP_NET_ADMIN, which this user does not have");
}

TEST(PlanBuild, TheNetworkComesBeforeMountsAndHooks) {
  const auto place = []<class Step>(const Case& c, Step) {
    const Result<plan::Plan> p = plan::build(c.input());
    EXPECT_TRUE(p.ok());
    for (size_t i = 0; i < p->steps.size(); ++i)
      if (std::holds_alternative<Step>(p->steps[i])) return static_cast<int>(i);
    return -1;
  };
  Case c;
  EXPECT_EQ(place(c, plan::Network{}), -1);
  c.spec.lx.net_devices = {{"eth7", ""}};
  c.spec.hooks.create_runtime = {spec::Hook{}};
  EXPECT_EQ(place(c, plan::Network{}), place(c, network::LoopbackUp{}) + 1);
  EXPECT_LT(place(c, plan::Network{}), place(c, rootfs::RootPropagation{}));
  EXPECT_LT(place(c, plan::Network{}), place(c, plan::RuntimeHooks{}));
}

TEST(PlanRefuses, IdmappedMountsThatCannotBe) {
  Case c;
  c.spec.mounts = {{"/data", "bind", "/srv", {"rbind", "idmap"}, {}, {}}};
  EXPECT_NE(refusal(c).find("/mounts/0: an idmapped mount needs uidMappings and gidMappings"), std::string::npos);
  c.spec.mounts[0].uid_mappings = c.spec.mounts[0].gid_mappings = {{0, 1, 1}};
  c.facts.mount_api = false;
  EXPECT_NE(refusal(c).find("idmapped mounts need mount_setattr(2), Linux 5.12"), std::string::npos);
  c.facts.mount_api = true;
  c.spec.mounts[0].type = "tmpfs";
  c.spec.mounts[0].options = {"idmap"};
  EXPECT_NE(refusal(c).find("/mounts/0: only bind mounts can be idmapped"), std::string::npos);
}

TEST(PlanRefuses, AFilterThatAsksNobody) {
  Case c;
  filter(c);
  c.spec.lx.seccomp->syscalls[0].action = "SCMP_ACT_NOTIFY";
  EXPECT_NE(refusal(c).find("/linux/seccomp/listenerPath: must be set"), std::string::npos);
}

TEST(PlanRefuses, MasksWithoutAMountNamespace) {
  Case c;
  drop(c, spec::NsType::mount);
  EXPECT_NE(refusal(c).find("maskedPaths and readonlyPaths need a mount namespace"), std::string::npos);
}

TEST(PlanRefuses, ProfileWithoutAppArmor) {
  Case c;
  c.spec.process->apparmor_profile = "profile";
  EXPECT_EQ(refusal(c), "/process/apparmorProfile: AppArmor is not enabled on this host (leave the profile out)");
}

TEST(PlanRefuses, GroupsWhereSetgroupsIsDenied) {
  Case c;
  rootless(c);
  c.spec.process->user.additional_gids = {5};
  EXPECT_NE(refusal(c).find("/process/user/additionalGids: setgroups is denied"), std::string::npos);
}

}  // namespace
}  // namespace husk
