// An eBPF interpreter for device programs, as strict as the kernel's verifier where it matters: registers are written
// before they are read, only aligned words of the context are loaded, jumps go forwards and stay inside, no instruction
// is out of reach, the answer is 0 or 1.
#pragma once

#include <linux/bpf.h>

#include <array>
#include <cstdint>
#include <cstring>
#include <optional>
#include <vector>

namespace husk::test {

class Ebpf {
 public:
  explicit Ebpf(std::vector<bpf_insn> program) : program_(std::move(program)) {}

  // Nothing when the program breaks a rule on the way.
  [[nodiscard]] std::optional<uint64_t> run(const bpf_cgroup_dev_ctx& context) const {
    std::array<std::optional<uint64_t>, 10> r;
    for (size_t pc = 0; pc < program_.size();) {
      const bpf_insn& i = program_[pc++];
      if (i.dst_reg >= r.size() || i.src_reg >= r.size()) return {};
      auto& dst = r[i.dst_reg];
      const auto operand = static_cast<uint64_t>(static_cast<int64_t>(i.imm));
      switch (i.code) {
        case BPF_LDX | BPF_MEM | BPF_W:
          if (i.src_reg != 1 || i.off < 0 || i.off % 4 != 0 || static_cast<size_t>(i.off) + 4 > sizeof context)
            return {};
          dst = word(context, static_cast<size_t>(i.off));
          continue;
        case BPF_ALU64 | BPF_MOV | BPF_K:
          dst = operand;
          continue;
        case BPF_ALU64 | BPF_MOV | BPF_X:
          if (!r[i.src_reg]) return {};
          dst = r[i.src_reg];
          continue;
        case BPF_JMP | BPF_JA:
          if (!step(&pc, i.off)) return {};
          continue;
        case BPF_JMP | BPF_EXIT:
          return r[0] && *r[0] <= 1 ? r[0] : std::nullopt;
        default:
          break;
      }
      if (!dst) return {};
      switch (i.code) {
        case BPF_ALU64 | BPF_RSH | BPF_K:
          *dst >>= operand & 63;
          break;
        case BPF_ALU64 | BPF_AND | BPF_K:
          *dst &= operand;
          break;
        default:
          if (!is_condition(i) || !step(&pc, holds(i, *dst, operand) ? i.off : int16_t{0})) return {};
      }
    }
    return {};  // ran off the end
  }

  // Whether every instruction can be reached and none leads outside, by the jumps alone.
  [[nodiscard]] bool well_formed() const {
    std::vector<bool> reached(program_.size() + 1);
    reached[0] = true;
    for (size_t pc = 0; pc < program_.size(); ++pc) {
      if (!reached[pc]) return false;
      const bpf_insn& i = program_[pc];
      if (i.code == (BPF_JMP | BPF_EXIT)) continue;
      const bool jumps = is_condition(i) || i.code == (BPF_JMP | BPF_JA);
      if (jumps && (i.off < 0 || pc + 1 + static_cast<size_t>(i.off) >= program_.size())) return false;
      if (jumps) reached[pc + 1 + static_cast<size_t>(i.off)] = true;
      if (i.code != (BPF_JMP | BPF_JA)) reached[pc + 1] = true;
    }
    return !reached[program_.size()];
  }

  [[nodiscard]] const std::vector<bpf_insn>& program() const { return program_; }

 private:
  static uint64_t word(const bpf_cgroup_dev_ctx& context, size_t offset) {
    uint32_t out = 0;
    std::memcpy(&out, reinterpret_cast<const char*>(&context) + offset, sizeof out);
    return out;
  }

  static bool is_condition(const bpf_insn& i) {
    return i.code == (BPF_JMP | BPF_JEQ | BPF_K) || i.code == (BPF_JMP | BPF_JNE | BPF_K) ||
           i.code == (BPF_JMP | BPF_JSET | BPF_K);
  }

  static bool holds(const bpf_insn& i, uint64_t value, uint64_t operand) {
    if (BPF_OP(i.code) == BPF_JEQ) return value == operand;
    if (BPF_OP(i.code) == BPF_JNE) return value != operand;
    return (value & operand) != 0;
  }

  static bool step(size_t* pc, int16_t offset) {
    if (offset < 0) return false;
    *pc += static_cast<size_t>(offset);
    return true;
  }

  std::vector<bpf_insn> program_;
};

}  // namespace husk::test
