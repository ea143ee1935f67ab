// The system call instruction. Everything init does goes through here: it has no C library, and in a program with
// threads the library's wrappers (setuid and friends signal all threads, errno lives in thread-local storage) are not
// for a process made by a raw clone.
//
// Every call returns what the kernel returned: a value, or -errno.
#pragma once

#include <sys/syscall.h>

#include <cstdint>
#include <type_traits>

namespace husk::sys {

#if defined(__x86_64__)
inline long syscall6(long nr, long a, long b, long c, long d, long e, long f) {
  long ret = nr;
  register long r10 asm("r10") = d;
  register long r8 asm("r8") = e;
  register long r9 asm("r9") = f;
  asm volatile("syscall" : "+a"(ret) : "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
  return ret;
}
#elif defined(__aarch64__)
inline long syscall6(long nr, long a, long b, long c, long d, long e, long f) {
  register long x8 asm("x8") = nr;
  register long x0 asm("x0") = a;
  register long x1 asm("x1") = b;
  register long x2 asm("x2") = c;
  register long x3 asm("x3") = d;
  register long x4 asm("x4") = e;
  register long x5 asm("x5") = f;
  asm volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory", "cc");
  return x0;
}
#else
#error "husk knows the system call convention of x86_64 and aarch64"
#endif

namespace detail {
template <class T>
inline long as_arg([[maybe_unused]] T value) {
  if constexpr (std::is_null_pointer_v<T>)
    return 0;
  else if constexpr (std::is_pointer_v<T>)
    return reinterpret_cast<long>(value);
  else
    return static_cast<long>(value);
}
}  // namespace detail

template <class... Args>
inline long call(long nr, Args... args) {
  static_assert(sizeof...(args) <= 6);
  const long a[6] = {detail::as_arg(args)...};
  return syscall6(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
}

}  // namespace husk::sys
