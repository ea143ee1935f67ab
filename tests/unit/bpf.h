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
    Machine m{data};
    for (size_t pc = 0; pc < program_.size();) {
      const sock_filter& i = program_[pc++];
      if (i.code == (BPF_RET | BPF_K)) return i.k;
      if (i.code == (BPF_RET | BPF_A)) return m.a;
      if (BPF_CLASS(i.code) == BPF_JMP) {
        const std::optional<size_t> skip = m.jump(i);
        if (!skip) return {};
        pc += *skip;
      } else if (!m.compute(i)) {
        return {};
      }
    }
    return {};  // ran off the end
  }

 private:
  struct Machine {
    const seccomp_data& data;
    uint32_t a = 0, x = 0;
    uint32_t memory[BPF_MEMWORDS] = {};

    // How many instructions are skipped; nothing for one that is no jump we know.
    [[nodiscard]] std::optional<size_t> jump(const sock_filter& i) const {
      const uint32_t operand = BPF_SRC(i.code) == BPF_X ? x : i.k;
      switch (BPF_OP(i.code)) {
        case BPF_JA:
          return i.k;
        case BPF_JEQ:
          return a == operand ? i.jt : i.jf;
        case BPF_JGT:
          return a > operand ? i.jt : i.jf;
        case BPF_JGE:
          return a >= operand ? i.jt : i.jf;
        case BPF_JSET:
          return (a & operand) != 0 ? i.jt : i.jf;
        default:
          return {};
      }
    }

    // Loads, stores and arithmetic; false for what the kernel would have refused.
    bool compute(const sock_filter& i) {
      const uint32_t operand = BPF_SRC(i.code) == BPF_X ? x : i.k;
      switch (i.code) {
        case BPF_LD | BPF_W | BPF_ABS:
          if (i.k % 4 != 0 || i.k + 4 > sizeof data) return false;
          std::memcpy(&a, reinterpret_cast<const char*>(&data) + i.k, 4);
          return true;
        case BPF_LD | BPF_IMM:
          a = i.k;
          return true;
        case BPF_LDX | BPF_IMM:
          x = i.k;
          return true;
        case BPF_LD | BPF_MEM:
          if (i.k >= BPF_MEMWORDS) return false;
          a = memory[i.k];
          return true;
        case BPF_ST:
          if (i.k >= BPF_MEMWORDS) return false;
          memory[i.k] = a;
          return true;
        case BPF_ALU | BPF_AND | BPF_K:
        case BPF_ALU | BPF_AND | BPF_X:
          a &= operand;
          return true;
        case BPF_ALU | BPF_OR | BPF_K:
        case BPF_ALU | BPF_OR | BPF_X:
          a |= operand;
          return true;
        default:
          return false;
      }
    }
  };

  std::vector<sock_filter> program_;
};

}  // namespace husk::test
