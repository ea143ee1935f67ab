# husk_flags: for every file; husk_program_flags: for the programs that are linked from them.
add_library(husk_flags INTERFACE)
add_library(husk_program_flags INTERFACE)

set(HUSK_WARNINGS
    -Wall -Wextra -Werror -Wshadow -Wconversion -Wsign-conversion -Wnon-virtual-dtor -Woverloaded-virtual
    -Wcast-qual -Wformat=2 -Wundef -Wvla -Wdouble-promotion -Wimplicit-fallthrough)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  list(APPEND HUSK_WARNINGS -Wduplicated-cond -Wlogical-op -Wno-missing-field-initializers)
else()
  list(APPEND HUSK_WARNINGS -Wno-missing-field-initializers -Wno-gnu-zero-variadic-macro-arguments)
endif()

# Nothing in husk throws, and nothing passes through it: errors are values. What is left of exceptions is "out of memory",
# which ends the program. The clean-up code for them would be a tenth of the binary.
target_compile_options(husk_flags INTERFACE ${HUSK_WARNINGS} -fno-rtti -fno-exceptions -fvisibility=hidden -ffunction-sections
                                            -fdata-sections)
if(HUSK_SANITIZE)
  # With the sanitizers' checks in between, GCC 12 takes members of an empty optional for used.
  target_compile_options(husk_flags INTERFACE $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
  # Fuzzers are to be quick, the unit tests to be built quickly: without -O1 in half the time.
  target_compile_options(husk_flags INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
                                              $<IF:$<BOOL:${HUSK_FUZZ}>,-O1,-O0> -g1)
  target_link_options(husk_program_flags INTERFACE -fsanitize=address,undefined)
else()
  target_compile_options(husk_flags INTERFACE -fstack-protector-strong -fstack-clash-protection -fPIE
                                              $<$<CONFIG:Release>:-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2>)
  # One file, nothing for the dynamic loader to do: a container's start pays for every library at start.
  target_link_options(husk_program_flags INTERFACE -static-pie -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--gc-sections
                                                   $<$<CONFIG:Release>:-s>)
  target_compile_options(husk_flags INTERFACE $<$<CONFIG:Release>:-fcf-protection=full>)
endif()
if(HUSK_WEAK)
  add_compile_definitions(HUSK_WEAK)
  install(CODE "message(FATAL_ERROR \"a weakened husk is for tests and is not installed\")")
endif()
if(HUSK_FUZZ)
  # RapidJSON's stack adds to a null pointer before its first allocation: harmless, and not ours.
  target_compile_options(husk_flags INTERFACE -fsanitize=fuzzer-no-link -fno-sanitize=pointer-overflow)
endif()
if(HUSK_TIDY)
  find_program(CLANG_TIDY NAMES clang-tidy-14 clang-tidy REQUIRED)
  set(CMAKE_CXX_CLANG_TIDY ${CLANG_TIDY} --quiet --warnings-as-errors=*)
endif()
