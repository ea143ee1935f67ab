#include "rooms/seccomp/examine.h"

#include <linux/seccomp.h>
#include <seccomp.h>

#include <algorithm>
#include <cstddef>

namespace husk::seccomp {
namespace {

// What the accumulator may hold at an instruction, by all ways that lead there.
enum Held : uint8_t { kUnreached = 0, kArchitecture = 1, kOther = 2 };

}  // namespace

// All jumps of such a program go forwards, so one pass sees every way.
bool looks_at_calls(std::span<const sock_filter> program, const std::vector<uint32_t>& architectures) {
  const auto is_architecture = [&](uint32_t k) {
    return k == SCMP_ARCH_X86_64 || std::find(architectures.begin(), architectures.end(), k) != architectures.end();
  };
  std::vector<uint8_t> held(program.size() + 1, kUnreached);
  held[0] = kOther;
  for (size_t at = 0; at < program.size(); ++at) {
    const sock_filter& i = program[at];
    if (held[at] == kUnreached || BPF_CLASS(i.code) == BPF_RET) continue;
    const auto go = [&](size_t skipped, uint8_t what) { held[std::min(at + 1 + skipped, program.size())] |= what; };
    if (BPF_CLASS(i.code) == BPF_JMP && BPF_OP(i.code) == BPF_JA) {
      go(i.k, held[at]);
    } else if (BPF_CLASS(i.code) == BPF_JMP) {
      if ((held[at] & kArchitecture) != 0 && !is_architecture(i.k)) return false;
      go(i.jt, held[at]);
      go(i.jf, held[at]);
    } else if (BPF_CLASS(i.code) == BPF_LD) {
      go(0, i.code == (BPF_LD | BPF_W | BPF_ABS) && i.k == offsetof(seccomp_data, arch) ? kArchitecture : kOther);
    } else {
      go(0, held[at]);
    }
  }
  return true;
}

}  // namespace husk::seccomp
