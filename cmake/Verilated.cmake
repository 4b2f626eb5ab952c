# verilated(LIBRARY MODEL TOP [SYSTEMC] PARAMETER=VALUE...): adds to the library the module TOP of hw/verilog as the class
# V<MODEL>; with SYSTEMC as an sc_module. Only where Verilator was found.
find_package(verilator 5 QUIET)

function(verilated library model top)
  cmake_parse_arguments(ARG "SYSTEMC" "" "" ${ARGN})
  set(kind)
  if(ARG_SYSTEMC)
    set(kind SYSTEMC)
  endif()
  list(TRANSFORM ARG_UNPARSED_ARGUMENTS PREPEND "-G" OUTPUT_VARIABLE parameters)
  verilate(${library} ${kind} PREFIX V${model} TOP_MODULE ${top}
    SOURCES ${PROJECT_SOURCE_DIR}/tests/hw/verilog/public.vlt ${PROJECT_SOURCE_DIR}/hw/verilog/${top}.v
    VERILATOR_ARGS -O3 -Wall -Wno-UNUSEDSIGNAL -Wno-UNUSEDPARAM -Wno-BLKSEQ -Wno-DECLFILENAME
      -I${PROJECT_SOURCE_DIR}/hw/verilog ${parameters})
  # Some 100 small files that nobody edits. CMake leaves those with options of their own (OPT_FAST) out of a unity
  # build, so the target has them.
  set_target_properties(${library} PROPERTIES UNITY_BUILD ON)
  target_compile_options(${library} PRIVATE -O1)
  # Verilator's headers are not held to our warnings.
  set_property(TARGET ${library} APPEND PROPERTY
    INTERFACE_SYSTEM_INCLUDE_DIRECTORIES $<TARGET_PROPERTY:${library},INTERFACE_INCLUDE_DIRECTORIES>)
  if(ARG_SYSTEMC)
    target_link_libraries(${library} PUBLIC SystemC::systemc)
  else()
    target_compile_definitions(${library} PUBLIC VL_TIME_CONTEXT)
  endif()
endfunction()
