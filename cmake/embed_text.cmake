# cmake -DOUT=FILE.cpp -DNAMESPACE=NAME -P embed_text.cmake -- FILES...
#
# Writes a source that defines `extern const char NAME[]` for every file, its name with "_" for ".", as raw
# strings: no file may hold the end of one, )embedded", and none be longer than compilers take (64 KiB).
math(EXPR last "${CMAKE_ARGC} - 1")
set(source "namespace ${NAMESPACE} {\n")
set(after_dashes FALSE)
foreach(i RANGE ${last})
  set(file "${CMAKE_ARGV${i}}")
  if(after_dashes)
    get_filename_component(name "${file}" NAME)
    string(MAKE_C_IDENTIFIER "${name}" name)
    file(READ "${file}" text)
    string(APPEND source "extern const char ${name}[];\n"
           "const char ${name}[] = R\"embedded(${text})embedded\";\n")
  elseif(file STREQUAL "--")
    set(after_dashes TRUE)
  endif()
endforeach()
file(WRITE "${OUT}" "${source}}  // namespace ${NAMESPACE}\n")
