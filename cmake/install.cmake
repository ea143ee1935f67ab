# The program, the library and its headers. The Makefile's `make install` calls this with PREFIX and DESTDIR.
include(GNUInstallDirs)
install(TARGETS husk-cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
install(TARGETS husk ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
install(DIRECTORY include/husk DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
