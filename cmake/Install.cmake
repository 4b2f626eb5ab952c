# `cmake --install`: headers, libraries, CMake package and pkg-config files, by component. `cpack` makes a Debian
# package of the same.
include(GNUInstallDirs)
include(CMakePackageConfigHelpers)

set(BITBALANCE_INCLUDE_DIR ${CMAKE_INSTALL_INCLUDEDIR}/bitbalance)
set(BITBALANCE_CMAKE_DIR ${CMAKE_INSTALL_LIBDIR}/cmake/bitbalance)

# bitbalance_install(COMPONENT FOLDERS ... TARGETS ...): libraries and their headers as one component of
# find_package(bitbalance). All headers but that of bitbalance_version, which is of our programs alone.
function(bitbalance_install component)
  cmake_parse_arguments(ARG "" "" "FOLDERS;TARGETS" ${ARGN})
  install(TARGETS ${ARG_TARGETS} EXPORT bitbalance-${component}
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR})
  install(EXPORT bitbalance-${component} NAMESPACE bitbalance:: DESTINATION ${BITBALANCE_CMAKE_DIR})
  foreach(folder IN LISTS ARG_FOLDERS)
    install(DIRECTORY ${PROJECT_SOURCE_DIR}/${folder}/ DESTINATION ${BITBALANCE_INCLUDE_DIR}/${folder}
      FILES_MATCHING PATTERN "*.h" PATTERN "CMakeFiles" EXCLUDE REGEX "/base/version\\.h$" EXCLUDE)
  endforeach()
endfunction()

