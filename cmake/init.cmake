# husk-init: the program that becomes a container's first process. It is built without any library (no libc, no
# libstdc++), so the linker is the proof that nothing between clone and execve allocates, locks or throws; then its
# file is embedded in libhusk as bytes. See docs/adr/0001-init-is-its-own-program.md.

file(GLOB HUSK_INIT_SOURCES CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/init/*.cpp ${PROJECT_SOURCE_DIR}/src/sys/*.cpp
     ${PROJECT_SOURCE_DIR}/src/rooms/*/init*.cpp)
list(APPEND HUSK_INIT_SOURCES ${PROJECT_SOURCE_DIR}/src/start/channel.cpp)

add_executable(husk-init ${HUSK_INIT_SOURCES})
target_include_directories(husk-init PRIVATE ${PROJECT_SOURCE_DIR}/src)
target_compile_options(
  husk-init
  PRIVATE ${HUSK_WARNINGS}
          -Os -g0 -fPIE -fno-exceptions -fno-rtti -fno-threadsafe-statics -fno-asynchronous-unwind-tables
          -fno-unwind-tables -fvisibility=hidden -ffunction-sections -fdata-sections
          -U_FORTIFY_SOURCE -fstack-clash-protection)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # No turning of our memset into a call of memset. The canary is a global, set from AT_RANDOM: there is no thread-local storage.
  target_compile_options(husk-init PRIVATE -fno-tree-loop-distribute-patterns -fstack-protector-strong
                                           -mstack-protector-guard=global)
endif()
target_link_options(husk-init PRIVATE -nostdlib -static-pie -Wl,--gc-sections -Wl,-z,noexecstack -Wl,-z,relro -Wl,-z,now
                    -Wl,--build-id=none -s)
target_link_libraries(husk-init PRIVATE gcc)

set(HUSK_INIT_BLOB ${CMAKE_BINARY_DIR}/init_blob.S)
file(WRITE ${HUSK_INIT_BLOB}.in
     ".section .rodata\n.balign 64\n.globl husk_init_blob\nhusk_init_blob:\n.incbin \"${CMAKE_BINARY_DIR}/husk-init\"\n.globl husk_init_blob_end\nhusk_init_blob_end:\n.section .note.GNU-stack,\"\",%progbits\n"
)
configure_file(${HUSK_INIT_BLOB}.in ${HUSK_INIT_BLOB} COPYONLY)
set_source_files_properties(${HUSK_INIT_BLOB} PROPERTIES LANGUAGE ASM OBJECT_DEPENDS ${CMAKE_BINARY_DIR}/husk-init)
