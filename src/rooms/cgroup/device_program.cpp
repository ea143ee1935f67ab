// From a list of exceptions to eBPF.
//
// The kernel hands over {type and access, major, minor}. The code asks for the type, within it for the major, within
// that for the access and last for the minor, so that a question common to several exceptions is asked once:
//
//       r2 = type, r3 = access, r4 = major, r5 = minor     (those that are asked for)
//       r0 = what holds for the exceptions
//       if r2 != char goto block
//       if r3 & ~mknod goto major_1                        c *:* m
//       goto end
//   major_1:
//       if r4 != 1 goto major_5
//       if r5 == 3 goto end                                c 1:3 rwm
//       if r5 == 5 goto end                                c 1:5 rwm
//       goto rest
//   major_5: ...
//   rest:
//       r0 = what holds for all others
//   end:
//       exit
//
// "goto rest" after a major is for the verifier more than for speed: it follows every path, and without it the path
// "the major is 1" would go on through all other majors, a square of their number.
//
// Accesses are tested as masks and never compared: the kernel also asks for none at all (access(2) with F_OK), which
// any exception that names the device may answer.
#include "rooms/cgroup/device_program.h"

#include <algorithm>
#include <cstddef>
#include <tuple>

namespace husk::cgroup {
namespace {

// Jumps reach 32767 instructions, an exception takes four at most.
constexpr size_t kMaxExceptions = 4096;
// What a dev_t has room for. Beyond it an exception names no device (and would not fit an instruction's operand).
constexpr int64_t kMaxMajor = 0xfff;
constexpr int64_t kMaxMinor = 0xfffff;

enum Register : uint8_t { kResult = 0, kContext = 1, kType = 2, kAccess = 3, kMajor = 4, kMinor = 5 };

using Exceptions = std::span<const DeviceException>;
using Jumps = std::vector<size_t>;  // instructions whose target is not known yet

int32_t bits_of(uint8_t access) {
  return ((access & kRead) != 0 ? BPF_DEVCG_ACC_READ : 0) | ((access & kWrite) != 0 ? BPF_DEVCG_ACC_WRITE : 0) |
         ((access & kMknod) != 0 ? BPF_DEVCG_ACC_MKNOD : 0);
}

// Whether all that `narrow` says is said by `wide`.
bool implies(const DeviceException& wide, const DeviceException& narrow) {
  return wide.type == narrow.type && (!wide.major || wide.major == narrow.major) &&
         (!wide.minor || wide.minor == narrow.minor) && (narrow.access & ~wide.access) == 0;
}

// Sorted for grouping, wildcards first; without what names no device and what another one says as well. The latter
// is not for brevity alone: code behind an unconditional jump is unreachable, and the verifier refuses it.
std::vector<DeviceException> arranged(Exceptions all) {
  std::vector<DeviceException> out;
  for (size_t i = 0; i < all.size(); ++i) {
    const DeviceException& e = all[i];
    if (e.access == 0 || e.major.value_or(0) > kMaxMajor || e.minor.value_or(0) > kMaxMinor) continue;
    bool needed = true;
    for (size_t j = 0; j < all.size() && needed; ++j)
      needed = j == i || !implies(all[j], e) || (implies(e, all[j]) && i < j);
    if (needed) out.push_back(e);
  }
  const auto key = [](const DeviceException& e) { return std::tie(e.type, e.major, e.access, e.minor); };
  std::sort(out.begin(), out.end(), [&](const auto& a, const auto& b) { return key(a) < key(b); });
  return out;
}

// Takes the exceptions at the front that have the same value of a member.
template <class T>
Exceptions take_run(Exceptions* rest, T DeviceException::*member) {
  size_t n = 0;
  while (n < rest->size() && (*rest)[n].*member == rest->front().*member) ++n;
  const Exceptions run = rest->first(n);
  *rest = rest->subspan(n);
  return run;
}

class Assembler {
 public:
  explicit Assembler(const DeviceList& list) : deny_(list.allow_all), exceptions_(arranged(list.exceptions)) {}

  std::vector<bpf_insn> run() {
    const Exceptions all = exceptions_;
    if (!all.empty()) {
      load(all);
      for (Exceptions rest = all; !rest.empty();) type_run(take_run(&rest, &DeviceException::type));
    }
    land(&rest_);
    emit(BPF_ALU64 | BPF_MOV | BPF_K, kResult, deny_ ? 1 : 0);
    land(&end_);
    emit(BPF_JMP | BPF_EXIT, kResult, 0);
    return std::move(code_);
  }

