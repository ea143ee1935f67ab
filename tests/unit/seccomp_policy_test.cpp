// The program that comes out of a profile decides as the profile says: for every call, on every architecture that is
// listed and on some that are not, with arguments at and around the boundaries of the conditions.
#include "seccomp_policy.h"

#include <gtest/gtest.h>

#include "rooms/seccomp/seccomp.h"
#include "spec/parse.h"
#include "spec_test_files.h"

namespace husk::seccomp {
namespace {

using test::Architecture;
using test::Bpf;
using test::Call;
using test::kX32Bit;
using test::Policy;

spec::Seccomp parsed(const std::string& profile) {
  Result<spec::Spec> spec =
      spec::parse(cat(R"({"ociVersion": "1.2.0", "root": {"path": "r"}, "linux": {"seccomp": )", profile, "}}"));
  EXPECT_TRUE(spec.ok()) << spec.error().text();
  return spec.ok() && spec->lx.seccomp ? *spec->lx.seccomp : spec::Seccomp();
}

std::vector<int> numbers() {
  std::vector<int> out = {-1, -2, 0x3fffffff, 0x7fffffff, static_cast<int>(0x80000000), static_cast<int>(0xbfffffff)};
  for (int nr = 0; nr <= 600; ++nr) {
    out.push_back(nr);
    out.push_back(static_cast<int>(kX32Bit) | nr);
  }
  return out;
}

// Values at which a condition may begin or cease to hold, whichever half of the 64 bits decides.
std::vector<uint64_t> values_around(const spec::SeccompArg& c) {
  std::vector<uint64_t> out;
  const uint64_t high = uint64_t{1} << 32;
  for (const uint64_t v : {c.value, c.value_two, c.value | c.value_two, ~c.value, uint64_t{0}})
    for (const uint64_t w : {v, v + high, v - high, v << 32, v >> 32, v & 0xffffffff, v ^ high << 31, v | c.value_two})
      for (const uint64_t d : {uint64_t{0}, uint64_t{1}, ~uint64_t{0}}) out.push_back(w + d);
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
  return out;
}

class Prover {
 public:
  explicit Prover(const spec::Seccomp& seccomp) : policy_(seccomp) {
    Result<Filter> filter = compile(seccomp);
    EXPECT_TRUE(filter.ok()) << filter.error().text();
    if (filter.ok()) program_.emplace(filter->program);
  }

  // How many decisions were compared.
  size_t run() {
    if (!program_) return 0;
    std::vector<uint32_t> audits = {0, AUDIT_ARCH_S390X};
    for (const Architecture& a : test::kArchitectures) audits.push_back(a.audit);
    for (const uint32_t audit : audits)
      for (const int nr : numbers()) all_arguments(audit, nr);
    return compared_;
  }

 private:
  void all_arguments(uint32_t audit, int nr) {
    for (const uint64_t fill : {uint64_t{0}, ~uint64_t{0}}) {
      Call call{audit, nr, {fill, fill, fill, fill, fill, fill}};
      compare(call);
      for (const spec::SeccompRule* rule : policy_.conditional(audit, nr)) around(*rule, 0, call);
    }
  }

  // Each condition's values with each of the others'.
  void around(const spec::SeccompRule& rule, size_t condition, const Call& call) {
    if (condition == rule.args.size()) return compare(call);
    const spec::SeccompArg& c = rule.args[condition];
    for (const uint64_t value : values_around(c)) {
      Call next = call;
      next.args[c.index] = value;
      around(rule, condition + 1, next);
    }
  }

  void compare(const Call& call) {
    ++compared_;
    const std::optional<uint32_t> got = program_->run(call);
    const uint32_t want = policy_.decide(call);
    if (got == want || ++failures_ > 3) return;
    ADD_FAILURE() << std::hex << "arch " << call.arch << " nr " << call.nr << " args " << call.args[0] << ' '
                  << call.args[1] << ' ' << call.args[2] << ' ' << call.args[3] << ": the program says "
                  << got.value_or(0xdead) << ", the profile " << want;
  }

  Policy policy_;
  std::optional<Bpf> program_;
  size_t compared_ = 0, failures_ = 0;
};

void prove(const std::string& profile, size_t at_least = 4000) {
  const spec::Seccomp seccomp = parsed(profile);
  EXPECT_GE(Prover(seccomp).run(), at_least) << profile;
}

std::string with_rules(std::string_view default_action, std::string_view rules, std::string_view more = "") {
  return cat(R"({"defaultAction": "SCMP_ACT_)", default_action, "\", ", more, R"("syscalls": [)", rules, "]}");
}
constexpr std::string_view kFamily = R"("architectures": ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"], )";
constexpr std::string_view kStrangers =
    R"("architectures": ["SCMP_ARCH_AARCH64", "SCMP_ARCH_X32", "SCMP_ARCH_ARM", "SCMP_ARCH_RISCV64"], )";

