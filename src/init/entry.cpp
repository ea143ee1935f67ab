// Where the kernel starts husk-init: relocate ourselves (a static position-independent program has nobody else to do
// it), set the stack canary, call init_main.
#include <elf.h>

#include <cstddef>
#include <cstdint>

#include "init/main.h"
#include "sys/raw.h"

extern "C" {
extern const Elf64_Dyn _DYNAMIC[] __attribute__((visibility("hidden")));
extern const Elf64_Ehdr __ehdr_start __attribute__((visibility("hidden")));  // NOLINT(bugprone-reserved-identifier)
extern uintptr_t __stack_chk_guard;                                          // NOLINT(bugprone-reserved-identifier)

__attribute__((used, noreturn, no_stack_protector)) void husk_entry(const uintptr_t* stack);
}

#if defined(__x86_64__)
asm(".text\n.globl _start\n.type _start,@function\n_start:\n"
    "xor %ebp,%ebp\n mov %rsp,%rdi\n and $-16,%rsp\n call husk_entry\n hlt\n");
constexpr unsigned kRelative = R_X86_64_RELATIVE;
#else
asm(".text\n.globl _start\n.type _start,@function\n_start:\n"
    "mov x29,#0\n mov x30,#0\n mov x0,sp\n and sp,x0,#-16\n b husk_entry\n");
constexpr unsigned kRelative = R_AARCH64_RELATIVE;
#endif

void husk_entry(const uintptr_t* stack) {
  const auto base = reinterpret_cast<uintptr_t>(&__ehdr_start);
  uintptr_t rela = 0;
  size_t size = 0;
  for (const Elf64_Dyn* d = _DYNAMIC; d->d_tag != DT_NULL; ++d) {
    if (d->d_tag == DT_RELA) rela = base + d->d_un.d_ptr;
    if (d->d_tag == DT_RELASZ) size = d->d_un.d_val;
  }
  const auto* r = reinterpret_cast<const Elf64_Rela*>(rela);
  for (size_t i = 0; r != nullptr && i < size / sizeof *r; ++i)
    if (ELF64_R_TYPE(r[i].r_info) == kRelative)
      *reinterpret_cast<uintptr_t*>(base + r[i].r_offset) = base + static_cast<uintptr_t>(r[i].r_addend);

  const auto argc = static_cast<int>(stack[0]);
  const auto* argv = reinterpret_cast<const char* const*>(stack + 1);
  const uintptr_t* p = stack + 1 + argc + 1;
  while (*p != 0) ++p;  // environment
  for (++p; p[0] != AT_NULL; p += 2)
    if (p[0] == AT_RANDOM)
      __stack_chk_guard = *reinterpret_cast<const uintptr_t*>(p[1]) & ~static_cast<uintptr_t>(0xff);
  const int status = husk::init::init_main(argc, argv);
  (void)husk::sys::call(SYS_exit_group, status);
  __builtin_trap();
}
