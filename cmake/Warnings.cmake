# bitbalance_target(NAME): our warnings as errors, our include root, and the preset's instrumentation.
option(BITBALANCE_SANITIZE "Build with address and undefined-behaviour sanitizers" OFF)
option(BITBALANCE_LIBFUZZER "Let libFuzzer drive the fuzzers: coverage-guided, and only with Clang" OFF)
option(BITBALANCE_COVERAGE "Build with gcov counters" OFF)
option(BITBALANCE_ODR "Link with -flto, which alone sees types that two sources define differently" OFF)

function(bitbalance_target name)
  target_include_directories(${name} PUBLIC ${PROJECT_SOURCE_DIR})
  target_compile_options(${name} PRIVATE -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wno-sign-conversion
                                         -Wnon-virtual-dtor -Woverloaded-virtual -Werror)
  if(BITBALANCE_SANITIZE)
    target_compile_options(${name} PUBLIC -fsanitize=address,undefined -fno-sanitize-recover=undefined
                                          -fno-omit-frame-pointer)
    # gcc 12 sees uninitialized members in <regex> under the sanitizers (GCC bug 105562).
    target_compile_options(${name} PRIVATE $<$<CXX_COMPILER_ID:GNU>:-Wno-maybe-uninitialized>)
    target_link_options(${name} PUBLIC -fsanitize=address,undefined)
  endif()
  if(BITBALANCE_ODR)
    target_compile_options(${name} PRIVATE -flto -fno-fat-lto-objects)
    target_link_options(${name} PUBLIC -flto=auto -Wodr -Werror=odr)
  endif()
  if(BITBALANCE_LIBFUZZER)
    target_compile_options(${name} PUBLIC -fsanitize=fuzzer-no-link)
  endif()
  if(BITBALANCE_COVERAGE)
    target_compile_options(${name} PUBLIC --coverage)
    target_link_options(${name} PUBLIC --coverage)
  endif()
endfunction()
