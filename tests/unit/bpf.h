// A classic BPF interpreter for seccomp filters: what the kernel would decide, without the kernel.
//
// Covers the instructions that seccomp allows and libseccomp emits (32-bit loads of struct seccomp_data, the
// accumulator and scratch memory, jumps, and, or, returns). Anything else makes the run fail loudly.
#pragma once

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#include <cstdint>
#include <cstring>
#include <optional>
#include <vector>

namespace husk::test {

struct Call {
  uint32_t arch = AUDIT_ARCH_X86_64;
  int nr = 0;
  uint64_t args[6] = {};
};

class Bpf {
 public:
  explicit Bpf(const std::vector<uint8_t>& bytes) : program_(bytes.size() / sizeof(sock_filter)) {
    std::memcpy(program_.data(), bytes.data(), program_.size() * sizeof(sock_filter));
  }

  // The filter's return value (SECCOMP_RET_* with its data); nothing when the program is not well-formed.
  [[nodiscard]] std::optional<uint32_t> run(const Call& call) const {
    seccomp_data data = {};
    data.nr = call.nr;
    data.arch = call.arch;
    for (int i = 0; i < 6; ++i) data.args[i] = call.args[i];
    uint32_t a = 0;
    uint32_t x = 0;
    uint32_t memory[BPF_MEMWORDS] = {};
    for (size_t pc = 0; pc < program_.size();) {
      const sock_filter& i = program_[pc++];
      const uint32_t operand = BPF_SRC(i.code) == BPF_X ? x : i.k;
      switch (i.code) {
        case BPF_LD | BPF_W | BPF_ABS:
          if (i.k % 4 != 0 || i.k + 4 > sizeof data) return {};
          std::memcpy(&a, reinterpret_cast<const char*>(&data) + i.k, 4);
          break;
        case BPF_LD | BPF_IMM:
          a = i.k;
          break;
        case BPF_LDX | BPF_IMM:
          x = i.k;
          break;
        case BPF_LD | BPF_MEM:
          if (i.k >= BPF_MEMWORDS) return {};
          a = memory[i.k];
          break;
        case BPF_ST:
          if (i.k >= BPF_MEMWORDS) return {};
          memory[i.k] = a;
          break;
        case BPF_ALU | BPF_AND | BPF_K:
        case BPF_ALU | BPF_AND | BPF_X:
          a &= operand;
          break;
        case BPF_ALU | BPF_OR | BPF_K:
        case BPF_ALU | BPF_OR | BPF_X:
          a |= operand;
          break;
        case BPF_JMP | BPF_JA:
          pc += i.k;
          break;
        case BPF_JMP | BPF_JEQ | BPF_K:
        case BPF_JMP | BPF_JEQ | BPF_X:
          pc += a == operand ? i.jt : i.jf;
          break;
        case BPF_JMP | BPF_JGT | BPF_K:
        case BPF_JMP | BPF_JGT | BPF_X:
          pc += a > operand ? i.jt : i.jf;
          break;
        case BPF_JMP | BPF_JGE | BPF_K:
        case BPF_JMP | BPF_JGE | BPF_X:
          pc += a >= operand ? i.jt : i.jf;
          break;
        case BPF_JMP | BPF_JSET | BPF_K:
        case BPF_JMP | BPF_JSET | BPF_X:
          pc += (a & operand) != 0 ? i.jt : i.jf;
          break;
        case BPF_RET | BPF_K:
          return i.k;
        case BPF_RET | BPF_A:
          return a;
        default:
          return {};
      }
    }
    return {};  // ran off the end
  }

 private:
  std::vector<sock_filter> program_;
};

}  // namespace husk::test
