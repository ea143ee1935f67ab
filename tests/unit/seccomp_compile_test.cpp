#include <gtest/gtest.h>
#include <seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bpf.h"
#include "rooms/seccomp/seccomp.h"

namespace husk::seccomp {
namespace {

using spec::Seccomp;
using spec::SeccompArg;
using spec::SeccompRule;
using test::Bpf;
using test::Call;

constexpr uint32_t kErrno(uint32_t e) {
  return SECCOMP_RET_ERRNO | e;
}

SeccompRule rule(std::vector<std::string> names, std::string action, std::vector<SeccompArg> args = {}) {
  SeccompRule r;
  r.names = std::move(names);
  r.action = std::move(action);
  r.args = std::move(args);
  return r;
}

Seccomp profile(std::string default_action, std::vector<SeccompRule> rules) {
  Seccomp s;
  s.default_action = std::move(default_action);
  s.syscalls = std::move(rules);
  return s;
}

Filter compiled(const Seccomp& s) {
  auto f = compile(s);
  EXPECT_TRUE(f.ok()) << f.error().text();
  return f.ok() ? *std::move(f) : Filter();
}

int nr_of(const char* name, uint32_t arch = SCMP_ARCH_X86_64) {
  return seccomp_syscall_resolve_name_arch(arch, name);
}

uint32_t decide(const Filter& f, const char* name, std::vector<uint64_t> args = {}, uint32_t arch = AUDIT_ARCH_X86_64,
                uint32_t scmp = SCMP_ARCH_X86_64) {
  Call call;
  call.arch = arch;
  call.nr = nr_of(name, scmp);
  for (size_t i = 0; i < args.size(); ++i) call.args[i] = args[i];
  return Bpf(f.program).run(call).value_or(0xdead);
}

std::string error_of(const Seccomp& s) {
  auto f = compile(s);
  return f.ok() ? "" : f.error().text();
}

TEST(Seccomp, DefaultAndRule) {
  const Filter f = compiled(profile("SCMP_ACT_ALLOW", {rule({"getcwd"}, "SCMP_ACT_ERRNO")}));
  EXPECT_EQ(decide(f, "getcwd"), kErrno(EPERM));
  EXPECT_EQ(decide(f, "read"), SECCOMP_RET_ALLOW);
  EXPECT_EQ(f.program.size() % 8, 0U);
  EXPECT_FALSE(f.notify);
}

TEST(Seccomp, EveryAction) {
  const std::pair<const char*, uint32_t> actions[] = {{"SCMP_ACT_KILL", SECCOMP_RET_KILL_THREAD},
                                                      {"SCMP_ACT_KILL_THREAD", SECCOMP_RET_KILL_THREAD},
                                                      {"SCMP_ACT_KILL_PROCESS", SECCOMP_RET_KILL_PROCESS},
                                                      {"SCMP_ACT_TRAP", SECCOMP_RET_TRAP},
                                                      {"SCMP_ACT_ERRNO", kErrno(EPERM)},
                                                      {"SCMP_ACT_TRACE", SECCOMP_RET_TRACE | EPERM},
                                                      {"SCMP_ACT_LOG", SECCOMP_RET_LOG},
                                                      {"SCMP_ACT_NOTIFY", SECCOMP_RET_USER_NOTIF}};
  for (const auto& [name, value] : actions) {
    const Filter f = compiled(profile("SCMP_ACT_ALLOW", {rule({"getcwd"}, name)}));
    EXPECT_EQ(decide(f, "getcwd"), value) << name;
    EXPECT_EQ(decide(f, "read"), SECCOMP_RET_ALLOW) << name;
  }
}

TEST(Seccomp, ErrnoReturns) {
  SeccompRule r = rule({"getcwd"}, "SCMP_ACT_ERRNO");
  r.errno_ret = 77;
  Seccomp s = profile("SCMP_ACT_ERRNO", {r, rule({"read"}, "SCMP_ACT_ALLOW"), rule({"write"}, "SCMP_ACT_ERRNO")});
  s.default_errno_ret = ENOSYS;
  const Filter f = compiled(s);
  EXPECT_EQ(decide(f, "getcwd"), kErrno(77));
  EXPECT_EQ(decide(f, "write"), kErrno(EPERM));
  EXPECT_EQ(decide(f, "read"), SECCOMP_RET_ALLOW);
  EXPECT_EQ(decide(f, "openat"), kErrno(ENOSYS));
}

TEST(Seccomp, RuleThatRepeatsTheDefault) {
  const Filter f =
      compiled(profile("SCMP_ACT_ERRNO", {rule({"getcwd"}, "SCMP_ACT_ERRNO"), rule({"read"}, "SCMP_ACT_ALLOW")}));
  EXPECT_EQ(decide(f, "getcwd"), kErrno(EPERM));
  EXPECT_EQ(decide(f, "read"), SECCOMP_RET_ALLOW);
}

// As in runc: the same rule twice is one, and of two that contradict each other the first holds.
TEST(Seccomp, RepeatedAndContradictingRules) {
  Seccomp s = profile("SCMP_ACT_ALLOW", {rule({"getcwd"}, "SCMP_ACT_ERRNO"), rule({"getcwd"}, "SCMP_ACT_ERRNO")});
  EXPECT_EQ(decide(compiled(s), "getcwd"), kErrno(EPERM));
  s.syscalls[1].action = "SCMP_ACT_KILL";
  EXPECT_EQ(decide(compiled(s), "getcwd"), kErrno(EPERM));
}

struct OperatorCase {
  const char* op;
  uint64_t value, value_two;
  std::vector<uint64_t> yes, no;
};

TEST(Seccomp, EveryOperator) {
  const uint64_t big = 0x1'0000'0005;
  const OperatorCase cases[] = {
      {"SCMP_CMP_EQ", big, 0, {big}, {5, big + 1, 0x2'0000'0005}},
      {"SCMP_CMP_NE", big, 0, {5, 0, big + 1}, {big}},
      {"SCMP_CMP_LT", big, 0, {0, 0xffff'ffff, big - 1}, {big, big + 1, 0x2'0000'0000}},
      {"SCMP_CMP_LE", big, 0, {0, 0xffff'ffff, big}, {big + 1, 0x2'0000'0000}},
      {"SCMP_CMP_GT", big, 0, {big + 1, 0x2'0000'0000}, {big, 6, 0}},
      {"SCMP_CMP_GE", big, 0, {big, big + 1, 0x2'0000'0000}, {big - 1, 6, 0}},
      {"SCMP_CMP_MASKED_EQ", 0x7e020000, 0, {0, 0x11, 0x1'0000'0000}, {0x10000000, 0x00020000}},
      {"SCMP_CMP_MASKED_EQ", 0xf0, 0x20, {0x20, 0x12f}, {0x30, 0}},
  };
  for (const OperatorCase& c : cases) {
    const Filter f =
        compiled(profile("SCMP_ACT_ERRNO", {rule({"clone"}, "SCMP_ACT_ALLOW", {{0, c.value, c.value_two, c.op}})}));
    for (const uint64_t v : c.yes) EXPECT_EQ(decide(f, "clone", {v}), SECCOMP_RET_ALLOW) << c.op << " " << v;
    for (const uint64_t v : c.no) EXPECT_EQ(decide(f, "clone", {v}), kErrno(EPERM)) << c.op << " " << v;
  }
}

TEST(Seccomp, ArgumentsTogetherAndAlternatives) {
  const Filter both = compiled(profile(
      "SCMP_ACT_ERRNO", {rule({"socket"}, "SCMP_ACT_ALLOW", {{0, 1, 0, "SCMP_CMP_EQ"}, {1, 2, 0, "SCMP_CMP_EQ"}})}));
  EXPECT_EQ(decide(both, "socket", {1, 2}), SECCOMP_RET_ALLOW);
  EXPECT_EQ(decide(both, "socket", {1, 3}), kErrno(EPERM));
  EXPECT_EQ(decide(both, "socket", {2, 2}), kErrno(EPERM));
  const Filter either = compiled(
      profile("SCMP_ACT_ERRNO",
              {rule({"personality"}, "SCMP_ACT_ALLOW", {{0, 0, 0, "SCMP_CMP_EQ"}, {0, 8, 0, "SCMP_CMP_EQ"}})}));
  EXPECT_EQ(decide(either, "personality", {0}), SECCOMP_RET_ALLOW);
  EXPECT_EQ(decide(either, "personality", {8}), SECCOMP_RET_ALLOW);
  EXPECT_EQ(decide(either, "personality", {1}), kErrno(EPERM));
}

TEST(Seccomp, Architectures) {
  Seccomp s = profile("SCMP_ACT_ALLOW", {rule({"getcwd"}, "SCMP_ACT_ERRNO")});
  EXPECT_EQ(decide(compiled(s), "getcwd", {}, AUDIT_ARCH_I386, SCMP_ARCH_X86), SECCOMP_RET_KILL_THREAD);
  s.architectures = {"SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32", "SCMP_ARCH_X86"};
  const Filter f = compiled(s);
  EXPECT_EQ(decide(f, "getcwd", {}, AUDIT_ARCH_I386, SCMP_ARCH_X86), kErrno(EPERM));
  EXPECT_EQ(decide(f, "read", {}, AUDIT_ARCH_I386, SCMP_ARCH_X86), SECCOMP_RET_ALLOW);
  EXPECT_EQ(decide(f, "getcwd", {}, AUDIT_ARCH_X86_64, SCMP_ARCH_X32), kErrno(EPERM));
  EXPECT_EQ(decide(f, "getcwd"), kErrno(EPERM));
  EXPECT_EQ(decide(f, "getcwd", {}, AUDIT_ARCH_AARCH64, SCMP_ARCH_AARCH64), SECCOMP_RET_KILL_THREAD);
}

TEST(Seccomp, EveryArchitectureOfThisByteOrder) {
  for (const char* arch :
       {"X86", "X86_64", "X32", "ARM", "AARCH64", "MIPSEL", "MIPSEL64", "MIPSEL64N32", "PPC64LE", "RISCV64"}) {
    Seccomp s = profile("SCMP_ACT_ERRNO", {rule({"getcwd"}, "SCMP_ACT_ALLOW")});
    s.architectures = {cat("SCMP_ARCH_", arch)};
    EXPECT_EQ(error_of(s), "") << arch;
  }
}

TEST(Seccomp, NewerThanTheProfileIsEnosys) {
  Seccomp s = profile("SCMP_ACT_ERRNO", {rule({"getcwd", "openat2"}, "SCMP_ACT_ALLOW")});
  s.architectures = {"SCMP_ARCH_X86_64", "SCMP_ARCH_X86"};
  Filter f = compiled(s);
  EXPECT_EQ(decide(f, "openat2"), SECCOMP_RET_ALLOW);
  EXPECT_EQ(decide(f, "read"), kErrno(EPERM));
  EXPECT_EQ(decide(f, "faccessat2"), kErrno(ENOSYS));
  EXPECT_EQ(decide(f, "faccessat2", {}, AUDIT_ARCH_I386, SCMP_ARCH_X86), kErrno(ENOSYS));
  EXPECT_EQ(decide(f, "read", {}, AUDIT_ARCH_I386, SCMP_ARCH_X86), kErrno(EPERM));
  EXPECT_EQ(Bpf(f.program).run({AUDIT_ARCH_X86_64, -1, {}}), kErrno(EPERM));
  EXPECT_EQ(decide(f, "read", {}, AUDIT_ARCH_X86_64, SCMP_ARCH_X32), SECCOMP_RET_KILL_THREAD);

  s.architectures.emplace_back("SCMP_ARCH_X32");
  f = compiled(s);
  EXPECT_EQ(decide(f, "openat2", {}, AUDIT_ARCH_X86_64, SCMP_ARCH_X32), SECCOMP_RET_ALLOW);
  EXPECT_EQ(decide(f, "read", {}, AUDIT_ARCH_X86_64, SCMP_ARCH_X32), kErrno(EPERM));
  EXPECT_EQ(Bpf(f.program).run({AUDIT_ARCH_X86_64, -1, {}}), kErrno(ENOSYS));
  EXPECT_EQ(Bpf(f.program).run({AUDIT_ARCH_X86_64, 0x40000000 | 1000, {}}), kErrno(ENOSYS));
  EXPECT_EQ(decide(f, "faccessat2"), kErrno(ENOSYS));
  EXPECT_EQ(decide(f, "read"), kErrno(EPERM));
}

TEST(Seccomp, NoStubWhereTheDefaultLetsThroughOrIsEnosys) {
  for (const char* action : {"SCMP_ACT_ALLOW", "SCMP_ACT_LOG"}) {
    const Filter f = compiled(profile(action, {rule({"getcwd"}, "SCMP_ACT_KILL")}));
    EXPECT_NE(decide(f, "openat2"), kErrno(ENOSYS)) << action;
  }
  const Filter kill = compiled(profile("SCMP_ACT_KILL", {rule({"write"}, "SCMP_ACT_ALLOW")}));
  EXPECT_EQ(decide(kill, "openat2"), kErrno(ENOSYS));
  // As in runc: number 0 alone is no sign of what the profile's author knew.
  const Filter least = compiled(profile("SCMP_ACT_KILL", {rule({"read"}, "SCMP_ACT_ALLOW")}));
  EXPECT_EQ(decide(least, "openat2"), SECCOMP_RET_KILL_THREAD);
}

TEST(Seccomp, UnknownNamesAreLeftOut) {
  const Filter f = compiled(profile("SCMP_ACT_ERRNO", {rule({"nosuchcall", "read"}, "SCMP_ACT_ALLOW")}));
  EXPECT_EQ(f.skipped, std::vector<std::string>{"nosuchcall"});
  EXPECT_EQ(decide(f, "read"), SECCOMP_RET_ALLOW);
}

TEST(Seccomp, Flags) {
  Seccomp s = profile("SCMP_ACT_ALLOW", {});
  EXPECT_EQ(compiled(s).flags, static_cast<uint32_t>(SECCOMP_FILTER_FLAG_SPEC_ALLOW));
  s.flags_given = true;
  EXPECT_EQ(compiled(s).flags, 0U);  // an empty list is a wish, too
  s.flags = {"SECCOMP_FILTER_FLAG_LOG", "SECCOMP_FILTER_FLAG_TSYNC"};
  EXPECT_EQ(compiled(s).flags, static_cast<uint32_t>(SECCOMP_FILTER_FLAG_LOG));  // there is one thread
  s.flags = {"SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV", "SECCOMP_FILTER_FLAG_TSYNC"};
  s.syscalls = {rule({"getcwd"}, "SCMP_ACT_NOTIFY")};
  const Filter f = compiled(s);
  EXPECT_TRUE(f.notify);
  EXPECT_EQ(f.flags, SECCOMP_FILTER_FLAG_NEW_LISTENER | (1U << 5));
}

TEST(Seccomp, ErrorsNameThePlace) {
  EXPECT_EQ(error_of(profile("SCMP_ACT_FOO", {})), "/linux/seccomp/defaultAction: \"SCMP_ACT_FOO\" is not an action");
  EXPECT_EQ(error_of(profile("SCMP_ACT_NOTIFY", {})),
            "/linux/seccomp/defaultAction: SCMP_ACT_NOTIFY cannot be used as default action");
  Seccomp s = profile("SCMP_ACT_ALLOW", {rule({"read"}, "SCMP_ACT_ERRNO"), rule({"getcwd"}, "X")});
  EXPECT_EQ(error_of(s), "/linux/seccomp/syscalls/1/action: \"X\" is not an action");
  s.syscalls[1] = rule({"getcwd"}, "SCMP_ACT_ERRNO", {{9, 1, 0, "SCMP_CMP_EQ"}});
  EXPECT_EQ(error_of(s), "/linux/seccomp/syscalls/1/args/0/index: 9 is above 5: a system call has six arguments");
  s.syscalls[1] = rule({"getcwd"}, "SCMP_ACT_ERRNO", {{0, 1, 0, "EQ"}});
  EXPECT_EQ(error_of(s), "/linux/seccomp/syscalls/1/args/0/op: \"EQ\" is not an operator");
  s.syscalls[1] = rule({"getcwd", "write"}, "SCMP_ACT_NOTIFY");
  EXPECT_EQ(error_of(s), "/linux/seccomp/syscalls/1/names/1: SCMP_ACT_NOTIFY cannot be used for the write syscall");
  s.syscalls[1] = rule({}, "SCMP_ACT_ERRNO");
  EXPECT_EQ(error_of(s), "/linux/seccomp/syscalls/1/names: a rule needs at least one system call");
  s.syscalls.clear();
  s.architectures = {"SCMP_ARCH_X86", "SCMP_ARCH_FOO"};
  EXPECT_EQ(error_of(s), "/linux/seccomp/architectures/1: \"SCMP_ARCH_FOO\" is not an architecture");
  s.architectures.clear();
  s.flags = {"X"};
  EXPECT_EQ(error_of(s), "/linux/seccomp/flags/0: \"X\" is not a flag");
}

// The kernel takes what the interpreter was shown.
TEST(Seccomp, LoadsIntoTheKernel) {
  Filter f = compiled(profile("SCMP_ACT_ALLOW", {rule({"getcwd"}, "SCMP_ACT_ERRNO")}));
  const pid_t pid = fork();
  ASSERT_GE(pid, 0);
  if (pid == 0) {
    sock_fprog program = {f.length(), reinterpret_cast<sock_filter*>(f.program.data())};
    char buffer[4096];
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) _exit(2);
    if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, f.flags, &program) != 0) _exit(3);
    _exit(syscall(SYS_getcwd, buffer, sizeof buffer) == -1 && errno == EPERM ? 0 : 4);
  }
  int status = 0;
  ASSERT_EQ(waitpid(pid, &status, 0), pid);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace husk::seccomp
