// The checks of what is in "linux" apart from namespaces. See spec_validate_test.cpp.
#include <gtest/gtest.h>

#include "spec/parse.h"
#include "spec/validate.h"
#include "spec_validate_cases.h"

namespace husk::spec {
namespace {

TEST(SpecValidateLinux, Devices) {
  run({
      {[](Spec& s) { s.lx.devices[0].type = "x"; }, "/linux/devices/0/type: \"x\" is not a device type"},
      {[](Spec& s) { s.lx.devices[0].path = "dev/x"; }, "/linux/devices/0/path: must be an absolute path"},
      {[](Spec& s) { s.lx.devices[1].path = "//"; }, "/linux/devices/1/path: must not be the root directory"},
      {[](Spec& s) { s.lx.devices[0].major = -1; }, "/linux/devices/0/major: -1 is out of range (0..4095)"},
      {[](Spec& s) { s.lx.devices[0].major = 4096; }, "/linux/devices/0/major: 4096 is out of range"},
      {[](Spec& s) { s.lx.devices[0].minor = 1048576; }, "/linux/devices/0/minor: 1048576 is out of range"},
      {[](Spec& s) { s.lx.devices[0].minor = 1048575; }, ""},
      {[](Spec& s) { s.lx.devices[1].major = -1; }, ""},
  });
}

TEST(SpecValidateLinux, NetDevices) {
  run({
      {[](Spec& s) {
         s.lx.sysctl = {};
         drop(s, NsType::network);
       },
       "/linux/netDevices: network devices need a network namespace"},
      {[](Spec& s) { s.lx.net_devices[0].host_name = "a/b"; }, "/linux/netDevices/a~1b: \"a/b\" is not a valid name"},
      {[](Spec& s) { s.lx.net_devices[0].host_name = ""; }, "/linux/netDevices/: \"\" is not a valid name"},
      {[](Spec& s) { s.lx.net_devices[0].name = ".."; }, "/linux/netDevices/eth7/name: \"..\" is not a valid name"},
      {[](Spec& s) { s.lx.net_devices[0].name = "a b"; }, "/linux/netDevices/eth7/name: \"a b\" is not"},
      {[](Spec& s) { s.lx.net_devices[0].name = "a:1"; }, "/linux/netDevices/eth7/name: \"a:1\" is not"},
      {[](Spec& s) { s.lx.net_devices[0].name = "sixteen_bytes_xx"; }, "/linux/netDevices/eth7/name: \"sixteen"},
      {[](Spec& s) { s.lx.net_devices[0].name = "fifteen_bytes_x"; }, ""},
      {[](Spec& s) { s.lx.net_devices[0].name = "dummy0"; }, "/linux/netDevices/dummy0: another device is to be named"},
      {[](Spec& s) { s.lx.net_devices[1].name = "inside%d"; }, ""},
      {[](Spec& s) { s.lx.net_devices[1].name = "%d%d"; }, "/linux/netDevices/dummy0/name: \"%d%d\" has a %"},
      {[](Spec& s) { s.lx.net_devices[1].name = "a%s"; }, "/linux/netDevices/dummy0/name: \"a%s\" has a %"},
      {[](Spec& s) { s.lx.net_devices[1].name = "a%"; }, "/linux/netDevices/dummy0/name: \"a%\" has a %"},
  });
}

TEST(SpecValidateLinux, Resources) {
  run({
      {[](Spec& s) { s.lx.cgroups_path = "/a/../b"; }, "/linux/cgroupsPath: \"/a/../b\" must not have"},
      {[](Spec& s) { s.lx.cgroups_path = ".."; }, "/linux/cgroupsPath: \"..\" must not have"},
      {[](Spec& s) { s.lx.cgroups_path = "a.slice:..:x"; }, "/linux/cgroupsPath: "},
      {[](Spec& s) { s.lx.cgroups_path = "a.slice:p:x..y"; }, ""},
      {[](Spec& s) { s.lx.resources->devices[0].type = "u"; }, "/linux/resources/devices/0/type: \"u\" is not"},
      {[](Spec& s) { s.lx.resources->devices[0].access = ""; }, "/linux/resources/devices/0/access: must not be empty"},
      {[](Spec& s) { s.lx.resources->devices[1].access = "rx"; },
       "/linux/resources/devices/1/access: \"rx\" has letters"},
      {[](Spec& s) { s.lx.resources->devices[1].minor = -2; }, "/linux/resources/devices/1/minor: -2 is below -1"},
      {[](Spec& s) { s.lx.resources->memory->swappiness = 101; }, "/linux/resources/memory/swappiness: 101 is out of"},
      {[](Spec& s) { s.lx.resources->hugepage_limits[0].page_size = "64kB"; },
       "/linux/resources/hugepageLimits/0/pageSize: \"64kB\" is not a page size"},
      {[](Spec& s) { s.lx.resources->hugepage_limits[0].page_size = "02MB"; }, "/linux/resources/hugepageLimits/0/"},
      {[](Spec& s) { s.lx.resources->hugepage_limits[0].page_size = "MB"; }, "/linux/resources/hugepageLimits/0/"},
      {[](Spec& s) {
         s.lx.resources->unified = {{"../x.y", "1"}};
       },
       "/linux/resources/unified/..~1x.y: \"../x.y\" must"},
      {[](Spec& s) {
         s.lx.resources->unified = {{"memory", "1"}};
       },
       "/linux/resources/unified/memory: \"memory\" must"},
      {[](Spec& s) {
         s.lx.resources->unified = {{".x", "1"}};
       },
       "/linux/resources/unified/.x: \".x\" must have the form"},
      {[](Spec& s) {
         s.lx.resources->unified = {{"x.", "1"}};
       },
       "/linux/resources/unified/x.: \"x.\" must have the form"},
  });
  Resources update;
  update.unified = {{"a/b", ""}};
  EXPECT_EQ(validate_resources(update).error().what,
            "/linux/resources/unified/a~1b: \"a/b\" must be the name of a file, without '/'");
}

std::string sysctl_problem(const char* name, std::initializer_list<NsType> without) {
  Spec spec = good();
  spec.lx.net_devices = {};
  spec.lx.uid_mappings = spec.lx.gid_mappings = {};
  spec.hostname = spec.domainname = "";
  spec.lx.sysctl = {{name, "1"}};
  for (const NsType type : without) drop(spec, type);
  std::string out;
  for (const Problem& p : check_all(spec))
    if (p.pointer.starts_with("/linux/sysctl")) out += p.message;
  return out;
}

TEST(SpecValidateLinux, SysctlsOfOwnNamespaces) {
  for (const char* name : {"net.ipv4.ip_forward", "net/ipv4/ip_forward", "net.ipv4.conf.eno2/100.rp_filter",
                           "net/ipv4/conf/eno2.100/rp_filter", "kernel.shm_rmid_forced", "kernel/sem",
                           "fs.mqueue.msg_max", "kernel.domainname", "user.max_user_namespaces"})
    EXPECT_EQ(sysctl_problem(name, {}), "") << name;
}

TEST(SpecValidateLinux, SysctlsThatWouldReachTheHost) {
  struct Reach {
    const char* name;
    NsType without;
    const char* why;
  };
  for (const Reach& r : {Reach{"net.core.somaxconn", NsType::network, "needs a network namespace"},
                         Reach{"net/core/somaxconn", NsType::network, "needs a network namespace"},
                         Reach{"kernel.msgmax", NsType::ipc, "needs an ipc namespace"},
                         Reach{"fs/mqueue/queues_max", NsType::ipc, "needs an ipc namespace"},
                         Reach{"kernel.domainname", NsType::uts, "needs a uts namespace"},
                         Reach{"user.max_net_namespaces", NsType::user, "needs a user namespace"},
                         Reach{"kernel.hostname", NsType::time, "/hostname is there to set it"},
                         Reach{"kernel.core_pattern", NsType::time, "does not belong to any namespace"},
                         Reach{"vm.overcommit_memory", NsType::time, "does not belong to any namespace"},
                         Reach{"netx.a", NsType::time, "does not belong to any namespace"}}) {
    const std::string problem = sysctl_problem(r.name, {r.without});
    EXPECT_NE(problem.find(r.why), std::string::npos) << r.name << ": " << problem;
  }
}

TEST(SpecValidateLinux, SysctlsThatClimb) {
  for (const char* name :
       {"", ".", "net.", ".net.a", "net..a", "net/../kernel/core_pattern", "net./../kernel", "net//a", "net.//.kernel"})
    EXPECT_NE(sysctl_problem(name, {}).find("is not the name of a sysctl"), std::string::npos) << name;
}

TEST(SpecValidateLinux, SeccompNames) {
  run({
      {[](Spec& s) { s.lx.seccomp->architectures[1] = "X86"; }, "/linux/seccomp/architectures/1: \"X86\" is not"},
      {[](Spec& s) { s.lx.seccomp->flags = {"LOG"}; }, "/linux/seccomp/flags/0: \"LOG\" is not a seccomp flag"},
      {[](Spec& s) { s.lx.seccomp->syscalls[1].action = "SCMP_ACT_X"; },
       "/linux/seccomp/syscalls/1/action: \"SCMP_ACT_X\""},
      {[](Spec& s) { s.lx.seccomp->syscalls[1].names = {}; },
       "/linux/seccomp/syscalls/1/names: must have at least one"},
      {[](Spec& s) { s.lx.seccomp->syscalls[0].args[0].index = 6; },
       "/linux/seccomp/syscalls/0/args/0/index: 6 is out of range (0..5)"},
      {[](Spec& s) { s.lx.seccomp->syscalls[0].args[0].op = "=="; },
       "/linux/seccomp/syscalls/0/args/0/op: \"==\" is not"},
      {[](Spec& s) {
         s.lx.seccomp->default_action = "ALLOW";
         s.lx.seccomp->default_errno_ret.reset();
       },
       "/linux/seccomp/defaultAction: \"ALLOW\" is not a seccomp action"},
  });
}

TEST(SpecValidateLinux, SeccompUse) {
  run({
      {[](Spec& s) {
         s.lx.seccomp->default_action = "SCMP_ACT_NOTIFY";
         s.lx.seccomp->default_errno_ret.reset();
       },
       "/linux/seccomp/defaultAction: SCMP_ACT_NOTIFY cannot be used as default action"},
      {[](Spec& s) {
         s.lx.seccomp->syscalls[1].names = {"read", "write"};
       },
       "/linux/seccomp/syscalls/1/names: SCMP_ACT_NOTIFY cannot be used for the write syscall"},
      {[](Spec& s) { s.lx.seccomp->listener_path = ""; }, "/linux/seccomp/listenerMetadata: must not be set without"},
      {[](Spec& s) { s.lx.seccomp->default_action = "SCMP_ACT_ALLOW"; },
       "/linux/seccomp/defaultErrnoRet: the action \"SCMP_ACT_ALLOW\" takes no errno"},
      {[](Spec& s) { s.lx.seccomp->default_action = "SCMP_ACT_TRACE"; }, ""},
      {[](Spec& s) { s.lx.seccomp->syscalls[1].errno_ret = 1; }, "/linux/seccomp/syscalls/1/errnoRet: the action"},
  });
}

TEST(SpecValidateLinux, PersonalityAndResctrl) {
  run({
      {[](Spec& s) { s.lx.personality = "LINUX64"; },
       "/linux/personality/domain: invalid personality domain \"LINUX64\""},
      {[](Spec& s) { s.lx.personality = "LINUX"; }, ""},
      {[](Spec& s) { s.lx.intel_rdt->clos_id = "."; }, "/linux/intelRdt/closID: \".\" is not"},
      {[](Spec& s) { s.lx.intel_rdt->clos_id = ".."; }, "/linux/intelRdt/closID: \"..\" is not"},
      {[](Spec& s) { s.lx.intel_rdt->clos_id = "a/b"; }, "/linux/intelRdt/closID: \"a/b\" is not"},
      {[](Spec& s) { s.lx.intel_rdt->clos_id = "/"; }, ""},
      {[](Spec& s) { s.lx.intel_rdt->mem_bw_schema = "L3:0=1"; }, "/linux/intelRdt/memBwSchema: must start with"},
      {[](Spec& s) { s.lx.intel_rdt->mem_bw_schema = "MB:0=1\nx"; },
       "/linux/intelRdt/memBwSchema: must be a single line"},
      {[](Spec& s) {
         s.lx.intel_rdt->schemata = {"a", "b\n"};
       },
       "/linux/intelRdt/schemata/1: must be a single line"},
  });
}

TEST(SpecValidateLinux, MemoryPolicy) {
  run({
      {[](Spec& s) { s.lx.memory_policy->mode = ""; }, "/linux/memoryPolicy/mode: invalid memory policy mode \"\""},
      {[](Spec& s) { s.lx.memory_policy->mode = "BIND"; },
       "/linux/memoryPolicy/mode: invalid memory policy mode \"BIND\""},
      {[](Spec& s) {
         s.lx.memory_policy->flags = {"MPOL_F_STATIC_NODES", "badflag"};
       },
       "/linux/memoryPolicy/flags/1: invalid memory policy flag \"badflag\""},
      {[](Spec& s) { s.lx.memory_policy->nodes = "0-9876543210"; },
       "/linux/memoryPolicy/nodes: invalid memory policy nodes \"0-9876543210\""},
      {[](Spec& s) {
         *s.lx.memory_policy = {"MPOL_DEFAULT", "0-7", {}};
       },
       "/linux/memoryPolicy/nodes: memory policy mode requires 0 nodes but got 8"},
      {[](Spec& s) {
         *s.lx.memory_policy = {"MPOL_LOCAL", "2", {}};
       },
       "/linux/memoryPolicy/nodes: memory policy mode requires 0 nodes but got 1"},
      {[](Spec& s) {
         *s.lx.memory_policy = {"MPOL_INTERLEAVE", "", {}};
       },
       "/linux/memoryPolicy/nodes: memory policy mode requires at least one node but got 0"},
      {[](Spec& s) {
         *s.lx.memory_policy = {"MPOL_DEFAULT", "", {}};
       },
       ""},
      {[](Spec& s) {
         *s.lx.memory_policy = {"MPOL_PREFERRED", "", {}};
       },
       ""},
      {[](Spec& s) {
         *s.lx.memory_policy = {"MPOL_WEIGHTED_INTERLEAVE", "0", {}};
       },
       ""},
  });
}

TEST(SpecValidateLinux, Warnings) {
  EXPECT_EQ(text_of(warnings(good())),
            "/linux/personality/flags: ignored: no flag is defined\n"
            "/linux/resources/memory/kernel: ignored: kernels no longer have this limit\n");
  Spec s = good();
  s.lx.personality_flags = {};
  s.lx.resources.reset();
  s.mounts[0].destination = "proc";
  s.process->capabilities->ambient = {"CAP_KILL", "CAP_NEW"};
  s.lx.namespaces[5].path = "/proc/1/ns/user";
  EXPECT_EQ(text_of(warnings(s)),
            "/process/capabilities/ambient/1: ignoring unknown capability \"CAP_NEW\"\n"
            "/mounts/0/destination: \"proc\" is not absolute: taken as relative to /\n"
            "/linux/uidMappings: a user namespace is joined: the mappings must be those it already has\n");
}

TEST(SpecValidateLinux, ProcessOfExec) {
  const Result<Process> process = parse_process(R"({"cwd":"x","args":[]})");
  ASSERT_TRUE(process);
  EXPECT_EQ(validate_process(*process).error().what, "/process/cwd: must be an absolute path, found \"x\"");
  EXPECT_EQ(check_process(*process).size(), 2U);
}

}  // namespace
}  // namespace husk::spec