TEST(SeccompPolicy, AnEnginesProfile) {
  prove(test::data_file("seccomp/engine.json"), 80000);
}

TEST(SeccompPolicy, AnEnginesProfileForOtherArchitectures) {
  spec::Seccomp s = parsed(test::data_file("seccomp/engine.json"));
  s.architectures = {"SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM", "SCMP_ARCH_RISCV64"};
  EXPECT_GE(Prover(s).run(), 80000U);
}

TEST(SeccompPolicy, AnEnginesProfileTurnedAround) {
  spec::Seccomp s = parsed(test::data_file("seccomp/engine.json"));
  s.default_action = "SCMP_ACT_ALLOW";
  s.default_errno_ret.reset();
  for (spec::SeccompRule& rule : s.syscalls)
    if (rule.action == "SCMP_ACT_ALLOW") rule.action = "SCMP_ACT_ERRNO";
  EXPECT_GE(Prover(s).run(), 80000U);
}

TEST(SeccompPolicy, DenyLists) {
  constexpr std::string_view kRules = R"(
      {"names": ["mount", "umount2", "reboot", "swapon"], "action": "SCMP_ACT_ERRNO"},
      {"names": ["ptrace"], "action": "SCMP_ACT_KILL_PROCESS"},
      {"names": ["kexec_load", "bpf"], "action": "SCMP_ACT_KILL"},
      {"names": ["keyctl"], "action": "SCMP_ACT_ERRNO", "errnoRet": 38},
      {"names": ["chroot"], "action": "SCMP_ACT_TRAP"},
      {"names": ["getcwd"], "action": "SCMP_ACT_TRACE", "errnoRet": 77},
      {"names": ["uname"], "action": "SCMP_ACT_LOG"},
      {"names": ["unshare"], "action": "SCMP_ACT_NOTIFY"})";
  for (const std::string_view architectures : {std::string_view(), kFamily, kStrangers}) {
    prove(with_rules("ALLOW", kRules, architectures));
    prove(with_rules("LOG", kRules, architectures));
  }
}

TEST(SeccompPolicy, EveryDefault) {
  constexpr std::string_view kRules =
      R"({"names": ["getcwd", "execve", "write", "statx"], "action": "SCMP_ACT_ALLOW"})";
  for (const char* action : {"ERRNO", "TRAP", "KILL", "KILL_THREAD", "KILL_PROCESS", "TRACE", "LOG"})
    for (const std::string_view architectures : {std::string_view(), kFamily, kStrangers})
      prove(with_rules(action, kRules, architectures));
  for (const int value : {0, 1, 38, 4094})
    prove(with_rules("ERRNO", kRules, cat(kFamily, "\"defaultErrnoRet\": ", value, ", ")));
  prove(with_rules("TRACE", kRules, "\"defaultErrnoRet\": 9, "));
}

// Newer calls are unknown, by the highest number of each architecture; number 0 is no sign of one.
TEST(SeccompPolicy, NewerCalls) {
  for (const char* name : {"read", "restart_syscall", "close", "openat2", "io_setup", "nosuchcall", "mmap2", "vm86"})
    for (const std::string_view architectures : {std::string_view(), kFamily, kStrangers}) {
      prove(with_rules("ERRNO", cat(R"({"names": [")", name, R"("], "action": "SCMP_ACT_ALLOW"})"), architectures));
      // Calls that the profile forbids are known to it as well.
      prove(with_rules("KILL", cat(R"({"names": [")", name, R"("], "action": "SCMP_ACT_KILL"})"), architectures));
    }
}

TEST(SeccompPolicy, EveryOperatorAtEveryBoundary) {
  for (const char* op : {"EQ", "NE", "LT", "LE", "GT", "GE"})
    for (const char* value : {"0", "1", "5", "2147483647", "2147483648", "4294967295", "4294967296", "4294967301",
                              "9223372036854775807", "9223372036854775808", "18446744073709551615"})
      for (const int index : {0, 5})
        prove(with_rules("ERRNO", cat(R"({"names": ["mkdir"], "action": "SCMP_ACT_ALLOW", "args": [{"index": )", index,
                                      ", \"value\": ", value, ", \"op\": \"SCMP_CMP_", op, "\"}]}")));
}

