# Every library the project links, found once, and only what this build needs. packages.txt lists the Debian packages
# that hold them.
find_package(Threads REQUIRED)
find_package(Boost 1.74 REQUIRED)
find_package(fmt REQUIRED)
find_package(nlohmann_json 3.11 REQUIRED)
if(BITBALANCE_COMPILER)
  find_package(Eigen3 3.4 REQUIRED)
  find_package(Protobuf REQUIRED)  # ahead of ONNX, whose package file uses its target without finding it
  find_package(ONNX REQUIRED)
  # Newer versions put their name in front of their targets.
  if(TARGET ONNX::onnx)
    set(BITBALANCE_ONNX_LIBRARIES ONNX::onnx ONNX::onnx_proto protobuf::libprotobuf)
  else()
    set(BITBALANCE_ONNX_LIBRARIES onnx onnx_proto protobuf::libprotobuf)
  endif()
  find_package(PNG REQUIRED)
  find_package(JPEG REQUIRED)
  find_package(PkgConfig REQUIRED)  # libzip's own package file wants programs that libzip-dev does not bring
  pkg_check_modules(LIBZIP REQUIRED IMPORTED_TARGET libzip)
endif()
if(BITBALANCE_TOOLS)
  find_package(yaml-cpp REQUIRED)
  find_package(CLI11 REQUIRED)
  find_package(SQLiteCpp REQUIRED)
  find_package(muparser REQUIRED)
  # The platform's processor, under GPL-2.0: optional, and linked by nothing but bitbalance-platform.
  find_package(PkgConfig REQUIRED)
  pkg_check_modules(Unicorn IMPORTED_TARGET unicorn)
  if(NOT Unicorn_FOUND)
    message(STATUS "bitbalance-platform is left out: it needs libunicorn-dev")
  endif()
endif()
if(BITBALANCE_TESTS)
  find_package(Catch2 REQUIRED)  # 2.13 or 3: tests/support/catch2_3
  if(Catch2_VERSION VERSION_LESS 2.13)
    message(FATAL_ERROR "Catch2 ${Catch2_VERSION}; accepted: 2.13 or newer")
  endif()
  find_package(rapidcheck REQUIRED)
  find_package(benchmark REQUIRED)
  find_package(Python3 COMPONENTS Interpreter REQUIRED)  # once: a search takes two seconds
endif()

option(BITBALANCE_RETRAIN "Also build bitbalance_retrain, which needs libtorch-dev and libopenblas0-pthread" OFF)
if(BITBALANCE_RETRAIN)
  find_package(Torch REQUIRED)
endif()

include(BitbalanceSystemC)
bitbalance_find_systemc()
if(BITBALANCE_SYSTEMC_FAULT)
  message(FATAL_ERROR "SystemC: ${BITBALANCE_SYSTEMC_FAULT}; accepted: libsystemc-dev, or one that "
    "cmake/BitbalanceSystemC.cmake tells how to name")
endif()

include(CheckCXXSourceCompiles)
set(CMAKE_REQUIRED_FLAGS "${CMAKE_CXX${CMAKE_CXX_STANDARD}_STANDARD_COMPILE_OPTION}")
set(CMAKE_REQUIRED_LIBRARIES SystemC::systemc)
check_cxx_source_compiles("#include <systemc>\nint sc_main(int, char*[]) { return 0; }" BITBALANCE_SYSTEMC_LINKS)
unset(CMAKE_REQUIRED_FLAGS)
unset(CMAKE_REQUIRED_LIBRARIES)
if(NOT BITBALANCE_SYSTEMC_LINKS)
  message(FATAL_ERROR
    "A C++${CMAKE_CXX_STANDARD} program does not link with the SystemC library that was found. libsystemc only "
    "links with programs of the C++ standard it was built with: 17 in Debian. Install libsystemc-dev, build your "
    "SystemC with the same standard, or name its standard by -DCMAKE_CXX_STANDARD=20.")
endif()