# bitbalance_pkg_config_file(COMPONENT VARIABLES FIELDS): bitbalance-COMPONENT.pc, wherever the tree is moved to.
function(bitbalance_pkg_config_file component variables fields)
  file(RELATIVE_PATH to_prefix /prefix/${CMAKE_INSTALL_LIBDIR}/pkgconfig /prefix)
  file(WRITE ${PROJECT_BINARY_DIR}/bitbalance-${component}.pc
"prefix=\${pcfiledir}/${to_prefix}
includedir=\${prefix}/${BITBALANCE_INCLUDE_DIR}
${variables}
Name: bitbalance-${component}
Description: ${PROJECT_DESCRIPTION}
Version: ${PROJECT_VERSION}
${fields}")
  install(FILES ${PROJECT_BINARY_DIR}/bitbalance-${component}.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endfunction()

# bitbalance_pkg_config(COMPONENT REQUIRES LIBRARY...): the libraries are static: those that others need come after
# them.
function(bitbalance_pkg_config component requires)
  set(libraries "")
  foreach(target IN LISTS ARGN)
    string(APPEND libraries " -l${target}")
  endforeach()
  set(definitions -DSC_INCLUDE_DYNAMIC_PROCESSES)
  if(BITBALANCE_HAZARD_CHECKS)
    string(APPEND definitions " -DBITBALANCE_HAZARD_CHECKS")
  endif()
  bitbalance_pkg_config_file(${component} "libdir=\${prefix}/${CMAKE_INSTALL_LIBDIR}
" "Requires: ${requires}
Libs: -L\${libdir}${libraries} -pthread
Cflags: -I\${includedir} ${definitions} -pthread
")
endfunction()

bitbalance_install(core FOLDERS base quant/host quant/ir hw/isa hw/timeline
  TARGETS bitbalance_base bitbalance_host bitbalance_ir bitbalance_isa bitbalance_timeline)
bitbalance_install(program FOLDERS hw/program TARGETS bitbalance_program)
bitbalance_install(port FOLDERS hw/port TARGETS bitbalance_port)
bitbalance_install(rtl FOLDERS hw/rtl TARGETS bitbalance_rtl)
bitbalance_install(tlm FOLDERS tlm/accelerator TARGETS bitbalance_tlm_accelerator bitbalance_tlm_datapath)
bitbalance_install(memory FOLDERS tlm/memory tlm/dram tlm/check
  TARGETS bitbalance_memory bitbalance_dram bitbalance_timed_memory bitbalance_check)
bitbalance_install(adapter FOLDERS tlm/adapter TARGETS bitbalance_adapter)
set(core bitbalance_isa bitbalance_ir bitbalance_host bitbalance_base)
set(libraries_of_rtl bitbalance_rtl bitbalance_port)
set(libraries_of_tlm bitbalance_tlm_accelerator bitbalance_tlm_datapath bitbalance_timeline bitbalance_port)
set(libraries_of_memory bitbalance_timed_memory bitbalance_dram bitbalance_memory bitbalance_check bitbalance_port)
bitbalance_pkg_config(program fmt bitbalance_program ${core})
foreach(component rtl tlm memory)
  bitbalance_pkg_config(${component} "systemc fmt" ${libraries_of_${component}} ${core})
endforeach()
bitbalance_pkg_config(adapter "bitbalance-rtl bitbalance-tlm" bitbalance_adapter)
if(BITBALANCE_COMPILER)
  bitbalance_install(compiler FOLDERS hw/compiler quant/eval quant/method quant/onnx
    TARGETS bitbalance_compiler bitbalance_eval bitbalance_method bitbalance_onnx)
endif()

# Sources, headers and descriptions of registers: for another processor than this machine's.
set(BITBALANCE_DRIVER_DIR ${CMAKE_INSTALL_DATADIR}/bitbalance/driver)
install(TARGETS bitbalance_driver EXPORT bitbalance-driver)
install(EXPORT bitbalance-driver NAMESPACE bitbalance:: DESTINATION ${BITBALANCE_CMAKE_DIR})
install(DIRECTORY ${PROJECT_SOURCE_DIR}/driver/ DESTINATION ${BITBALANCE_INCLUDE_DIR}/driver
  FILES_MATCHING PATTERN "*.h")
install(DIRECTORY ${PROJECT_SOURCE_DIR}/driver/ DESTINATION ${BITBALANCE_DRIVER_DIR}
  FILES_MATCHING PATTERN "*.c" PATTERN "*.svd" PATTERN "*.xml" PATTERN "*.dtsi")
list(TRANSFORM BITBALANCE_DRIVER_SOURCES PREPEND "\${sourcedir}/" OUTPUT_VARIABLE sources)
list(JOIN sources " " sources)
bitbalance_pkg_config_file(driver "sourcedir=\${prefix}/${BITBALANCE_DRIVER_DIR}
sources=${sources}
" "Cflags: -I\${includedir}/driver
")

configure_package_config_file(${PROJECT_SOURCE_DIR}/cmake/bitbalanceConfig.cmake.in
  ${PROJECT_BINARY_DIR}/bitbalanceConfig.cmake INSTALL_DESTINATION ${BITBALANCE_CMAKE_DIR})
write_basic_package_version_file(${PROJECT_BINARY_DIR}/bitbalanceConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${PROJECT_BINARY_DIR}/bitbalanceConfig.cmake ${PROJECT_BINARY_DIR}/bitbalanceConfigVersion.cmake
  ${PROJECT_SOURCE_DIR}/cmake/BitbalanceSystemC.cmake DESTINATION ${BITBALANCE_CMAKE_DIR})

if(PROJECT_IS_TOP_LEVEL)
  set(CPACK_GENERATOR DEB)
  set(CPACK_PACKAGE_NAME libbitbalance-dev)
  set(CPACK_PACKAGE_CONTACT "the developers of ${PROJECT_NAME}")
  set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
  set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
  set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
  set(CPACK_DEBIAN_PACKAGE_SECTION libdevel)
  set(CPACK_DEBIAN_PACKAGE_DEPENDS "libsystemc-dev, libfmt-dev")
  set(CPACK_DEBIAN_PACKAGE_SUGGESTS "libonnx-dev, libprotobuf-dev, libeigen3-dev, libjpeg-dev, libpng-dev, libzip-dev")
  include(CPack)
endif()
