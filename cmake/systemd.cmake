# husk-systemd: the program that speaks with systemd for libhusk. It alone is linked with libsystemd, dynamically, and
# with nothing else: no C++ library, and of the C library what it has had for ever. Its file is embedded in libhusk like
# husk-init, in a section and on pages of its own: they are read when a systemd is asked, and not before.
# See docs/adr/0006-systemd-by-a-program-of-its-own.md.
find_package(PkgConfig REQUIRED)
pkg_check_modules(LIBSYSTEMD REQUIRED libsystemd)

file(GLOB HUSK_SYSTEMD_SOURCES CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/systemd/*.cpp)
add_executable(husk-systemd ${HUSK_SYSTEMD_SOURCES})
target_include_directories(husk-systemd PRIVATE ${PROJECT_SOURCE_DIR}/src)
target_include_directories(husk-systemd SYSTEM PRIVATE ${LIBSYSTEMD_INCLUDE_DIRS})
target_compile_options(
  husk-systemd
  PRIVATE ${HUSK_WARNINGS}
          -Os -g0 -fPIE -fno-exceptions -fno-rtti -fno-threadsafe-statics -fno-asynchronous-unwind-tables
          -fno-unwind-tables -fvisibility=hidden -ffunction-sections -fdata-sections
          -U_FORTIFY_SOURCE -fstack-protector-strong -fstack-clash-protection)
target_link_options(
  husk-systemd
  PRIVATE -nostartfiles -nodefaultlibs -pie -Wl,--gc-sections -Wl,-z,noexecstack -Wl,-z,relro -Wl,-z,now
          -Wl,-z,noseparate-code -Wl,--build-id=none -Wl,--hash-style=gnu -s)
target_link_libraries(husk-systemd PRIVATE ${LIBSYSTEMD_LINK_LIBRARIES} gcc c)

set(HUSK_SYSTEMD_BLOB ${CMAKE_BINARY_DIR}/systemd_blob.S)
file(WRITE ${HUSK_SYSTEMD_BLOB}.in
     ".section .husk_systemd,\"a\",%progbits\n.balign 4096\n.globl husk_systemd_blob\nhusk_systemd_blob:\n.incbin \"${CMAKE_BINARY_DIR}/husk-systemd\"\n.globl husk_systemd_blob_end\nhusk_systemd_blob_end:\n.section .note.GNU-stack,\"\",%progbits\n"
)
configure_file(${HUSK_SYSTEMD_BLOB}.in ${HUSK_SYSTEMD_BLOB} COPYONLY)
set_source_files_properties(${HUSK_SYSTEMD_BLOB} PROPERTIES LANGUAGE ASM OBJECT_DEPENDS ${CMAKE_BINARY_DIR}/husk-systemd)