TEST(SeccompPolicy, Masks) {
  const std::pair<const char*, const char*> cases[] = {{"240", "32"},
                                                       {"2114060288", "0"},
                                                       {"1030792151280", "137438953504"},
                                                       {"18446744069414584320", "0"},
                                                       {"18446744069414584320", "4294967296"},
                                                       {"4294967295", "7"},
                                                       {"9223372036854775808", "9223372036854775808"},
                                                       {"18446744073709551615", "4294967301"}};
  for (const auto& [mask, value] : cases)
    prove(with_rules("ERRNO",
                     cat(R"({"names": ["clone"], "action": "SCMP_ACT_ALLOW", "args": [{"index": 0, "value": )", mask,
                         ", \"valueTwo\": ", value, R"(, "op": "SCMP_CMP_MASKED_EQ"}]})"),
                     kFamily));
}

std::string condition(int index, std::string_view op, uint64_t value) {
  return cat("{\"index\": ", index, ", \"value\": ", value, ", \"op\": \"SCMP_CMP_", op, "\"}");
}
std::string mkdir_rule(std::string_view action, std::string_view conditions) {
  return cat(R"({"names": ["mkdir"], "action": "SCMP_ACT_)", action, R"(", "args": [)", conditions, "]}");
}

TEST(SeccompPolicy, SeveralConditions) {
  const std::string a = condition(0, "GT", 5), b = condition(1, "LT", 0x100000000), c = condition(3, "NE", 0);
  prove(with_rules("ERRNO", mkdir_rule("ALLOW", cat(a, ", ", b))));
  prove(with_rules("ERRNO", mkdir_rule("ALLOW", cat(b, ", ", c)), kFamily));
  // On one argument they are alternatives, and so are the others of that rule.
  prove(with_rules("ERRNO", mkdir_rule("ALLOW", cat(a, ", ", condition(0, "EQ", 2)))));
  prove(with_rules("ERRNO", mkdir_rule("ALLOW", cat(condition(0, "EQ", 7), ", ", b, ", ", condition(0, "EQ", 9)))));
}

TEST(SeccompPolicy, SeveralRulesForOneCall) {
  const std::string seven = mkdir_rule("ALLOW", condition(1, "EQ", 7)), nine = mkdir_rule("LOG", condition(1, "EQ", 9));
  const std::string high = mkdir_rule("ALLOW", condition(0, "GE", 0x500000000));
  prove(with_rules("ERRNO", cat(seven, ", ", nine)));
  prove(with_rules("ERRNO", cat(seven, ", ", high), kFamily));
}

// Whichever comes first: the rule without conditions holds alone; of two such, the first.
TEST(SeccompPolicy, ARuleWithoutConditionsHidesThoseWith) {
  const std::string seven = mkdir_rule("KILL", condition(1, "EQ", 7)), all = mkdir_rule("ERRNO", "");
  const std::string trap = mkdir_rule("TRAP", "");
  for (const std::string_view architectures : {std::string_view(), kFamily}) {
    prove(with_rules("ALLOW", cat(seven, ", ", all), architectures));
    prove(with_rules("ALLOW", cat(all, ", ", seven), architectures));
    prove(with_rules("ALLOW", cat(all, ", ", seven, ", ", trap), architectures));
    prove(with_rules("ALLOW", cat(trap, ", ", all), architectures));
  }
  // But not when it says what the default says: then it is no rule.
  prove(with_rules("ERRNO", cat(all, ", ", seven)));
  prove(with_rules("ALLOW", cat(mkdir_rule("ALLOW", ""), ", ", seven)));
}

// The comparison notices a profile that is not the program's.
TEST(SeccompPolicy, TheProofCanFail) {
  const spec::Seccomp one = parsed(with_rules("ALLOW", mkdir_rule("KILL", condition(1, "EQ", 0x100000007))));
  const spec::Seccomp other = parsed(with_rules("ALLOW", mkdir_rule("KILL", condition(1, "EQ", 7))));
  Result<Filter> filter = compile(one);
  ASSERT_TRUE(filter.ok());
  const Call call{AUDIT_ARCH_X86_64, 83, {0, 7}};
  EXPECT_EQ(Bpf(filter->program).run(call), Policy(one).decide(call));
  EXPECT_NE(Bpf(filter->program).run(call), Policy(other).decide(call));
}

}  // namespace
}  // namespace husk::seccomp
