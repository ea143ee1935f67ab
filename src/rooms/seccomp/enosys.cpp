#include "rooms/seccomp/enosys.h"

#include <linux/seccomp.h>
#include <seccomp.h>

#include <algorithm>
#include <cerrno>
#include <cstddef>

namespace husk::seccomp {
namespace {

constexpr uint32_t kX32Bit = 0x40000000;

sock_filter statement(unsigned code, uint32_t k) {
  return {static_cast<uint16_t>(code), 0, 0, k};
}
sock_filter jump(unsigned code, uint32_t k, unsigned yes, unsigned no) {
  return {static_cast<uint16_t>(BPF_JMP | BPF_K | code), static_cast<uint8_t>(yes), static_cast<uint8_t>(no), k};
}
sock_filter load(size_t offset) {
  return statement(BPF_LD | BPF_W | BPF_ABS, static_cast<uint32_t>(offset));
}

bool wants_stub(const spec::Seccomp& s) {
  if (s.default_action == "SCMP_ACT_ERRNO") return s.default_errno_ret.value_or(EPERM) != ENOSYS;
  return s.default_action.starts_with("SCMP_ACT_KILL") || s.default_action == "SCMP_ACT_TRAP";
}

// Highest number that the profile names, -1: none. x32's come without their bit.
int highest(const spec::Seccomp& seccomp, uint32_t architecture) {
  int out = -1;
  for (const spec::SeccompRule& rule : seccomp.syscalls)
    for (const std::string& name : rule.names) {
      const int nr = ::seccomp_syscall_resolve_name_arch(architecture, name.c_str());
      // Below zero: unknown, or one of libseccomp's stand-ins for calls that the architecture does not have.
      if (nr >= 0) out = std::max(out, static_cast<int>(static_cast<uint32_t>(nr) & ~kX32Bit));
    }
  return out;
}

// What the kernel calls the architecture in seccomp_data: SCMP_ARCH_X32 is libseccomp's own.
uint32_t audit_of(uint32_t architecture) {
  return architecture == SCMP_ARCH_X32 ? SCMP_ARCH_X86_64 : architecture;
}

// What is above `limit` is ENOSYS; the rest goes on, behind `skipped` more instructions.
void append_limit(std::vector<sock_filter>* out, uint32_t limit, unsigned skipped) {
  out->push_back(jump(BPF_JGT, limit, 0, 1 + skipped));
  out->push_back(statement(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOSYS));
}

// The check of one architecture of the kernel's. x86-64 is two: the calls with x32's bit have a limit of their own,
// and where there is none they are left to the filter.
void append_check(std::vector<sock_filter>* out, bool x86_64, int native, int x32) {
  out->push_back(load(offsetof(seccomp_data, nr)));
  if (x86_64) out->push_back(x32 < 0 ? jump(BPF_JSET, kX32Bit, 2, 0) : jump(BPF_JSET, kX32Bit, 0, 2));
  if (x32 >= 0) append_limit(out, kX32Bit | static_cast<uint32_t>(x32), native > 0 ? 2 : 0);
  if (native > 0) append_limit(out, static_cast<uint32_t>(native), 0);
}

}  // namespace

std::vector<sock_filter> enosys_stub(const spec::Seccomp& seccomp, const std::vector<uint32_t>& architectures) {
  std::vector<sock_filter> out;
  if (!wants_stub(seccomp)) return out;
  std::vector<uint32_t> done;
  for (const uint32_t architecture : architectures) {
    const uint32_t audit = audit_of(architecture);
    if (std::find(done.begin(), done.end(), audit) != done.end()) continue;
    done.push_back(audit);
    const auto listed = [&](uint32_t a) {
      return std::find(architectures.begin(), architectures.end(), a) != architectures.end();
    };
    const int native = listed(audit) ? highest(seccomp, audit) : -1;
    const int x32 = audit == SCMP_ARCH_X86_64 && listed(SCMP_ARCH_X32) ? highest(seccomp, SCMP_ARCH_X32) : -1;
    // Nothing, or number 0 alone, is no sign of what its author knew of.
    if (native <= 0 && x32 < 0) continue;
    std::vector<sock_filter> check;
    append_check(&check, audit == SCMP_ARCH_X86_64, native, x32);
    out.push_back(load(offsetof(seccomp_data, arch)));
    out.push_back(jump(BPF_JEQ, audit, 0, static_cast<unsigned>(check.size())));
    out.insert(out.end(), check.begin(), check.end());
  }
  return out;
}

}  // namespace husk::seccomp
