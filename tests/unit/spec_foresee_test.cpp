// What no start could do, though every member is right by itself.
#include <algorithm>

#include "spec/foresee.h"
#include "spec_validate_cases.h"

namespace husk::spec {
namespace {

Spec plain() {
  Result<Spec> spec = parse(R"({"ociVersion":"1.3.0","root":{"path":"r"},"process":{"cwd":"/","args":["a"]},
      "mounts":[{"destination":"/proc","type":"proc","source":"proc"}],
      "linux":{"namespaces":[{"type":"mount"}],"resources":{"memory":{},"cpu":{}}}})");
  EXPECT_TRUE(spec) << spec.error().what;
  return *std::move(spec);
}

std::string foreseen(void (*spoil)(Spec&), const Around& around = {}) {
  Spec spec = plain();
  spoil(spec);
  EXPECT_EQ(text_of(check_all(spec)), "");
  return text_of(foresee(spec, around));
}

// `problem`: how the only line begins; "": there is none.
void expect(std::initializer_list<Case> cases, const Around& around = {}) {
  int number = 0;
  for (const Case& c : cases) {
    const std::string text = foreseen(c.spoil, around);
    if (*c.problem == '\0')
      EXPECT_EQ(text, "") << "case " << number;
    else
      EXPECT_EQ(text.substr(0, std::string_view(c.problem).size()), c.problem) << "case " << number;
    EXPECT_LE(std::count(text.begin(), text.end(), '\n'), 1) << "case " << number << "\n" << text;
    ++number;
  }
}

Mount mount(const char* to, const char* type, const char* source, std::vector<std::string> options = {}) {
  return {to, type, source, std::move(options), {}, {}};
}
void map_some(Spec& s) {
  s.lx.namespaces.push_back({NsType::user, ""});
  s.lx.uid_mappings = s.lx.gid_mappings = {{0, 100000, 10}};
}

TEST(SpecForesee, Process) {
  expect({
      {[](Spec& s) { s.process->args.push_back(std::string(131071, 'x')); }, ""},
      {[](Spec& s) { s.process->args.push_back(std::string(131072, 'x')); }, "/process/args/1: has 131072 bytes"},
      {[](Spec& s) { s.process->env = {"A=" + std::string(131072, 'x')}; }, "/process/env/0: has 131074 bytes"},
      {[](Spec& s) { s.process->args.assign(70, std::string(100000, 'x')); }, "/process/args: with the environment"},
      {[](Spec& s) { s.process->user.additional_gids.assign(65536, 1); }, ""},
      {[](Spec& s) { s.process->user.additional_gids.assign(65537, 1); }, "/process/user/additionalGids: 65537 groups"},
      {[](Spec& s) {
         s.process->capabilities = Capabilities{{}, {"CAP_KILL"}, {}, {"CAP_KILL"}, {}};
       },
       ""},
      {[](Spec& s) {
         s.process->capabilities = Capabilities{{}, {"CAP_KILL"}, {}, {}, {}};
       },
       "/process/capabilities/effective/0: CAP_KILL is not in the permitted set"},
      {[](Spec& s) {
         s.process->capabilities = Capabilities{{}, {"CAP_UNKNOWN"}, {}, {}, {}};
       },
       ""},
      {[](Spec& s) { s.process->scheduler = Scheduler{"SCHED_ISO", 0, 0, {}, 0, 0, 0}; }, "/process/scheduler/policy"},
      {[](Spec& s) { s.process->scheduler = Scheduler{"SCHED_DEADLINE", 0, 0, {}, 1023, 5000, 5000}; },
       "/process/scheduler/runtime"},
  });
  Around none;
  none.capabilities = 0;  // what the caller does not have is left out, and so nothing is refused
  EXPECT_EQ(foreseen([](Spec& s) { s.process->capabilities = Capabilities{{}, {"CAP_KILL"}, {}, {}, {}}; }, none), "");
}

TEST(SpecForesee, Mounts) {
  expect({
      {[](Spec& s) { s.mounts.push_back(mount("/a", "bind", "")); }, "/mounts/1/source: missing"},
      {[](Spec& s) { s.mounts.push_back(mount("/a", "none", "", {"rbind"})); }, "/mounts/1/source: missing"},
      {[](Spec& s) { s.mounts.push_back(mount("//./", "tmpfs", "t")); }, "/mounts/1/destination: the root itself"},
      {[](Spec& s) { s.mounts.push_back(mount("/proc/sys", "tmpfs", "t")); },
       "/mounts/1/destination: \"/proc/sys\" is"},
      {[](Spec& s) { s.mounts.push_back(mount("/proc/uptime", "bind", "/x")); }, ""},
      {[](Spec& s) { s.mounts.insert(s.mounts.begin(), mount("/proc/sys", "tmpfs", "t")); }, ""},
      {[](Spec& s) { s.mounts.push_back(mount("/a", "tmpfs", "t", {"remount"})); }, "/mounts/1/options: \"remount\""},
      {[](Spec& s) {
         s.mounts.push_back(mount("/a", "tmpfs", "t", {"size=10%", "mode=1777", "nr_inodes=5k"}));
       },
       ""},
      {[](Spec& s) {
         s.mounts.push_back(mount("/a", "tmpfs", "t", {"ro", "size=ten"}));
       },
       "/mounts/1/options/1: "},
      {[](Spec& s) { s.mounts.push_back(mount("/a", "devpts", "t", {"ptmxmode=9"})); }, "/mounts/1/options/0: "},
      {[](Spec& s) { map_some(s), s.mounts.push_back(mount("/a", "devpts", "t", {"gid=5"})); }, ""},
      {[](Spec& s) { map_some(s), s.mounts.push_back(mount("/a", "devpts", "t", {"gid=10"})); },
       "/mounts/1/options/0: \"gid=10\" is not mapped"},
      {[](Spec& s) { s.lx.namespaces.clear(), s.mounts.push_back(mount("/", "bind", "")); }, ""},
  });
}

TEST(SpecForesee, Devices) {
  expect({
      {[](Spec& s) {
         s.lx.devices = {{"c", "/dev/x", 1, 3, {}, {}, {}}, {"c", "/dev/x", 1, 3, {}, {}, {}}};
       },
       ""},
      {[](Spec& s) {
         s.lx.devices = {{"c", "/dev/x", 1, 3, {}, {}, {}}, {"c", "/dev/x/", 1, 5, {}, {}, {}}};
       },
       "/linux/devices/1/path: \"/dev/x\" is another device in entry 0"},
      {[](Spec& s) {
         s.lx.devices = {{"p", "/dev/full/x", 0, 0, {}, {}, {}}};
       },
       "/linux/devices/0/path: "},
      {[](Spec& s) {
         s.lx.devices = {{"p", "/dev/fullx", 0, 0, {}, {}, {}}};
       },
       ""},
      {[](Spec& s) {
         s.mounts.push_back({"/proc/../sys", "sysfs", "sysfs", {}, {}, {}});
         s.lx.devices = {{"c", "/dev/x", 1, 3, {}, {}, {}}};
       },
       ""},
  });
}

TEST(SpecForesee, Ids) {
  expect({
      {[](Spec& s) { map_some(s); }, ""},
      {[](Spec& s) { map_some(s), s.process->user.uid = 10; }, "/process/user/uid: 10 is not mapped"},
      {[](Spec& s) {
         map_some(s), s.process->user.additional_gids = {9, 10};
       },
       "/process/user/additionalGids/1: 10 is not mapped"},
  });
}

TEST(SpecForesee, Limits) {
  expect({
      {[](Spec& s) { s.lx.resources->memory->limit = 1 << 20, s.lx.resources->memory->swap = 1 << 20; }, ""},
      {[](Spec& s) { s.lx.resources->memory->limit = 1 << 20, s.lx.resources->memory->swap = 99; },
       "/linux/resources/memory/swap: 99 is below"},
      {[](Spec& s) { s.lx.resources->memory->limit = -2; }, ""},
      {[](Spec& s) { s.lx.resources->memory->limit = 131072; }, "/linux/resources/memory/limit: 131072 bytes are"},
      {[](Spec& s) { s.lx.resources->pids_limit = 4194304; }, ""},
      {[](Spec& s) { s.lx.resources->pids_limit = 4194305; }, "/linux/resources/pids/limit"},
      {[](Spec& s) { s.lx.resources->cpu->cpus = "all"; }, ""},
      {[](Spec& s) { s.lx.resources->cpu->period = 999; }, "/linux/resources/cpu/period: 999 is out of range"},
      {[](Spec& s) { s.lx.resources->cpu->period = 1000; }, ""},
      {[](Spec& s) { s.lx.resources->cpu->quota = 999; }, "/linux/resources/cpu/quota"},
      {[](Spec& s) { s.lx.resources->cpu->cpus = "0-3,7, 9-15:2/4"; }, ""},
      {[](Spec& s) { s.lx.resources->cpu->cpus = "0-"; }, "/linux/resources/cpu/cpus"},
      {[](Spec& s) { s.lx.resources->cpu->mems = "x"; }, "/linux/resources/cpu/mems"},
      {[](Spec& s) { s.lx.resources->cpu->shares = 1; }, ""},
  });
  Around v1;
  v1.cgroups = Around::Cgroups::v1;
  expect({{[](Spec& s) { s.lx.resources->memory->limit = -2; }, "/linux/resources/memory/limit: -2 is below -1"},
          {[](Spec& s) { s.lx.resources->cpu->shares = 1; }, "/linux/resources/cpu/shares: 1 is out of range"}},
         v1);
}

TEST(SpecForesee, Clocks) {
  const auto later = [](Spec& s) {
    s.lx.namespaces.push_back({NsType::time, ""});
    s.lx.time_offsets = TimeOffsets{{}, TimeOffset{-100, 0}};
  };
  EXPECT_EQ(foreseen(later), "");
  Around around;
  around.boottime = 99;
  EXPECT_EQ(foreseen(later, around).substr(0, 31), "/linux/timeOffsets/boottime/sec");
  around.boottime = 101;
  EXPECT_EQ(foreseen(later, around), "");
}

TEST(SpecForesee, Filters) {
  const auto filter = [](Spec& s, const char* action) {
    s.lx.seccomp.emplace();
    s.lx.seccomp->default_action = action;
  };
  Spec spec = plain();
  spec.process->no_new_privileges = true;
  for (const char* action : {"SCMP_ACT_ALLOW", "SCMP_ACT_LOG"}) {
    filter(spec, action);
    EXPECT_EQ(text_of(foresee(spec, {})), "") << action;
  }
  for (const char* action : {"SCMP_ACT_ERRNO", "SCMP_ACT_KILL", "SCMP_ACT_TRAP"}) {
    filter(spec, action);
    EXPECT_EQ(text_of(foresee(spec, {})).substr(0, 29), "/linux/seccomp/defaultAction:") << action;
    spec.lx.seccomp->syscalls = {{{"execve"}, "SCMP_ACT_ALLOW", {}, {}}};
    EXPECT_EQ(text_of(foresee(spec, {})), "") << action;
  }
  // Without no_new_privs the filter comes first, and becoming the user after it.
  spec.process->no_new_privileges = false;
  filter(spec, "SCMP_ACT_ALLOW");
  spec.lx.seccomp->syscalls = {{{"setresuid"}, "SCMP_ACT_ERRNO", {}, {}}};
  EXPECT_EQ(text_of(foresee(spec, {})).substr(0, 35), "/linux/seccomp/syscalls/0/action: r");
  spec.lx.seccomp->syscalls = {{{"mkdir"}, "SCMP_ACT_NOTIFY", {}, {}}};
  EXPECT_EQ(text_of(foresee(spec, {})).substr(0, 28), "/linux/seccomp/listenerPath:");
}

}  // namespace
}  // namespace husk::spec
