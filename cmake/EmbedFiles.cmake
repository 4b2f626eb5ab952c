# cmake -DOUTPUT=X.cpp -DHEADER=X.h -DNAMESPACE=N -DFILES="name=path|name=path" -P EmbedFiles.cmake
# Writes the contents of files into a program: `std::string_view name()` of the header.
string(REPLACE "|" ";" FILES "${FILES}")
set(text "// Generated from files.  NOLINTBEGIN: no code of ours\n#include \"${HEADER}\"\n\nnamespace ${NAMESPACE} {\nnamespace {\n\n")
set(functions "")
foreach(entry ${FILES})
  string(REGEX MATCH "^([^=]+)=(.+)$" entry "${entry}")
  set(name ${CMAKE_MATCH_1})
  file(READ "${CMAKE_MATCH_2}" bytes HEX)
  string(REGEX REPLACE "([0-9a-f][0-9a-f])" "'\\\\x\\1'," bytes "${bytes}")
  string(APPEND text "constexpr char ${name}_bytes[] = {${bytes}};\n")
  string(APPEND functions "std::string_view ${name}() { return {${name}_bytes, sizeof ${name}_bytes}; }\n")
endforeach()
file(WRITE "${OUTPUT}" "${text}\n}  // namespace\n// NOLINTEND\n\n${functions}\n}  // namespace ${NAMESPACE}\n")
