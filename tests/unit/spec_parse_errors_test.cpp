#include <gtest/gtest.h>

#include "spec/parse.h"
#include "spec/validate.h"

namespace husk::spec {
namespace {

struct Case {
  std::string members;  // of the document, after ociVersion
  const char* error;
};

std::string error_of(const std::string& members) {
  const Result<Spec> spec = parse(R"({"ociVersion":"1.3.0")" + (members.empty() ? "" : "," + members) + "}");
  return spec ? "" : spec.error().what;
}

std::string linux_with(const std::string& members) {
  return R"("linux":{)" + members + "}";
}
std::string resources_with(const std::string& members) {
  return linux_with(R"("resources":{)" + members + "}");
}
std::string process_with(const std::string& members) {
  return R"("process":{"cwd":"/",)" + members + "}";
}

TEST(SpecParse, TheSmallest) {
  const Result<Spec> spec = parse(R"({"ociVersion":"1.0.0"})");
  ASSERT_TRUE(spec);
  EXPECT_FALSE(spec->process);
  EXPECT_EQ(spec->root.path, "");
}

TEST(SpecParse, Top) {
  EXPECT_EQ(parse("{}").error().what, "/ociVersion: missing");
  EXPECT_EQ(parse("null").error().what, "the document: expected an object, found null");
  EXPECT_EQ(parse("[]").error().what, "the document: expected an object, found an array");
  EXPECT_EQ(parse("{\n\"ociVersion\": }").error().what, "line 2, column 15: expected a value");
  for (const Case& c : {
           Case{R"("process":3)", "/process: expected an object, found a number"},
           Case{R"("process":{})", "/process/cwd: missing"},
           Case{R"("process":{"cwd":null})", "/process/cwd: missing"},
           Case{R"("root":{})", "/root/path: missing"},
           Case{R"("root":{"path":"r","readonly":"yes"})", "/root/readonly: expected a boolean, found a string"},
           Case{R"("hostname":"a\u0000b")", "/hostname: string contains a NUL byte"},
           Case{R"("hostname":7)", "/hostname: expected a string, found a number"},
           Case{R"("mounts":{})", "/mounts: expected an array, found an object"},
           Case{R"("mounts":[{"type":"proc"}])", "/mounts/0/destination: missing"},
           Case{R"("mounts":[{},{}])", "/mounts/0/destination: missing"},
           Case{R"("mounts":[{"destination":"/a","type":"b","type":"c"}])", "/mounts/0: duplicate key \"type\""},
           Case{R"("mounts":[{"destination":"/a","options":"ro"}])",
                "/mounts/0/options: expected an array, found a string"},
           Case{R"("hooks":{"poststop":[{"args":[]}]})", "/hooks/poststop/0/path: missing"},
           Case{R"("hooks":{"poststart":[{"path":"/x","timeout":"1s"}]})",
                "/hooks/poststart/0/timeout: expected an integer, found a string"},
           Case{R"("annotations":{"a/b":1})", "/annotations/a~1b: expected a string, found a number"},
           Case{R"("unknown":{"twice":1,"twice":2})", "/unknown: duplicate key \"twice\""},
       })
    EXPECT_EQ(error_of(c.members), c.error);
}

TEST(SpecParse, Process) {
  for (const Case& c : {
           Case{R"("user":{"uid":4294967296})", "/process/user/uid: 4294967296 is out of range (0..4294967295)"},
           Case{R"("user":{"gid":-1})", "/process/user/gid: -1 is out of range (0..4294967295)"},
           Case{R"("user":{"additionalGids":[1,"2"]})",
                "/process/user/additionalGids/1: expected an integer, found a string"},
           Case{R"("args":[1])", "/process/args/0: expected a string, found a number"},
           Case{R"("args":["a",null])", "/process/args/1: expected a string, found null"},
           Case{R"("env":["A=\u0000"])", "/process/env/0: string contains a NUL byte"},
           Case{R"("consoleSize":{"height":1})", "/process/consoleSize/width: missing"},
           Case{R"("rlimits":[{"soft":1,"hard":1}])", "/process/rlimits/0/type: missing"},
           Case{R"("rlimits":[{"type":"RLIMIT_CPU","hard":1}])", "/process/rlimits/0/soft: missing"},
           Case{R"("rlimits":[{"type":"RLIMIT_CPU","soft":1}])", "/process/rlimits/0/hard: missing"},
           Case{R"("capabilities":["CAP_KILL"])", "/process/capabilities: expected an object, found an array"},
           Case{R"("oomScoreAdj":1.5)", "/process/oomScoreAdj: expected an integer, found 1.5"},
           Case{R"("ioPriority":{"priority":1})", "/process/ioPriority/class: missing"},
           Case{R"("scheduler":{"nice":1})", "/process/scheduler/policy: missing"},
           Case{R"("scheduler":{"policy":"SCHED_RR","nice":2147483648})",
                "/process/scheduler/nice: 2147483648 is out of range (-2147483648..2147483647)"},
           Case{R"("terminal":1)", "/process/terminal: expected a boolean, found a number"},
       })
    EXPECT_EQ(error_of(process_with(c.members)), c.error);
}

TEST(SpecParse, Linux) {
  for (const Case& c : {
           Case{R"("namespaces":[{"type":"pid"},{"type":"uts"},{"type":"nett"}])",
                "/linux/namespaces/2/type: \"nett\" is not a namespace type (known: pid, network, mount, ipc, uts, "
                "user, cgroup, time)"},
           Case{R"("namespaces":[{"type":"PID"}])",
                "/linux/namespaces/0/type: \"PID\" is not a namespace type (known: pid, network, mount, ipc, uts, "
                "user, cgroup, time)"},
           Case{R"("namespaces":[{}])", "/linux/namespaces/0/type: missing"},
           Case{R"("namespaces":["pid"])", "/linux/namespaces/0: expected an object, found a string"},
           Case{R"("uidMappings":[{"containerID":0,"hostID":0}])", "/linux/uidMappings/0/size: missing"},
           Case{R"("uidMappings":[{"containerID":0,"size":1}])", "/linux/uidMappings/0/hostID: missing"},
           Case{R"("gidMappings":[{"hostID":0,"size":1}])", "/linux/gidMappings/0/containerID: missing"},
           Case{R"("timeOffsets":{"realtime":{"secs":1}})",
                "/linux/timeOffsets/realtime: \"realtime\" is not a clock of a time namespace (known: monotonic, "
                "boottime)"},
           Case{R"("timeOffsets":[1])", "/linux/timeOffsets: expected an object, found an array"},
           Case{R"("devices":[{"type":"c","path":"/dev/x","minor":1}])", "/linux/devices/0/major: missing"},
           Case{R"("devices":[{"type":"b","path":"/dev/x","major":1}])", "/linux/devices/0/minor: missing"},
           Case{R"("devices":[{"type":"p"}])", "/linux/devices/0/path: missing"},
           Case{R"("netDevices":{"eth0":{"name":23}})",
                "/linux/netDevices/eth0/name: expected a string, found a number"},
           Case{R"("netDevices":["eth0"])", "/linux/netDevices: expected an object, found an array"},
           Case{R"("personality":{})", "/linux/personality/domain: missing"},
           Case{R"("personality":{"domain":""})", "/linux/personality: domain is empty (known: LINUX, LINUX32)"},
           Case{R"("seccomp":{"syscalls":[{"names":["a"],"action":"x"}]})", "/linux/seccomp/defaultAction: missing"},
           Case{R"("seccomp":[])", "/linux/seccomp: expected an object, found an array"},
           Case{R"("seccomp":{"defaultAction":"x","syscalls":[{"action":"y"}]})",
                "/linux/seccomp/syscalls/0/names: missing"},
           Case{R"("seccomp":{"defaultAction":"x","syscalls":[{"names":[],"action":"y","args":[{"index":0}]}]})",
                "/linux/seccomp/syscalls/0/args/0/value: missing"},
           Case{R"("sysctl":{"net.a":1})", "/linux/sysctl/net.a: expected a string, found a number"},
       })
    EXPECT_EQ(error_of(linux_with(c.members)), c.error);
}

TEST(SpecParse, Resources) {
  for (const Case& c : {
           Case{R"("devices":[{"access":"r"}])", "/linux/resources/devices/0/allow: missing"},
           Case{R"("memory":{"limit":"1G"})", "/linux/resources/memory/limit: expected an integer, found a string"},
           Case{R"("cpu":{"shares":-2})", "/linux/resources/cpu/shares: -2 is out of range (0..18446744073709551615)"},
           Case{R"("pids":{"limit":1.0})", "/linux/resources/pids/limit: expected an integer, found 1.0"},
           Case{R"("pids":7)", "/linux/resources/pids: expected an object, found a number"},
           Case{R"("blockIO":{"weight":65536})", "/linux/resources/blockIO/weight: 65536 is out of range (0..65535)"},
           Case{R"("blockIO":{"throttleReadBpsDevice":[{"major":1,"minor":1}]})",
                "/linux/resources/blockIO/throttleReadBpsDevice/0/rate: missing"},
           Case{R"("hugepageLimits":[{"limit":1}])", "/linux/resources/hugepageLimits/0/pageSize: missing"},
           Case{R"("rdma":{"m":{"hcaHandles":"x"}})",
                "/linux/resources/rdma/m/hcaHandles: expected an integer, found a string"},
           Case{R"("network":{"priorities":[{"name":"a"}]})",
                "/linux/resources/network/priorities/0/priority: missing"},
           Case{R"("unified":{"memory.high":1})",
                "/linux/resources/unified/memory.high: expected a string, found a number"},
       })
    EXPECT_EQ(error_of(resources_with(c.members)), c.error);
}

TEST(SpecParse, NullIsAbsent) {
  const Result<Spec> spec = parse(R"({"ociVersion":"1.0.0","process":null,"root":null,"mounts":null,"hooks":null,
      "annotations":{"k":null},"linux":{"namespaces":null,"resources":{"memory":{"limit":null},"pids":null},
      "seccomp":null,"personality":null,"netDevices":{"e":null},"timeOffsets":{"monotonic":null}}})");
  ASSERT_TRUE(spec) << spec.error().what;
  EXPECT_FALSE(spec->process);
  EXPECT_FALSE(spec->lx.resources->memory->limit);
  EXPECT_FALSE(spec->lx.resources->pids_limit);
  EXPECT_FALSE(spec->lx.seccomp);
  EXPECT_EQ(spec->annotations, (StringMap{{"k", ""}}));
  EXPECT_EQ(spec->lx.net_devices.at(0).host_name, "e");
}

TEST(SpecParse, SeccompThatAsksForNothingIsNone) {
  for (const char* nothing : {"{}", R"({"defaultAction":""})", R"({"syscalls":[],"architectures":[]})"}) {
    const Result<Spec> spec = parse(cat(R"({"ociVersion":"1.0.0","linux":{"seccomp":)", nothing, "}}"));
    ASSERT_TRUE(spec) << spec.error().what;
    EXPECT_FALSE(spec->lx.seccomp) << nothing;
  }
  const Result<Spec> spec = parse(R"({"ociVersion":"1","linux":{"seccomp":{"defaultAction":"SCMP_ACT_LOG"}}})");
  ASSERT_TRUE(spec && spec->lx.seccomp);
  EXPECT_FALSE(spec->lx.seccomp->flags_given);
}

TEST(SpecParse, NamesAreMatchedExactly) {
  const Result<Spec> spec = parse(R"({"ociVersion":"1.0.0","Hostname":"a","LINUX":{"sysctl":3}})");
  ASSERT_TRUE(spec);
  EXPECT_EQ(spec->hostname, "");
}

TEST(SpecParse, ProcessAlone) {
  const Result<Process> process = parse_process(R"({"args":["sleep","1"],"cwd":"/","user":{"uid":3}})");
  ASSERT_TRUE(process);
  EXPECT_EQ(process->args.at(1), "1");
  EXPECT_EQ(process->user.uid, 3U);
  EXPECT_EQ(parse_process("{}").error().what, "/cwd: missing");
}

TEST(SpecParse, ResourcesAlone) {
  const Result<Resources> resources = parse_resources(R"({"memory":{"limit":5},"pids":{"limit":-1}})");
  ASSERT_TRUE(resources);
  EXPECT_EQ(resources->memory->limit, 5);
  EXPECT_EQ(resources->pids_limit, -1);
  EXPECT_EQ(parse_resources(R"({"cpu":{"quota":true}})").error().what,
            "/cpu/quota: expected an integer, found a boolean");
}

// ---------------------------------------------------------------- everything at once

std::string all_of(const std::string& members) {
  Spec spec;
  const Result<std::vector<Problem>> problems =
      examine(R"({"ociVersion":"1.3.0","root":{"path":"r"},)" + members + "}", spec);
  if (!problems) return problems.error().what;
  std::string out;
  for (const Problem& p : *problems) out += p.pointer + ": " + p.message + "\n";
  return out;
}

TEST(SpecExamine, AMemberThatIsNotThereIsNotLookedInto) {
  const std::string good = process_with(R"("args":["a"])");
  for (const char* entry : {"{}", R"({"type":null})"})
    EXPECT_EQ(all_of(good + "," + linux_with(cat(R"("namespaces":[)", entry, "]"))),
              "/linux/namespaces/0/type: missing\n");
  EXPECT_EQ(all_of(good + "," + linux_with(R"("namespaces":["pid",7,null])")),
            "/linux/namespaces/0: expected an object, found a string\n"
            "/linux/namespaces/1: expected an object, found a number\n"
            "/linux/namespaces/2: expected an object, found null\n");
}

TEST(SpecExamine, OneProblemForOnePlace) {
  const std::string good = process_with(R"("args":["a"])");
  for (const Case& c : {
           Case{R"("process":3)", "/process: expected an object, found a number\n"},
           Case{R"("process":{"args":["a"]})", "/process/cwd: missing\n"},
       })
    EXPECT_EQ(all_of(c.members), c.error);
  for (const Case& c : {
           Case{R"("namespaces":[{"type":["a"]}])", "/linux/namespaces/0/type: expected a string, found an array\n"},
           Case{R"("personality":{})", "/linux/personality/domain: missing\n"},
           Case{R"("personality":{"domain":7})", "/linux/personality/domain: expected a string, found a number\n"},
           Case{R"("resources":{"rdma":{"a":null}})", "/linux/resources/rdma/a: expected an object, found null\n"},
           Case{R"("resources":{"memory":[]})", "/linux/resources/memory: expected an object, found an array\n"},
           Case{R"("timeOffsets":7)", "/linux/timeOffsets: expected an object, found a number\n"},
       })
    EXPECT_EQ(all_of(good + "," + linux_with(c.members)), c.error);
}

TEST(SpecExamine, WhatFollowsFromAnotherProblemIsNone) {
  const std::string good = process_with(R"("args":["a"])");
  EXPECT_EQ(all_of(good + R"(,"hostname":"h",)" + linux_with(R"("namespaces":[{"type":"utss"}],"maskedPaths":["/a"])")),
            "/linux/namespaces/0/type: \"utss\" is not a namespace type (known: pid, network, mount, ipc, uts, user, "
            "cgroup, time)\n");
  EXPECT_EQ(all_of(good + "," + linux_with(R"("namespaces":[{},{"type":"pid"}])")),
            "/linux/namespaces/0/type: missing\n");
  EXPECT_EQ(all_of(process_with(R"("args":["a"],"rlimits":[{"type":"RLIMIT_CPU","soft":4,"hard":"x"}])")),
            "/process/rlimits/0/hard: expected an integer, found a string\n");
  EXPECT_EQ(all_of(good + "," + linux_with(R"("namespaces":[{"type":"user"}],"uidMappings":[{"containerID":0,
      "hostID":0,"size":1},{"hostID":5,"size":1}],"gidMappings":[{"containerID":0,"hostID":0,"size":1}])")),
            "/linux/uidMappings/1/containerID: missing\n");
}

TEST(SpecExamine, TheResultEndsSomewhere) {
  std::string many;
  for (int i = 0; i < 2000; ++i) many += i == 0 ? "1" : ",1";
  Spec spec;
  const Result<std::vector<Problem>> problems = examine(R"({"ociVersion":"1.3.0","mounts":[)" + many + "]}", spec);
  ASSERT_TRUE(problems);
  EXPECT_LT(problems->size(), 1100U);
}

TEST(SpecExamine, PointersOfAProcessAreThoseOfItsFile) {
  Process process;
  const Result<std::vector<Problem>> problems =
      examine_process(R"({"args":["a"],"env":["x"],"user":{"uid":-1}})", process);
  ASSERT_TRUE(problems);
  std::string out;
  for (const Problem& p : *problems) out += p.pointer + ": " + p.message + "\n";
  EXPECT_EQ(out,
            "/user/uid: -1 is out of range (0..4294967295)\n/cwd: missing\n"
            "/env/0: invalid environment variable \"x\": missing '='\n");
}

}  // namespace
}  // namespace husk::spec
