// Every member of the specification, read from tests/data/spec/good/full.json, where no two have the same value by
// chance.
#include <gtest/gtest.h>

#include "spec/parse.h"
#include "spec_test_files.h"

namespace husk::spec {
namespace {

using Strings = std::vector<std::string>;

class SpecFull : public testing::Test {
 protected:
  static void SetUpTestSuite() {
    Result<Spec> parsed = parse(test::data_file("spec/good/full.json"));
    ASSERT_TRUE(parsed) << parsed.error().what;
    spec_ = new Spec(*std::move(parsed));
  }
  static void TearDownTestSuite() {
    delete spec_;
    spec_ = nullptr;
  }
  void SetUp() override { ASSERT_NE(spec_, nullptr); }

  static const Spec& spec() { return *spec_; }
  static const Process& process() { return *spec_->process; }
  static const Resources& resources() { return *spec_->lx.resources; }

 private:
  static Spec* spec_;
};
Spec* SpecFull::spec_ = nullptr;

TEST_F(SpecFull, Top) {
  EXPECT_EQ(spec().oci_version, "1.3.0");
  EXPECT_EQ(spec().root.path, "tree");
  EXPECT_TRUE(spec().root.readonly);
  EXPECT_EQ(spec().hostname, "box");
  EXPECT_EQ(spec().domainname, "example.test");
  EXPECT_EQ(spec().annotations, (StringMap{{"z.key", "last first"}, {"a.key", ""}}));
}

TEST_F(SpecFull, Process) {
  EXPECT_TRUE(process().terminal);
  EXPECT_EQ(process().console_size->height, 41U);
  EXPECT_EQ(process().console_size->width, 132U);
  EXPECT_EQ(process().user.uid, 1001U);
  EXPECT_EQ(process().user.gid, 1002U);
  EXPECT_EQ(process().user.umask, 18U);
  EXPECT_EQ(process().user.additional_gids, (std::vector<uint32_t>{20, 4294967294}));
  EXPECT_EQ(process().args, (Strings{"/bin/husk-probe", "--flag", "", "gr\u00fc\u00dfe"}));
  EXPECT_EQ(process().env, (Strings{"PATH=/bin", "EMPTY=", "EQUALS=a=b"}));
  EXPECT_EQ(process().cwd, "/srv/work");
  EXPECT_TRUE(process().no_new_privileges);
  EXPECT_EQ(process().apparmor_profile, "husk-default");
  EXPECT_EQ(process().selinux_label, "u:r:t:s0");
  EXPECT_EQ(process().oom_score_adj, -500);
}

TEST_F(SpecFull, CapabilitiesAndLimits) {
  EXPECT_EQ(process().capabilities->bounding, (Strings{"CAP_CHOWN", "CAP_KILL"}));
  EXPECT_EQ(process().capabilities->effective, Strings{"CAP_KILL"});
  EXPECT_EQ(process().capabilities->inheritable, Strings{"CAP_SETGID"});
  EXPECT_EQ(process().capabilities->permitted, Strings{"CAP_SETUID"});
  EXPECT_EQ(process().capabilities->ambient, Strings{"CAP_BPF"});
  ASSERT_EQ(process().rlimits.size(), 2U);
  EXPECT_EQ(process().rlimits[0].type, "RLIMIT_NOFILE");
  EXPECT_EQ(process().rlimits[0].resource, 7);
  EXPECT_EQ(process().rlimits[0].soft, 1024U);
  EXPECT_EQ(process().rlimits[0].hard, 4096U);
  EXPECT_EQ(process().rlimits[1].resource, 4);
  EXPECT_EQ(process().rlimits[1].hard, UINT64_MAX);
}

TEST_F(SpecFull, Scheduling) {
  EXPECT_EQ(process().io_priority->cls, "IOPRIO_CLASS_BE");
  EXPECT_EQ(process().io_priority->priority, 3);
  EXPECT_EQ(process().scheduler->policy, "SCHED_DEADLINE");
  EXPECT_EQ(process().scheduler->nice, -5);
  EXPECT_EQ(process().scheduler->priority, 0);
  EXPECT_EQ(process().scheduler->flags, (Strings{"SCHED_FLAG_RESET_ON_FORK", "SCHED_FLAG_RECLAIM"}));
  EXPECT_EQ(process().scheduler->runtime, 1000000U);
  EXPECT_EQ(process().scheduler->deadline, 2000000U);
  EXPECT_EQ(process().scheduler->period, 3000000U);
  EXPECT_EQ(process().exec_cpu_affinity->initial, "0-1");
  EXPECT_EQ(process().exec_cpu_affinity->final, "1");
}

TEST_F(SpecFull, Mounts) {
  ASSERT_EQ(spec().mounts.size(), 2U);
  EXPECT_EQ(spec().mounts[0].destination, "/proc");
  EXPECT_EQ(spec().mounts[0].type, "proc");
  EXPECT_TRUE(spec().mounts[0].options.empty());
  const Mount& data = spec().mounts[1];
  EXPECT_EQ(data.source, "/srv/data");
  EXPECT_EQ(data.options, (Strings{"rbind", "ro", "ridmap"}));
  ASSERT_EQ(data.uid_mappings.size(), 1U);
  EXPECT_EQ(data.uid_mappings[0].container_id, 1U);
  EXPECT_EQ(data.uid_mappings[0].host_id, 2U);
  EXPECT_EQ(data.uid_mappings[0].size, 3U);
  ASSERT_EQ(data.gid_mappings.size(), 1U);
  EXPECT_EQ(data.gid_mappings[0].container_id, 4U);
}

TEST_F(SpecFull, Hooks) {
  const spec::Hooks& hooks = spec().hooks;
  ASSERT_EQ(hooks.prestart.size(), 1U);
  EXPECT_EQ(hooks.prestart[0].path, "/h/1");
  EXPECT_EQ(hooks.prestart[0].args, (Strings{"one", "x"}));
  EXPECT_EQ(hooks.prestart[0].env, Strings{"A=1"});
  EXPECT_EQ(hooks.prestart[0].timeout, 7);
  ASSERT_EQ(hooks.create_runtime.size(), 1U);
  EXPECT_EQ(hooks.create_runtime[0].path, "/h/2");
  EXPECT_FALSE(hooks.create_runtime[0].timeout);
  ASSERT_EQ(hooks.create_container.size(), 1U);
  EXPECT_EQ(hooks.create_container[0].path, "/h/3");
  ASSERT_EQ(hooks.start_container.size(), 1U);
  EXPECT_EQ(hooks.start_container[0].path, "/h/4");
  ASSERT_EQ(hooks.poststart.size(), 1U);
  EXPECT_EQ(hooks.poststart[0].path, "/h/5");
  ASSERT_EQ(hooks.poststop.size(), 2U);
  EXPECT_EQ(hooks.poststop[1].path, "/h/7");
}

TEST_F(SpecFull, Namespaces) {
  const std::vector<Namespace>& all = spec().lx.namespaces;
  const std::vector<NsType> types = {NsType::pid, NsType::network, NsType::mount,  NsType::ipc,
                                     NsType::uts, NsType::user,    NsType::cgroup, NsType::time};
  ASSERT_EQ(all.size(), types.size());
  for (size_t i = 0; i < types.size(); ++i) EXPECT_EQ(all[i].type, types[i]) << i;
  EXPECT_EQ(all[0].path, "/proc/7/ns/pid");
  EXPECT_EQ(all[1].path, "");
  EXPECT_EQ(spec().lx.uid_mappings.at(0).host_id, 100000U);
  EXPECT_EQ(spec().lx.gid_mappings.at(1).size, 10U);
  EXPECT_EQ(spec().lx.time_offsets->monotonic->secs, 172800);
  EXPECT_EQ(spec().lx.time_offsets->monotonic->nanosecs, 5U);
  EXPECT_EQ(spec().lx.time_offsets->boottime->secs, -604800);
  EXPECT_EQ(spec().lx.time_offsets->boottime->nanosecs, 999999999U);
}

TEST_F(SpecFull, Devices) {
  ASSERT_EQ(spec().lx.devices.size(), 2U);
  const Device& fuse = spec().lx.devices[0];
  EXPECT_EQ(fuse.type, "c");
  EXPECT_EQ(fuse.path, "/dev/fuse");
  EXPECT_EQ(fuse.major, 10);
  EXPECT_EQ(fuse.minor, 229);
  EXPECT_EQ(fuse.file_mode, 438U);
  EXPECT_EQ(fuse.uid, 11U);
  EXPECT_EQ(fuse.gid, 12U);
  EXPECT_FALSE(spec().lx.devices[1].file_mode);
  ASSERT_EQ(spec().lx.net_devices.size(), 2U);
  EXPECT_EQ(spec().lx.net_devices[0].host_name, "eth7");
  EXPECT_EQ(spec().lx.net_devices[0].name, "inside%d");
  EXPECT_EQ(spec().lx.net_devices[1].host_name, "dummy0");
  EXPECT_EQ(spec().lx.net_devices[1].name, "");
}

TEST_F(SpecFull, ResourcesMemoryAndCpu) {
  EXPECT_EQ(spec().lx.cgroups_path, "/husk/test");
  EXPECT_EQ(resources().memory->limit, 536870912);
  EXPECT_EQ(resources().memory->reservation, 268435456);
  EXPECT_EQ(resources().memory->swap, -1);
  EXPECT_EQ(resources().memory->kernel, 4096);
  EXPECT_EQ(resources().memory->kernel_tcp, 8192);
  EXPECT_EQ(resources().memory->swappiness, 10U);
  EXPECT_EQ(resources().memory->disable_oom_killer, true);
  EXPECT_EQ(resources().memory->use_hierarchy, false);
  EXPECT_EQ(resources().memory->check_before_update, true);
  EXPECT_EQ(resources().cpu->shares, 2048U);
  EXPECT_EQ(resources().cpu->quota, -1);
  EXPECT_EQ(resources().cpu->burst, 500U);
  EXPECT_EQ(resources().cpu->period, 100000U);
  EXPECT_EQ(resources().cpu->realtime_runtime, 950000);
  EXPECT_EQ(resources().cpu->realtime_period, 1000000U);
  EXPECT_EQ(resources().cpu->cpus, "0-3");
  EXPECT_EQ(resources().cpu->mems, "0");
  EXPECT_EQ(resources().cpu->idle, 1);
  EXPECT_EQ(resources().pids_limit, 0);
}

TEST_F(SpecFull, ResourcesDevicesAndBlockIo) {
  ASSERT_EQ(resources().devices.size(), 2U);
  EXPECT_FALSE(resources().devices[0].allow);
  EXPECT_EQ(resources().devices[0].type, "");
  EXPECT_FALSE(resources().devices[0].major);
  EXPECT_TRUE(resources().devices[1].allow);
  EXPECT_EQ(resources().devices[1].type, "b");
  EXPECT_EQ(resources().devices[1].major, 8);
  EXPECT_EQ(resources().devices[1].minor, -1);
  EXPECT_EQ(resources().devices[1].access, "r");
  const BlockIo& io = *resources().block_io;
  EXPECT_EQ(io.weight, 100);
  EXPECT_EQ(io.leaf_weight, 200);
  EXPECT_EQ(io.weight_device.at(0).major, 8);
  EXPECT_EQ(io.weight_device.at(0).minor, 16);
  EXPECT_EQ(io.weight_device.at(0).weight, 300);
  EXPECT_EQ(io.weight_device.at(0).leaf_weight, 400);
  EXPECT_EQ(io.throttle_read_bps.at(0).rate, 31U);
  EXPECT_EQ(io.throttle_write_bps.at(0).rate, 32U);
  EXPECT_EQ(io.throttle_read_iops.at(0).rate, 33U);
  EXPECT_EQ(io.throttle_write_iops.at(0).rate, 34U);
  EXPECT_EQ(io.throttle_write_iops.at(0).major, 1);
  EXPECT_EQ(io.throttle_write_iops.at(0).minor, 2);
}

TEST_F(SpecFull, ResourcesTheRest) {
  EXPECT_EQ(resources().hugepage_limits.at(0).page_size, "2MB");
  EXPECT_EQ(resources().hugepage_limits.at(0).limit, 209715200U);
  EXPECT_EQ(resources().network->class_id, 1048577U);
  EXPECT_EQ(resources().network->priorities.at(0).name, "eth0");
  EXPECT_EQ(resources().network->priorities.at(0).priority, 500U);
  ASSERT_EQ(resources().rdma.size(), 2U);
  EXPECT_EQ(resources().rdma[0].device, "mlx5_1");
  EXPECT_EQ(resources().rdma[0].hca_handles, 3U);
  EXPECT_EQ(resources().rdma[0].hca_objects, 10000U);
  EXPECT_EQ(resources().rdma[1].device, "rxe3");
  EXPECT_FALSE(resources().rdma[1].hca_handles);
  EXPECT_EQ(resources().unified, (StringMap{{"memory.high", "1000000"}, {"io.weight", "default 10"}}));
}

TEST_F(SpecFull, Seccomp) {
  const spec::Seccomp& seccomp = *spec().lx.seccomp;
  EXPECT_EQ(seccomp.default_action, "SCMP_ACT_ERRNO");
  EXPECT_EQ(seccomp.default_errno_ret, 38U);
  EXPECT_EQ(seccomp.architectures, (Strings{"SCMP_ARCH_X86_64", "SCMP_ARCH_SHEB"}));
  EXPECT_EQ(seccomp.flags, Strings{"SECCOMP_FILTER_FLAG_LOG"});
  EXPECT_TRUE(seccomp.flags_given);
  EXPECT_EQ(seccomp.listener_path, "/run/agent.sock");
  EXPECT_EQ(seccomp.listener_metadata, "m=1");
  ASSERT_EQ(seccomp.syscalls.size(), 2U);
  EXPECT_EQ(seccomp.syscalls[0].names, (Strings{"clone", "clone3"}));
  EXPECT_EQ(seccomp.syscalls[0].action, "SCMP_ACT_ERRNO");
  EXPECT_EQ(seccomp.syscalls[0].errno_ret, 22U);
  EXPECT_EQ(seccomp.syscalls[0].args.at(0).index, 5U);
  EXPECT_EQ(seccomp.syscalls[0].args.at(0).value, UINT64_MAX);
  EXPECT_EQ(seccomp.syscalls[0].args.at(0).value_two, 2U);
  EXPECT_EQ(seccomp.syscalls[0].args.at(0).op, "SCMP_CMP_MASKED_EQ");
  EXPECT_FALSE(seccomp.syscalls[1].errno_ret);
}

TEST_F(SpecFull, LinuxTheRest) {
  const Linux& lx = spec().lx;
  EXPECT_EQ(lx.rootfs_propagation, "rslave");
  EXPECT_EQ(lx.sysctl.at(1), (std::pair<std::string, std::string>{"kernel/shmmax", "65536"}));
  EXPECT_EQ(lx.masked_paths, Strings{"/proc/kcore"});
  EXPECT_EQ(lx.readonly_paths, (Strings{"/proc/sys", "/proc/bus"}));
  EXPECT_EQ(lx.mount_label, "u:object_r:t:s0");
  EXPECT_EQ(lx.personality, "LINUX32");
  EXPECT_EQ(lx.personality_flags, Strings{"SOME_FLAG"});
  EXPECT_EQ(lx.intel_rdt->clos_id, "gold");
  EXPECT_EQ(lx.intel_rdt->schemata, Strings{"L2:0=f"});
  EXPECT_EQ(lx.intel_rdt->l3_cache_schema, "L3:0=7f0");
  EXPECT_EQ(lx.intel_rdt->mem_bw_schema, "MB:0=20");
  EXPECT_TRUE(lx.intel_rdt->enable_monitoring);
  EXPECT_EQ(lx.memory_policy->mode, "MPOL_BIND");
  EXPECT_EQ(lx.memory_policy->nodes, "0-1,3");
  EXPECT_EQ(lx.memory_policy->flags, Strings{"MPOL_F_STATIC_NODES"});
}

}  // namespace
}  // namespace husk::spec
