// A clone that goes on in a function of ours, on a stack of its own.
//
// With CLONE_VM the new task runs in our memory, so it must not return into our frames: it calls `run(data)` on the
// stack that clone3(2) or clone(2) was given, and ends with what that returns.
#pragma once

#include "sys/raw.h"

namespace husk::sys {

// clone_with(SYS_clone3, &args, size, 0, 0, ...) or clone_with(SYS_clone, flags, stack, child_tid, tls, ...): the new
// task's number, or -errno.
#if defined(__x86_64__)
inline long clone_with(long nr, long a, long b, long c, long d, int (*run)(void*), void* data) {
  long ret = nr;
  register long r10 asm("r10") = c;
  register long r8 asm("r8") = d;
  register void* fn asm("r12") = reinterpret_cast<void*>(run);
  register void* arg asm("r13") = data;
  asm volatile(
      "syscall\n"
      "test %%rax,%%rax\n"
      "jnz 1f\n"
      "xor %%ebp,%%ebp\n"
      "mov %%r13,%%rdi\n"
      "call *%%r12\n"
      "mov %%eax,%%edi\n"
      "mov %[exit],%%eax\n"
      "syscall\n"
      "1:\n"
      : "+a"(ret)
      : "D"(a), "S"(b), "d"(0L), "r"(r10), "r"(r8), "r"(fn), "r"(arg), [exit] "i"(SYS_exit)
      : "rcx", "r11", "memory");
  return ret;
}
#elif defined(__aarch64__)
inline long clone_with(long nr, long a, long b, long c, long d, int (*run)(void*), void* data) {
  register long x8 asm("x8") = nr;
  register long x0 asm("x0") = a;
  register long x1 asm("x1") = b;
  register long x2 asm("x2") = 0;
  register long x3 asm("x3") = d;  // aarch64 clone: tls is the fourth, ctid the fifth
  register long x4 asm("x4") = c;
  register void* fn asm("x20") = reinterpret_cast<void*>(run);
  register void* arg asm("x21") = data;
  asm volatile(
      "svc 0\n"
      "cbnz x0, 1f\n"
      "mov x29, #0\n"
      "mov x0, x21\n"
      "blr x20\n"
      "mov x8, %[exit]\n"
      "svc 0\n"
      "1:\n"
      : "+r"(x0)
      : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(fn), "r"(arg), [exit] "i"(SYS_exit)
      : "memory", "cc", "x30");
  return x0;
}
#endif

}  // namespace husk::sys
