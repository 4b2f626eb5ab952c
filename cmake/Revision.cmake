# At each build (cmake -P): the revision of the sources, as a C++ file that changes only with it, so that a commit
# compiles one file and links one program. Variables: SOURCE (the project's folder), OUTPUT (the file).
set(revision "unknown")
find_package(Git QUIET)
if(GIT_FOUND)
  # Not of a repository around: an unpacked archive of sources has no revision.
  execute_process(COMMAND ${GIT_EXECUTABLE} rev-parse --show-prefix WORKING_DIRECTORY ${SOURCE}
    OUTPUT_VARIABLE prefix ERROR_QUIET RESULT_VARIABLE outside OUTPUT_STRIP_TRAILING_WHITESPACE)
  if(outside EQUAL 0 AND prefix STREQUAL "")
    execute_process(COMMAND ${GIT_EXECUTABLE} describe --tags --always --dirty --abbrev=12 WORKING_DIRECTORY ${SOURCE}
      OUTPUT_VARIABLE described ERROR_QUIET RESULT_VARIABLE failed OUTPUT_STRIP_TRAILING_WHITESPACE)
    if(failed EQUAL 0 AND described MATCHES "^[A-Za-z0-9._/+-]+$")
      set(revision ${described})
    endif()
  endif()
endif()
file(CONFIGURE OUTPUT ${OUTPUT} @ONLY CONTENT [[// Written by cmake/Revision.cmake.
#include "base/version.h"

namespace bitbalance {

const char* revision() {
  return "@revision@";
}

}  // namespace bitbalance
]])
