// What a seccomp profile says about one call, read off the profile: no tree, no program, nothing of husk's but the
// parsed configuration. The numbers of calls are libseccomp's.
#pragma once

#include <errno.h>
#include <linux/seccomp.h>
#include <seccomp.h>
#include <stdlib.h>

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include "bpf.h"
#include "spec/types.h"

namespace husk::test {

inline constexpr uint32_t kX32Bit = 0x40000000;

// An architecture of a profile, and what the kernel calls it.
struct Architecture {
  const char* name;
  uint32_t scmp, audit;
  bool narrow;  // its registers have 32 bits, also x32's by libseccomp: of values only the lower halves are compared
};
inline constexpr Architecture kArchitectures[] = {
    {"SCMP_ARCH_X86_64", SCMP_ARCH_X86_64, AUDIT_ARCH_X86_64, false},
    {"SCMP_ARCH_X86", SCMP_ARCH_X86, AUDIT_ARCH_I386, true},
    {"SCMP_ARCH_X32", SCMP_ARCH_X32, AUDIT_ARCH_X86_64, true},
    {"SCMP_ARCH_ARM", SCMP_ARCH_ARM, AUDIT_ARCH_ARM, true},
    {"SCMP_ARCH_AARCH64", SCMP_ARCH_AARCH64, AUDIT_ARCH_AARCH64, false},
    {"SCMP_ARCH_RISCV64", SCMP_ARCH_RISCV64, AUDIT_ARCH_RISCV64, false},
};

class Policy {
 public:
  explicit Policy(const spec::Seccomp& s) : s_(s) {
    for (const Architecture& a : kArchitectures)
      if (a.scmp == SCMP_ARCH_X86_64 ||
          std::find(s.architectures.begin(), s.architectures.end(), a.name) != s.architectures.end())
        read(a);
  }

  [[nodiscard]] uint32_t decide(const Call& call) const {
    const auto nr = static_cast<uint32_t>(call.nr);
    const Table* newest = find(call.arch, (nr & kX32Bit) != 0);
    if (unknown_above_ && newest != nullptr && newest->highest > 0 && nr > static_cast<uint32_t>(newest->highest))
      return errno_of(ENOSYS);
    const Table* table = find(call.arch, nr >= kX32Bit);
    if (table == nullptr && call.nr == -1) table = find(call.arch, false);  // what a tracer sets to skip a call
    if (table == nullptr) return SECCOMP_RET_KILL_THREAD;                   // what the filter is not for
    const auto rules = table->rules.find(call.nr);
    if (rules == table->rules.end()) return default_action();
    // A rule without conditions hides those with: of several the first.
    for (const spec::SeccompRule* rule : rules->second)
      if (rule->args.empty()) return action_of(rule->action, rule->errno_ret);
    for (const spec::SeccompRule* rule : rules->second)
      if (matches(*rule, call, table->narrow)) return action_of(rule->action, rule->errno_ret);
    return default_action();
  }

  // The rules with conditions on that call.
  [[nodiscard]] std::vector<const spec::SeccompRule*> conditional(uint32_t audit, int nr) const {
    const Table* table = find(audit, static_cast<uint32_t>(nr) >= kX32Bit);
    if (table == nullptr || !table->rules.contains(nr)) return {};
    std::vector<const spec::SeccompRule*> out = table->rules.at(nr);
    std::erase_if(out, [](const spec::SeccompRule* rule) { return rule->args.empty(); });
    return out;
  }

 private:
  struct Table {
    uint32_t audit = 0;
    bool x32 = false, narrow = false;
    int highest = -1;  // number that the profile names, x32's with its bit
    std::map<int, std::vector<const spec::SeccompRule*>> rules;
  };

  static uint32_t errno_of(uint32_t value) { return SECCOMP_RET_ERRNO | value; }