 private:
  void load(Exceptions all) {
    const auto any = [&](auto asks) { return std::any_of(all.begin(), all.end(), asks); };
    read(kType, offsetof(bpf_cgroup_dev_ctx, access_type));
    if (deny_ || any([](const DeviceException& e) { return e.access != kAllAccess; })) {
      emit(BPF_ALU64 | BPF_MOV | BPF_X, kAccess, 0, kType);
      emit(BPF_ALU64 | BPF_RSH | BPF_K, kAccess, 16);
    }
    emit(BPF_ALU64 | BPF_AND | BPF_K, kType, 0xffff);
    if (any([](const DeviceException& e) { return e.major.has_value(); }))
      read(kMajor, offsetof(bpf_cgroup_dev_ctx, major));
    if (any([](const DeviceException& e) { return e.minor.has_value(); }))
      read(kMinor, offsetof(bpf_cgroup_dev_ctx, minor));
    emit(BPF_ALU64 | BPF_MOV | BPF_K, kResult, deny_ ? 0 : 1);
  }

  void type_run(Exceptions run) {
    const int type = run.front().type == 'b' ? BPF_DEVCG_DEV_BLOCK : BPF_DEVCG_DEV_CHAR;
    if (!run.front().major && whole(run.front())) {
      jump(BPF_JEQ, kType, type, &end_);
      return;
    }
    Jumps other_type;
    jump(BPF_JNE, kType, type, &other_type);
    for (Exceptions rest = run; !rest.empty();) {
      const Exceptions major = take_run(&rest, &DeviceException::major);
      major_run(major, rest.empty());
    }
    land(&other_type);
  }

  void major_run(Exceptions run, bool last) {
    const DeviceException& first = run.front();
    const auto major = static_cast<int32_t>(first.major.value_or(0));
    if (first.major && whole(first)) {
      jump(BPF_JEQ, kMajor, major, &end_);
      return;
    }
    Jumps other_major;
    if (first.major) jump(BPF_JNE, kMajor, major, &other_major);
    for (Exceptions rest = run; !rest.empty();) {
      const Exceptions same = take_run(&rest, &DeviceException::access);
      deny_ ? denials(same) : allowances(same);
    }
    if (first.major && !last) jump(BPF_JA, kResult, 0, &rest_);
    land(&other_major);
  }

  // Exceptions of one major and one access to "all is denied": they allow what asks for nothing beyond that access.
  void allowances(Exceptions run) {
    Jumps other_access;
    const auto missing = static_cast<uint8_t>(kAllAccess & ~run.front().access);
    if (missing != 0) jump(BPF_JSET, kAccess, bits_of(missing), &other_access);
    for (const DeviceException& e : run) {
      if (e.minor)
        jump(BPF_JEQ, kMinor, static_cast<int32_t>(*e.minor), &end_);
      else
        jump(BPF_JA, kResult, 0, &end_);
    }
    land(&other_access);
  }

  // The same for "all is allowed": they deny what asks for any part of that access.
  void denials(Exceptions run) {
    for (const DeviceException& e : run) {
      Jumps other_minor;
      if (e.minor) jump(BPF_JNE, kMinor, static_cast<int32_t>(*e.minor), &other_minor);
      jump(BPF_JSET, kAccess, bits_of(e.access), &end_);
      land(&other_minor);
    }
  }

  // Allowed without a look at minor and access: then it is the only exception of its major (or type).
  [[nodiscard]] bool whole(const DeviceException& e) const { return !deny_ && !e.minor && e.access == kAllAccess; }

  void emit(int code, Register dst, int32_t imm, Register src = kResult) {
    bpf_insn i = {};
    i.code = static_cast<uint8_t>(code);
    i.dst_reg = dst & 0xf;
    i.src_reg = src & 0xf;
    i.imm = imm;
    code_.push_back(i);
  }

  void read(Register dst, size_t offset) {
    emit(BPF_LDX | BPF_MEM | BPF_W, dst, 0, kContext);
    code_.back().off = static_cast<int16_t>(offset);
  }

  void jump(int condition, Register reg, int32_t imm, Jumps* to) {
    to->push_back(code_.size());
    emit(BPF_JMP | condition | BPF_K, reg, imm);
  }

  // The jumps go to the instruction that comes next.
  void land(Jumps* jumps) {
    for (const size_t at : *jumps) code_[at].off = static_cast<int16_t>(code_.size() - at - 1);
    jumps->clear();
  }

  const bool deny_;  // what an exception does
  const std::vector<DeviceException> exceptions_;
  std::vector<bpf_insn> code_;
  Jumps rest_, end_;
};

}  // namespace

Result<std::vector<bpf_insn>> device_program(const DeviceList& list) {
  if (list.exceptions.size() > kMaxExceptions)
    return Error{cat("/linux/resources/devices: ", list.exceptions.size(), " rules are too many for one program"), 0,
                 cat("at most ", kMaxExceptions)};
  return Assembler(list).run();
}

}  // namespace husk::cgroup
