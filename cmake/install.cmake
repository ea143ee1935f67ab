# The program, the library and its headers, and what tells pkg-config and CMake of them. The Makefile's `make install`
# calls this with PREFIX and DESTDIR: only then is it known where things go, so both descriptions are relative to where
# they lie themselves.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)
install(TARGETS husk-cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS husk ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY include/husk DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})

file(RELATIVE_PATH HUSK_UP_FROM_PKGCONFIG /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
string(REGEX REPLACE "/$" "" HUSK_UP_FROM_PKGCONFIG "${HUSK_UP_FROM_PKGCONFIG}")
configure_file(cmake/husk.pc.in ${CMAKE_BINARY_DIR}/husk.pc @ONLY)
install(FILES ${CMAKE_BINARY_DIR}/husk.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

set(HUSK_CMAKE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/husk)
configure_package_config_file(
  cmake/huskConfig.cmake.in ${CMAKE_BINARY_DIR}/huskConfig.cmake INSTALL_DESTINATION ${HUSK_CMAKE_DIR}
  PATH_VARS CMAKE_INSTALL_LIBDIR CMAKE_INSTALL_INCLUDEDIR NO_CHECK_REQUIRED_COMPONENTS_MACRO)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/huskConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/huskConfig.cmake ${CMAKE_BINARY_DIR}/huskConfigVersion.cmake
        DESTINATION ${HUSK_CMAKE_DIR})

# The manual pages and the completions are made by the program itself, from its tables of options.
add_custom_command(
  OUTPUT ${CMAKE_BINARY_DIR}/man/husk.8
  COMMAND ${CMAKE_COMMAND} -E make_directory ${CMAKE_BINARY_DIR}/man ${CMAKE_BINARY_DIR}/completion
  COMMAND husk-cli manual --directory ${CMAKE_BINARY_DIR}/man
  COMMAND husk-cli completion bash > ${CMAKE_BINARY_DIR}/completion/husk
  COMMAND husk-cli completion zsh > ${CMAKE_BINARY_DIR}/completion/_husk
  COMMAND husk-cli completion fish > ${CMAKE_BINARY_DIR}/completion/husk.fish
  DEPENDS husk-cli
  VERBATIM)
if(NOT CMAKE_CROSSCOMPILING AND NOT HUSK_SANITIZE AND NOT HUSK_WEAK)
  add_custom_target(husk-pages ALL DEPENDS ${CMAKE_BINARY_DIR}/man/husk.8)
  install(DIRECTORY ${CMAKE_BINARY_DIR}/man/ DESTINATION ${CMAKE_INSTALL_MANDIR}/man8 FILES_MATCHING PATTERN "*.8")
  install(FILES ${CMAKE_BINARY_DIR}/completion/husk DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
  install(FILES ${CMAKE_BINARY_DIR}/completion/_husk DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
  install(FILES ${CMAKE_BINARY_DIR}/completion/husk.fish DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
endif()