  static uint32_t action_of(const std::string& name, const std::optional<uint32_t>& data) {
    if (name == "SCMP_ACT_ALLOW") return SECCOMP_RET_ALLOW;
    if (name == "SCMP_ACT_ERRNO") return errno_of(data.value_or(EPERM));
    if (name == "SCMP_ACT_TRACE") return SECCOMP_RET_TRACE | data.value_or(EPERM);
    if (name == "SCMP_ACT_TRAP") return SECCOMP_RET_TRAP;
    if (name == "SCMP_ACT_LOG") return SECCOMP_RET_LOG;
    if (name == "SCMP_ACT_KILL_PROCESS") return SECCOMP_RET_KILL_PROCESS;
    if (name == "SCMP_ACT_NOTIFY") return SECCOMP_RET_USER_NOTIF;
    return SECCOMP_RET_KILL_THREAD;
  }
  [[nodiscard]] uint32_t default_action() const { return action_of(s_.default_action, s_.default_errno_ret); }

  // What is part of socketcall or ipc on x86 may have a number of its own besides.
  static std::vector<int> numbers_of(uint32_t scmp, const std::string& name, int nr) {
    if (nr >= 0) return {nr};
    std::vector<int> out;
    for (int own = 337; scmp == SCMP_ARCH_X86 && own <= 402; ++own) {
      char* known = seccomp_syscall_resolve_num_arch(scmp, own);
      if (known != nullptr && name == known) out.push_back(own);
      free(known);
    }
    return out;
  }

  void read(const Architecture& a) {
    Table table{a.audit, a.scmp == SCMP_ARCH_X32, a.narrow, -1, {}};
    for (const spec::SeccompRule& rule : s_.syscalls)
      for (const std::string& name : rule.names) {
        const int nr = seccomp_syscall_resolve_name_arch(a.scmp, name.c_str());
        table.highest = std::max(table.highest, nr);
        // A rule that says what the default says is none, and hides nothing.
        if (action_of(rule.action, rule.errno_ret) == default_action()) continue;
        for (const int one : numbers_of(a.scmp, name, nr)) table.rules[one].push_back(&rule);
      }
    tables_.push_back(std::move(table));
    const uint32_t action = default_action() & SECCOMP_RET_ACTION_FULL;
    unknown_above_ = action != SECCOMP_RET_ALLOW && action != SECCOMP_RET_LOG && action != SECCOMP_RET_TRACE &&
                     default_action() != errno_of(ENOSYS);
  }

  // x32 is told from x86-64 by a bit of the number.
  [[nodiscard]] const Table* find(uint32_t audit, bool x32_bit) const {
    const bool x32 = audit == AUDIT_ARCH_X86_64 && x32_bit;
    for (const Table& table : tables_)
      if (table.audit == audit && table.x32 == x32) return &table;
    return nullptr;
  }

  static bool holds(const spec::SeccompArg& c, const Call& call, bool narrow) {
    const uint64_t bits = narrow ? 0xffffffff : ~uint64_t{0};
    const uint64_t got = call.args[c.index] & bits, value = c.value & bits;
    if (c.op == "SCMP_CMP_EQ") return got == value;
    if (c.op == "SCMP_CMP_NE") return got != value;
    if (c.op == "SCMP_CMP_LT") return got < value;
    if (c.op == "SCMP_CMP_LE") return got <= value;
    if (c.op == "SCMP_CMP_GT") return got > value;
    if (c.op == "SCMP_CMP_GE") return got >= value;
    return (got & value) == (c.value_two & bits);
  }

  // All conditions; but when any two are on one argument, any of them.
  static bool matches(const spec::SeccompRule& rule, const Call& call, bool narrow) {
    bool all = true, any = false, shared = false;
    std::vector<int> seen(6);
    for (const spec::SeccompArg& c : rule.args) {
      const bool held = holds(c, call, narrow);
      all = all && held;
      any = any || held;
      shared = shared || ++seen[c.index] > 1;
    }
    return shared ? any : all;
  }

  const spec::Seccomp& s_;
  bool unknown_above_ = false;
  std::vector<Table> tables_;
};

}  // namespace husk::test
