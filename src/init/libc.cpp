// The few things the compiler expects from a C library, for a program that has none.
#include <cstddef>
#include <cstdint>

#include "sys/raw.h"

extern "C" {

// Set from AT_RANDOM before anything else runs.
uintptr_t __stack_chk_guard = 0;  // NOLINT(bugprone-reserved-identifier)

[[noreturn]] void __stack_chk_fail() {  // NOLINT(bugprone-reserved-identifier)
  __builtin_trap();
}

[[noreturn]] void abort() {
  __builtin_trap();
}

void* memcpy(void* __restrict to, const void* __restrict from, size_t n) {
  auto* t = static_cast<char*>(to);
  const auto* f = static_cast<const char*>(from);
#if defined(__x86_64__)
  asm volatile("rep movsb" : "+D"(t), "+S"(f), "+c"(n) : : "memory");
#else
  while (n-- != 0) *t++ = *f++;
#endif
  return to;
}

void* memmove(void* to, const void* from, size_t n) {
  auto* t = static_cast<char*>(to);
  const auto* f = static_cast<const char*>(from);
  if (t <= f) {
    while (n-- != 0) *t++ = *f++;
  } else {
    while (n-- != 0) t[n] = f[n];
  }
  return to;
}

void* memset(void* to, int value, size_t n) {
  auto* t = static_cast<char*>(to);
#if defined(__x86_64__)
  asm volatile("rep stosb" : "+D"(t), "+c"(n) : "a"(value) : "memory");
#else
  while (n-- != 0) *t++ = static_cast<char>(value);
#endif
  return to;
}

int memcmp(const void* a, const void* b, size_t n) {
  const auto* x = static_cast<const unsigned char*>(a);
  const auto* y = static_cast<const unsigned char*>(b);
  for (; n != 0; --n, ++x, ++y)
    if (*x != *y) return *x - *y;
  return 0;
}

int bcmp(const void* a, const void* b, size_t n) {
  return memcmp(a, b, n);
}  // what clang makes of a comparison

void* memchr(const void* s, int c, size_t n) {
  const auto* p = static_cast<const unsigned char*>(s);
  for (; n != 0; --n, ++p)
    if (*p == static_cast<unsigned char>(c)) return const_cast<unsigned char*>(p);  // NOLINT
  return nullptr;
}

size_t strlen(const char* s) {
  size_t n = 0;
  while (s[n] != '\0') ++n;
  return n;
}
}

namespace std {
// A position outside of a text: a defect of ours, and there is nobody to tell.
[[noreturn]] void __throw_out_of_range_fmt(const char* /*format*/, ...) {
  __builtin_trap();
}  // NOLINT
}  // namespace std
