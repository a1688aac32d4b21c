# cmake --install: headers below include/gradus, the archive, and what find_package(gradus) reads.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

install(TARGETS gradus EXPORT gradus-targets ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
foreach(folder IN ITEMS tensor autograd nn optim data)
  install(DIRECTORY ${PROJECT_SOURCE_DIR}/${folder} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/gradus
          FILES_MATCHING PATTERN "*.h")
endforeach()
install(FILES ${PROJECT_SOURCE_DIR}/gradus.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/gradus)
install(EXPORT gradus-targets NAMESPACE gradus:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/gradus)

configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/gradus-config.cmake.in ${PROJECT_BINARY_DIR}/gradus-config.cmake
                              INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/gradus)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/gradus-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/gradus-config.cmake ${PROJECT_BINARY_DIR}/gradus-config-version.cmake
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/gradus)
