// Device rules and seccomp profiles: the programs made of them decide as the rules themselves do, read one by one.
//
// An input is a letter and numbers of one byte, each an index into a table of values that matter.
#include <seccomp.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <vector>

#include "bpf.h"
#include "ebpf.h"
#include "fuzz.h"
#include "memory_files.h"
#include "rooms/cgroup/device_program.h"
#include "rooms/seccomp/cache.h"
#include "rooms/seccomp/seccomp.h"

namespace husk::fuzz {
namespace {

template <class T, size_t N>
T pick(Input& in, const T (&table)[N]) {
  return table[in.byte() % N];
}

// ---------------------------------------------------------------- devices

using cgroup::DeviceException;
using cgroup::DeviceList;
using Number = std::optional<int64_t>;

struct Question {
  char type;
  uint32_t major, minor;
  uint8_t access;
};

bool is_among(const Number& n, uint32_t value) {
  return !n || *n < 0 || *n == value;
}

// The last rule that names the device and this one kind of access.
bool last_rule_allows(const std::vector<spec::DeviceRule>& rules, const Question& q) {
  const char bit = q.access == cgroup::kRead ? 'r' : q.access == cgroup::kWrite ? 'w' : 'm';
  for (auto rule = rules.rbegin(); rule != rules.rend(); ++rule) {
    const bool typed = rule->type == "b" || rule->type == "c";
    if (typed && rule->type.front() != q.type) continue;
    if (!is_among(rule->major, q.major) || !is_among(rule->minor, q.minor)) continue;
    if (rule->access.empty() || rule->access.find(bit) != std::string::npos) return rule->allow;
  }
  return false;
}

// An exception to "denied" has to cover the whole access, one to "allowed" any part of it.
bool list_allows(const DeviceList& list, const Question& q) {
  for (const DeviceException& e : list.exceptions) {
    if (e.type != q.type || !is_among(e.major, q.major) || !is_among(e.minor, q.minor)) continue;
    if (list.allow_all ? (q.access & e.access) != 0 : (q.access & ~e.access) == 0) return !list.allow_all;
  }
  return list.allow_all;
}

constexpr int64_t kNumbers[] = {-1, 0, 1, 2, 3, 5, 8, 10, 136, 200, 4095, 1048575, 0x7fffffff, 0xffffffff, 0x100000001};
constexpr const char* kTypes[] = {"c", "b", "a", ""};
constexpr const char* kAccess[] = {"rwm", "r", "w", "m", "rw", "rm", "wm", "", "mwr", "rr"};

std::vector<spec::DeviceRule> device_rules(Input& in) {
  std::vector<spec::DeviceRule> out;
  for (size_t count = in.byte() % 24; count > 0 && !in.empty(); --count) {
    spec::DeviceRule rule;
    const uint8_t bits = in.byte();
    rule.allow = (bits & 1) != 0;
    rule.type = kTypes[bits >> 1 & 3];
    if ((bits & 8) != 0) rule.major = pick(in, kNumbers);
    if ((bits & 16) != 0) rule.minor = pick(in, kNumbers);
    rule.access = pick(in, kAccess);
    out.push_back(std::move(rule));
  }
  return out;
}

// What every container gets, as rules after its own.
void append_own(std::vector<spec::DeviceRule>& rules) {
  const Result<DeviceList> own = cgroup::fold_devices({});
  demand(own.ok() && !own->allow_all, "the runtime's own devices are a list");
  for (const DeviceException& e : own->exceptions)
    rules.push_back({true, std::string(1, e.type), e.major, e.minor,
                     cgroup::to_string(e).substr(cgroup::to_string(e).rfind(' ') + 1)});
}

void devices(Input& in) {
  std::vector<spec::DeviceRule> rules = device_rules(in);
  const Result<DeviceList> list = cgroup::fold_devices(rules);
  if (!good(list)) return;
  append_own(rules);
  Result<std::vector<bpf_insn>> made = cgroup::device_program(*list);
  if (!good(made)) return;
  const test::Ebpf program(*std::move(made));
  demand(program.well_formed(), "a device program is one that the kernel takes");
  do {
    // As much as a device number has room for.
    const Question q = {(in.byte() & 1) != 0 ? 'b' : 'c', static_cast<uint32_t>(pick(in, kNumbers) & 0xfff),
                        static_cast<uint32_t>(pick(in, kNumbers) & 0xfffff), static_cast<uint8_t>(in.byte() % 7 + 1)};
    const uint32_t bits = ((q.access & cgroup::kRead) != 0 ? 2U : 0U) | ((q.access & cgroup::kWrite) != 0 ? 4U : 0U) |
                          ((q.access & cgroup::kMknod) != 0 ? 1U : 0U);
    const auto answer = program.run({bits << 16 | (q.type == 'b' ? 1U : 2U), q.major, q.minor});
    demand(answer.has_value(), "a device program answers");
    demand(*answer == (list_allows(*list, q) ? 1U : 0U), "a device program decides as its list");
    if (q.access == cgroup::kRead || q.access == cgroup::kWrite || q.access == cgroup::kMknod)
      demand(*answer == (last_rule_allows(rules, q) ? 1U : 0U), "the last rule that names an access decides");
  } while (!in.empty());
}

// ---------------------------------------------------------------- seccomp

struct Action {
  const char* name;
  uint32_t returned;  // without data
  bool takes_errno;
};
constexpr Action kActions[] = {
    {"SCMP_ACT_ALLOW", SECCOMP_RET_ALLOW, false},
    {"SCMP_ACT_ERRNO", SECCOMP_RET_ERRNO, true},
    {"SCMP_ACT_KILL_PROCESS", SECCOMP_RET_KILL_PROCESS, false},
    {"SCMP_ACT_KILL", SECCOMP_RET_KILL_THREAD, false},
    {"SCMP_ACT_TRAP", SECCOMP_RET_TRAP, false},
    {"SCMP_ACT_LOG", SECCOMP_RET_LOG, false},
    {"SCMP_ACT_TRACE", SECCOMP_RET_TRACE, true},
    {"SCMP_ACT_NOTIFY", SECCOMP_RET_USER_NOTIF, false},
    {"SCMP_ACT_KILL_THREAD", SECCOMP_RET_KILL_THREAD, false},
};
// Calls of different kinds: old and new ones, with the same number everywhere and not, one that i386 has by way of
// socketcall and one of ipc, that only some architectures have, and none at all.
constexpr const char* kCalls[] = {"read",   "write",  "getcwd",      "openat2", "clone",       "personality",
                                  "socket", "semget", "arch_prctl",  "mmap2",   "futex_waitv", "ioctl",
                                  "clone3", "ptrace", "no_such_one", "accept4", "statx",       "sendto"};
struct Arch {
  const char* name;
  uint32_t scmp, audit;
  uint64_t bits;  // of an argument
};
constexpr Arch kArchs[] = {{"SCMP_ARCH_X86_64", SCMP_ARCH_X86_64, AUDIT_ARCH_X86_64, UINT64_MAX},
                           {"SCMP_ARCH_X86", SCMP_ARCH_X86, AUDIT_ARCH_I386, UINT32_MAX},
                           {"SCMP_ARCH_X32", SCMP_ARCH_X32, AUDIT_ARCH_X86_64, UINT32_MAX},
                           {"SCMP_ARCH_AARCH64", SCMP_ARCH_AARCH64, AUDIT_ARCH_AARCH64, UINT64_MAX},
                           {"SCMP_ARCH_RISCV64", SCMP_ARCH_RISCV64, AUDIT_ARCH_RISCV64, UINT64_MAX}};
constexpr const char* kOperators[] = {"SCMP_CMP_EQ", "SCMP_CMP_NE", "SCMP_CMP_LT",       "SCMP_CMP_LE",
                                      "SCMP_CMP_GE", "SCMP_CMP_GT", "SCMP_CMP_MASKED_EQ"};
constexpr uint64_t kValues[] = {0,          1,          2,          8,           0xf0,        0x20,
                                0x7fffffff, 0x80000000, 0xffffffff, 0x100000000, 0x100000001, 0x2'0000'0005,
                                UINT64_MAX, 0x7e020000};

spec::Seccomp profile(Input& in) {
  spec::Seccomp s;
  s.default_action = pick(in, kActions).name;
  if ((in.byte() & 1) != 0) s.default_errno_ret = in.byte();
  const uint8_t archs = in.byte();
  for (size_t i = 0; i < std::size(kArchs); ++i)
    if ((archs >> i & 1) != 0) s.architectures.emplace_back(kArchs[i].name);
  for (size_t count = in.byte() % 8; count > 0 && !in.empty(); --count) {
    spec::SeccompRule& rule = s.syscalls.emplace_back();
    const uint8_t shape = in.byte();
    rule.action = pick(in, kActions).name;
    for (int names = shape % 3; names >= 0; --names) rule.names.emplace_back(pick(in, kCalls));
    if ((shape & 128) != 0) rule.errno_ret = in.byte();
    for (int args = shape >> 4 & 3; args > 0; --args) {
      spec::SeccompArg& arg = rule.args.emplace_back();
      arg.index = in.byte() % 6;
      arg.op = pick(in, kOperators);
      arg.value = pick(in, kValues);
      arg.value_two = pick(in, kValues);
    }
  }
  return s;
}

// Where arguments have 32 bits (x32 counts as such), libseccomp looks at as many of the profile's numbers.
bool holds(const spec::SeccompArg& arg, uint64_t value, uint64_t bits) {
  const uint64_t first = arg.value & bits;
  const uint64_t second = arg.value_two & bits;
  if (arg.op == "SCMP_CMP_EQ") return value == first;
  if (arg.op == "SCMP_CMP_NE") return value != first;
  if (arg.op == "SCMP_CMP_LT") return value < first;
  if (arg.op == "SCMP_CMP_LE") return value <= first;
  if (arg.op == "SCMP_CMP_GE") return value >= first;
  if (arg.op == "SCMP_CMP_GT") return value > first;
  return (value & first) == (second & first);
}

bool shares_an_argument(const spec::SeccompRule& rule) {
  bool shared = false;
  for (size_t i = 0; i < rule.args.size(); ++i)
    for (size_t k = 0; k < i; ++k) shared |= rule.args[i].index == rule.args[k].index;
  return shared;
}

// All of the conditions; any of them where two are on one argument.
bool fits(const spec::SeccompRule& rule, const test::Call& call, uint64_t bits) {
  const auto one = [&](const spec::SeccompArg& a) { return holds(a, call.args[a.index], bits); };
  return shares_an_argument(rule) ? std::any_of(rule.args.begin(), rule.args.end(), one)
                                  : std::all_of(rule.args.begin(), rule.args.end(), one);
}

uint32_t returned(const std::string& action, const std::optional<uint32_t>& errno_ret) {
  for (const Action& a : kActions)
    if (action == a.name) return a.takes_errno ? a.returned | errno_ret.value_or(EPERM) : a.returned;
  return 0;
}

// Whether the profile may answer so. Where rules contradict each other for one call, any of them may have it.
bool may_answer(const spec::Seccomp& s, const char* name, const test::Call& call, uint64_t bits, uint32_t answer) {
  bool named = false;
  for (const spec::SeccompRule& rule : s.syscalls) {
    if (std::find(rule.names.begin(), rule.names.end(), name) == rule.names.end() || !fits(rule, call, bits)) continue;
    named = true;
    if (answer == returned(rule.action, rule.errno_ret)) return true;
  }
  return !named && answer == returned(s.default_action, s.default_errno_ret);
}

// The number is above all that the profile names for this architecture: where it refuses by default, the program may
// say that there is no such call.
bool is_newer(const spec::Seccomp& s, uint32_t scmp, int nr) {
  for (const char* lets_through : {"SCMP_ACT_ALLOW", "SCMP_ACT_LOG", "SCMP_ACT_TRACE"})
    if (s.default_action == lets_through) return false;
  for (const spec::SeccompRule& rule : s.syscalls)
    for (const std::string& name : rule.names)
      if (::seccomp_syscall_resolve_name_arch(scmp, name.c_str()) >= nr) return false;
  return true;
}

// libseccomp 2.5 is made for several rules of one call as long as each asks one argument whether it is something. With
// "less" or "not" among them, or with several arguments, it gets some wrong, and with others it never comes to an end.
bool is_beyond_libseccomp(const spec::Seccomp& s, const char* name) {
  int rules = 0;
  bool simple = true;
  for (const spec::SeccompRule& rule : s.syscalls) {
    const auto times = static_cast<int>(std::count(rule.names.begin(), rule.names.end(), name));
    if (times == 0 || rule.args.empty()) continue;
    const bool alternatives = shares_an_argument(rule);
    rules += times * (alternatives ? static_cast<int>(rule.args.size()) : 1);
    simple &= alternatives || rule.args.size() == 1;
    for (const spec::SeccompArg& a : rule.args) simple &= a.op == "SCMP_CMP_EQ" || a.op == "SCMP_CMP_MASKED_EQ";
  }
  return rules > 1 && !simple;
}
bool is_beyond_libseccomp(const spec::Seccomp& s) {
  return std::any_of(std::begin(kCalls), std::end(kCalls),
                     [&](const char* name) { return is_beyond_libseccomp(s, name); });
}

// The profile and the call, for who has to find out why.
std::string told(const spec::Seccomp& s, const char* name, const test::Call& call, uint32_t answer) {
  const auto number = [](uint64_t n) {
    char text[32];
    (void)snprintf(text, sizeof text, " %#llx", static_cast<unsigned long long>(n));
    return std::string(text);
  };
  std::string out = cat("default ", s.default_action, number(s.default_errno_ret.value_or(EPERM)), "\n");
  for (const std::string& arch : s.architectures) out += arch + "\n";
  for (const spec::SeccompRule& rule : s.syscalls) {
    out += cat(rule.action, number(rule.errno_ret.value_or(EPERM)), ":");
    for (const std::string& one : rule.names) out += cat(" ", one);
    for (const spec::SeccompArg& a : rule.args)
      out += cat(", ", a.op, " ", a.index, number(a.value), number(a.value_two));
    out += "\n";
  }
  out += cat("asked: ", name, number(call.arch), ", number ", call.nr, ", arguments");
  for (const uint64_t arg : call.args) out += number(arg);
  return out + "\nanswer:" + number(answer);
}

void ask(const spec::Seccomp& s, const test::Bpf& program, Input& in) {
  const Arch arch = pick(in, kArchs);
  const char* name = pick(in, kCalls);
  test::Call call;
  call.arch = arch.audit;
  call.nr = ::seccomp_syscall_resolve_name_arch(arch.scmp, name);
  for (uint64_t& arg : call.args) arg = pick(in, kValues) & arch.bits;
  if (call.nr < 0) return;  // none of this architecture's own
  const std::optional<uint32_t> answer = program.run(call);
  demand(answer.has_value(), "a filter answers");
  const bool listed = arch.scmp == ::seccomp_arch_native() ||
                      std::find(s.architectures.begin(), s.architectures.end(), arch.name) != s.architectures.end();
  if (!listed) {
    demand(*answer == SECCOMP_RET_KILL_THREAD, "an architecture that is not in the profile is killed", arch.name);
    return;
  }
  if (*answer == (SECCOMP_RET_ERRNO | ENOSYS) && is_newer(s, arch.scmp, call.nr)) return;
  if (!may_answer(s, name, call, arch.bits, *answer))
    demand(false, "a filter decides as its profile", told(s, name, call, *answer));
}

void filter(Input& in) {
  const spec::Seccomp s = profile(in);
  if (is_beyond_libseccomp(s)) return;
  const Result<seccomp::Filter> filter = seccomp::compile(s);
  if (!good(filter)) return;
  demand(filter->program.size() == size_t{8} * filter->length(), "a filter is whole instructions");
  const test::Bpf program(filter->program);
  do ask(s, program, in);
  while (!in.empty());
}

// A kept filter that somebody has damaged: what comes out is the profile's filter all the same.
void kept_filter(Input& in) {
  static const MemoryFiles files({"other"}, "cache");
  Input edits = in.until("--");
  const spec::Seccomp s = profile(in);
  if (is_beyond_libseccomp(s)) return;
  const Result<seccomp::Filter> wanted = seccomp::compile(s);
  if (!wanted.ok()) return;
  (void)good(seccomp::compile_cached(s, files.directory()));
  std::string kept;
  for (const auto& entry : std::filesystem::directory_iterator(files.directory()))
    if (entry.path().extension() == ".filter") kept = entry.path();
  const Result<std::string> text = host::read_file(kept, size_t{1} << 20);
  demand(text.ok(), "a filter is kept");
  std::string damaged = *text;
  while (edits.rest().size() >= 3) {
    const size_t at = edits.number<uint16_t>();
    if (at < damaged.size())
      damaged[at] = static_cast<char>(edits.byte());
    else
      damaged.resize(edits.byte());
  }
  demand(host::write_atomic(kept, damaged, 0600).ok(), "a kept filter can be damaged");
  const Result<seccomp::Filter> got = seccomp::compile_cached(s, files.directory());
  demand(good(got) && got->program == wanted->program && got->flags == wanted->flags && got->notify == wanted->notify &&
             got->skipped == wanted->skipped,
         "a damaged filter is not used");
  demand(unlink(kept.c_str()) == 0, "a kept filter can be removed");
}

}  // namespace
}  // namespace husk::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  husk::fuzz::Input in(data, size);
  switch (in.byte()) {
    case 'd':
      husk::fuzz::devices(in);
      break;
    case 's':
      husk::fuzz::filter(in);
      break;
    case 'c':
      husk::fuzz::kept_filter(in);
      break;
    default:
      break;
  }
  return 0;
}
