# Every library the project links, found once. packages.txt lists the Debian packages that hold them.
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)
find_package(Boost 1.74 REQUIRED)
find_package(Eigen3 3.4 REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
find_package(yaml-cpp REQUIRED)
find_package(Protobuf REQUIRED)  # ahead of ONNX, whose package file uses its target without finding it
find_package(ONNX REQUIRED)
find_package(CLI11 REQUIRED)
find_package(Catch2 2.13 REQUIRED)
find_package(rapidcheck REQUIRED)
find_package(benchmark REQUIRED)

option(BITBALANCE_RETRAIN "Also build bitbalance_retrain, which needs libtorch-dev and libopenblas0-pthread" OFF)
if(BITBALANCE_RETRAIN)
  find_package(Torch REQUIRED)
endif()

# libsystemc comes with pkg-config files only.
pkg_check_modules(SystemC REQUIRED IMPORTED_TARGET systemc tlm)
add_library(SystemC::systemc INTERFACE IMPORTED)
target_link_libraries(SystemC::systemc INTERFACE PkgConfig::SystemC)
target_compile_definitions(SystemC::systemc INTERFACE SC_INCLUDE_DYNAMIC_PROCESSES)

include(CheckCXXSourceCompiles)
set(CMAKE_REQUIRED_FLAGS "-std=c++17")
set(CMAKE_REQUIRED_LIBRARIES ${SystemC_LINK_LIBRARIES})
check_cxx_source_compiles("#include <systemc>\nint sc_main(int, char*[]) { return 0; }" BITBALANCE_SYSTEMC_LINKS)
unset(CMAKE_REQUIRED_FLAGS)
unset(CMAKE_REQUIRED_LIBRARIES)
if(NOT BITBALANCE_SYSTEMC_LINKS)
  message(FATAL_ERROR
    "A C++17 program does not link with the SystemC library that pkg-config found (${SystemC_LINK_LIBRARIES}). "
    "libsystemc only links with programs of the C++ standard it was built with; this project is C++17, as is "
    "Debian's libsystemc 2.3.4: install libsystemc-dev, or rebuild your SystemC with -std=c++17.")
endif()
