#include <gtest/gtest.h>

#include "spec/default_spec.h"
#include "spec/parse.h"
#include "spec/validate.h"
#include "spec_validate_cases.h"

namespace husk::spec {
namespace {

void join(Spec& s, NsType type, const char* path) {
  for (Namespace& n : s.lx.namespaces)
    if (n.type == type) n.path = path;
}

TEST(SpecValidate, TheGoodOnesAre) {
  EXPECT_EQ(text_of(check_all(good())), "");
  EXPECT_TRUE(validate(good()));
  for (const bool rootless : {false, true})
    EXPECT_EQ(text_of(check_all(*parse(default_config(rootless, 1000, 1000)))), "");
}

TEST(SpecValidate, ErrorIsTheFirstProblem) {
  Spec s = good();
  s.hostname = "h";
  s.domainname = "";
  drop(s, NsType::uts);
  const Status status = validate(s);
  ASSERT_FALSE(status);
  EXPECT_EQ(status.error().text(),
            "/hostname: needs a uts namespace, and none is asked for (add {\"type\": \"uts\"} to /linux/namespaces)");
}

TEST(SpecValidate, Version) {
  run({
      {[](Spec& s) { s.oci_version = ""; }, "/ociVersion: \"\" is not a version"},
      {[](Spec& s) { s.oci_version = "1.0"; }, "/ociVersion: \"1.0\" is not a version"},
      {[](Spec& s) { s.oci_version = "1.0.0.0"; }, "/ociVersion: \"1.0.0.0\" is not a version"},
      {[](Spec& s) { s.oci_version = "1.00.0"; }, "/ociVersion: \"1.00.0\" is not a version"},
      {[](Spec& s) { s.oci_version = "v1.0.0"; }, "/ociVersion: \"v1.0.0\" is not a version"},
      {[](Spec& s) { s.oci_version = "1.0.0-"; }, "/ociVersion: \"1.0.0-\" is not a version"},
      {[](Spec& s) { s.oci_version = "1.0.0-a b"; }, "/ociVersion: \"1.0.0-a b\" is not a version"},
      {[](Spec& s) { s.oci_version = "2.0.0"; }, "/ociVersion: version 2.0.0 of the specification is not supported"},
      {[](Spec& s) { s.oci_version = "0.5.0-dev"; }, "/ociVersion: version 0.5.0-dev of the"},
      {[](Spec& s) { s.oci_version = "1.0.2-dev"; }, ""},
      {[](Spec& s) { s.oci_version = "1.99.0-rc.1+build.5"; }, ""},
      {[](Spec& s) { s.root.path = ""; }, "/root/path: missing"},
      {[](Spec& s) {
         s.annotations.push_back({"", "v"});
       },
       "/annotations: a key is empty"},
  });
}

TEST(SpecValidate, Process) {
  run({
      {[](Spec& s) { s.process.reset(); }, "/process: missing"},
      {[](Spec& s) { s.process->cwd = ""; }, "/process/cwd: must not be empty"},
      {[](Spec& s) { s.process->cwd = "a/b"; }, "/process/cwd: must be an absolute path, found \"a/b\""},
      {[](Spec& s) { s.process->args = {}; }, "/process/args: must not be empty"},
      {[](Spec& s) {
         s.process->args = {"", "x"};
       },
       "/process/args/0: is the program to run"},
      {[](Spec& s) {
         s.process->env = {"A=1", "B"};
       },
       "/process/env/1: invalid environment variable \"B\": missing '='"},
      {[](Spec& s) { s.process->env = {"=1"}; }, "/process/env/0: invalid environment variable \"=1\""},
      {[](Spec& s) { s.process->oom_score_adj = -1001; }, "/process/oomScoreAdj: -1001 is out of range"},
      {[](Spec& s) { s.process->oom_score_adj = 1001; }, "/process/oomScoreAdj: 1001 is out of range"},
      {[](Spec& s) { s.process->oom_score_adj = 1000; }, ""},
      {[](Spec& s) { s.process->rlimits[0].type = "RLIMIT_FOO"; },
       "/process/rlimits/0/type: \"RLIMIT_FOO\" is not a resource limit (known: RLIMIT_CPU,"},
      {[](Spec& s) { s.process->rlimits[1].type = "RLIMIT_NOFILE"; },
       "/process/rlimits/1/type: RLIMIT_NOFILE is there twice"},
      {[](Spec& s) { s.process->rlimits[0].soft = 5000; },
       "/process/rlimits/0/soft: 5000 is above the hard limit 4096"},
      {[](Spec& s) { s.process->rlimits[0].soft = 4096; }, ""},
  });
  Spec s = good();
  s.process.reset();
  EXPECT_EQ(text_of(check_all(s, NeedProcess::no)), "");
}

TEST(SpecValidate, Scheduling) {
  run({
      {[](Spec& s) { s.process->io_priority->cls = "IOPRIO_CLASS_XX"; },
       "/process/ioPriority/class: \"IOPRIO_CLASS_XX\""},
      {[](Spec& s) { s.process->io_priority->priority = 8; }, "/process/ioPriority/priority: 8 is out of range (0..7)"},
      {[](Spec& s) { s.process->io_priority->priority = -1; }, "/process/ioPriority/priority: -1 is out of"},
      {[](Spec& s) { s.process->scheduler->policy = ""; },
       "/process/scheduler/policy: \"\" is not a scheduling policy"},
      {[](Spec& s) { s.process->scheduler->policy = "SCHED_FOO"; }, "/process/scheduler/policy: \"SCHED_FOO\" is not"},
      {[](Spec& s) {
         s.process->scheduler->flags = {"SCHED_FLAG_RECLAIM", "X"};
       },
       "/process/scheduler/flags/1: \"X\""},
      {[](Spec& s) { s.process->scheduler->policy = "SCHED_BATCH"; },
       "/process/scheduler: runtime, deadline and period"},
      {[](Spec& s) { s.process->scheduler = Scheduler{.policy = "SCHED_OTHER", .nice = -21}; },
       "/process/scheduler/nice: -21 is out of range"},
      {[](Spec& s) { s.process->scheduler = Scheduler{.policy = "SCHED_BATCH", .nice = 20}; },
       "/process/scheduler/nice: 20 is out of range"},
      {[](Spec& s) { s.process->scheduler = Scheduler{.policy = "SCHED_BATCH", .nice = 19}; }, ""},
      {[](Spec& s) { s.process->scheduler = Scheduler{.policy = "SCHED_OTHER", .priority = 1}; },
       "/process/scheduler/priority: needs the policy SCHED_FIFO or SCHED_RR"},
      {[](Spec& s) { s.process->scheduler = Scheduler{.policy = "SCHED_FIFO", .priority = 0}; },
       "/process/scheduler/priority: 0 is out of range (1..99)"},
      {[](Spec& s) { s.process->scheduler = Scheduler{.policy = "SCHED_RR", .priority = 99}; }, ""},
      {[](Spec& s) { s.process->scheduler->runtime = 2000001; }, "/process/scheduler/runtime: 2000001 is above"},
      {[](Spec& s) { s.process->scheduler->deadline = 3000001; }, "/process/scheduler/deadline: 3000001 is above"},
      {[](Spec& s) { s.process->scheduler->period = 0; }, ""},
      {[](Spec& s) { s.process->exec_cpu_affinity->initial = "0-"; },
       "/process/execCPUAffinity/initial: \"0-\" is not"},
      {[](Spec& s) { s.process->exec_cpu_affinity->final = "x"; }, "/process/execCPUAffinity/final: \"x\" is not"},
  });
}

TEST(SpecValidate, Mounts) {
  run({
      {[](Spec& s) { s.mounts[0].destination = ""; }, "/mounts/0/destination: must not be empty"},
      {[](Spec& s) { s.mounts[0].destination = "relative"; }, ""},
      {[](Spec& s) { s.mounts[1].options.push_back("mode=755"); },
       "/mounts/1/options/3: \"mode=755\" is an option of a file system"},
      {[](Spec& s) { s.mounts[0].options = {"mode=755"}; }, ""},
      {[](Spec& s) {
         s.mounts[1].options = {"bind", "rnosymfollow", "runbindable", "defaults", "norelatime"};
       },
       ""},
      {[](Spec& s) { s.mounts[1].options = {"ridmap"}; }, "/mounts/1: only bind mounts can be id-mapped"},
      {[](Spec& s) { s.mounts[1].options = {"ro"}; }, "/mounts/1: only bind mounts can be id-mapped"},
      {[](Spec& s) { s.mounts[1].gid_mappings = {}; }, "/mounts/1: needs both uidMappings and gidMappings"},
      {[](Spec& s) { s.mounts[1].uid_mappings = {}; }, "/mounts/1: needs both uidMappings and gidMappings"},
      {[](Spec& s) { s.mounts[1].uid_mappings[0].size = 0; }, "/mounts/1/uidMappings/0/size: must be more than 0"},
      {[](Spec& s) { s.mounts[1].uid_mappings = s.mounts[1].gid_mappings = {}; }, ""},
      {[](Spec& s) {
         s.mounts[1].uid_mappings = s.mounts[1].gid_mappings = {};
         join(s, NsType::user, "/proc/1/ns/user");
       },
       ""},
      {[](Spec& s) {
         s.mounts[1].uid_mappings = s.mounts[1].gid_mappings = {};
         s.lx.uid_mappings = s.lx.gid_mappings = {};
         s.lx.sysctl = {};
         drop(s, NsType::user);
       },
       "/mounts/1: an id-mapped mount needs uidMappings and gidMappings, or a user namespace"},
      {[](Spec& s) { s.lx.rootfs_propagation = "sharedd"; }, "/linux/rootfsPropagation: \"sharedd\" is not"},
      {[](Spec& s) {
         s.lx.masked_paths = {"/a", "b"};
       },
       "/linux/maskedPaths/1: must be an absolute path"},
      {[](Spec& s) { s.lx.readonly_paths = {""}; }, "/linux/readonlyPaths/0: must be an absolute path"},
      {[](Spec& s) {
         s.lx.readonly_paths = {};
         drop(s, NsType::mount);
       },
       "/linux/maskedPaths: cannot be hidden"},
  });
}

TEST(SpecValidate, Hooks) {
  run({
      {[](Spec& s) { s.hooks.prestart[0].path = "h"; }, "/hooks/prestart/0/path: must be an absolute path"},
      {[](Spec& s) { s.hooks.create_runtime[0].path = ""; }, "/hooks/createRuntime/0/path: must be an"},
      {[](Spec& s) { s.hooks.create_container[0].timeout = 0; },
       "/hooks/createContainer/0/timeout: must be more than 0"},
      {[](Spec& s) { s.hooks.start_container[0].timeout = -3; }, "/hooks/startContainer/0/timeout: must be more"},
      {[](Spec& s) { s.hooks.poststart[0].path = "./h"; }, "/hooks/poststart/0/path: must be an"},
      {[](Spec& s) { s.hooks.poststop[1].path = "h"; }, "/hooks/poststop/1/path: must be an"},
  });
}

TEST(SpecValidate, Namespaces) {
  run({
      {[](Spec& s) {
         s.lx.namespaces.push_back({NsType::ipc, ""});
       },
       "/linux/namespaces/8/type: \"ipc\" is there twice"},
      {[](Spec& s) { join(s, NsType::pid, "7/ns/pid"); }, "/linux/namespaces/0/path: must be an absolute path"},
      {[](Spec& s) { drop(s, NsType::time); }, "/linux/timeOffsets: time offsets need a time namespace"},
      {[](Spec& s) { join(s, NsType::time, "/t"); },
       "/linux/timeOffsets: the clocks of a time namespace that is joined"},
      {[](Spec& s) { s.lx.time_offsets->boottime->nanosecs = 1000000000; },
       "/linux/timeOffsets/boottime/nanosecs: 1000000000 is out of range"},
      {[](Spec& s) {
         s.domainname = "";
         drop(s, NsType::uts);
       },
       "/hostname: needs a uts namespace"},
      {[](Spec& s) {
         s.hostname = "";
         drop(s, NsType::uts);
       },
       "/domainname: needs a uts namespace"},
      {[](Spec& s) { s.hostname = std::string(65, 'h'); }, "/hostname: has 65 bytes"},
      {[](Spec& s) { s.hostname = std::string(64, 'h'); }, ""},
  });
}

TEST(SpecValidate, Mappings) {
  run({
      {[](Spec& s) {
         s.lx.sysctl = {};
         drop(s, NsType::user);
       },
       "/linux/uidMappings: mappings need a user namespace"},
      {[](Spec& s) { s.lx.uid_mappings = {}; }, "/linux/uidMappings: missing: a new user namespace needs mappings"},
      {[](Spec& s) { s.lx.gid_mappings = {}; }, "/linux/gidMappings: missing: a new user namespace needs mappings"},
      {[](Spec& s) {
         s.lx.uid_mappings = s.lx.gid_mappings = {};
         join(s, NsType::user, "/proc/1/ns/user");
       },
       ""},
      {[](Spec& s) { join(s, NsType::user, "/proc/1/ns/user"); }, ""},
      {[](Spec& s) { s.lx.uid_mappings[0].size = 0; }, "/linux/uidMappings/0/size: must be more than 0"},
      {[](Spec& s) {
         s.lx.uid_mappings = {{0, 0, 4294967295}};
       },
       ""},
      {[](Spec& s) {
         s.lx.uid_mappings = {{1, 0, 4294967295}};
       },
       "/linux/uidMappings/0: its container ids reach"},
      {[](Spec& s) {
         s.lx.uid_mappings = {{0, 1, 4294967295}};
       },
       "/linux/uidMappings/0: its host ids reach"},
      {[](Spec& s) {
         s.lx.uid_mappings = {{4294967295, 0, 1}};
       },
       "/linux/uidMappings/0: its container ids reach"},
      {[](Spec& s) {
         s.lx.gid_mappings = {{0, 100, 10}, {9, 200, 10}};
       },
       "/linux/gidMappings/1: its container ids overlap those of entry 0"},
      {[](Spec& s) {
         s.lx.gid_mappings = {{50, 109, 10}, {0, 100, 10}};
       },
       "/linux/gidMappings/1: its host ids overlap those of entry 0"},
      {[](Spec& s) {
         s.lx.gid_mappings = {{10, 110, 10}, {0, 100, 10}};
       },
       ""},
      {[](Spec& s) {
         s.lx.uid_mappings = {};
         for (uint32_t i = 0; i < 340; ++i) s.lx.uid_mappings.push_back({i, i, 1});
       },
       ""},
      {[](Spec& s) {
         s.lx.uid_mappings = {};
         for (uint32_t i = 0; i < 341; ++i) s.lx.uid_mappings.push_back({i, i, 1});
       },
       "/linux/uidMappings: 341 entries, but the kernel takes at most 340"},
  });
}

}  // namespace
}  // namespace husk::spec
