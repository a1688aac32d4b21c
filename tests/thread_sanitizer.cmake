# What the tests need under the thread sanitizer (preset tsan): all that ctest sets for each of them.
#
# - GCC's OpenMP says nothing to the sanitizer, which then takes every parallel loop for a race; LLVM's comes with
#   Archer, a tool that tells it where threads start, meet and end.
# - OpenMP and OpenBLAS are not compiled with the sanitizer. ignore_noninstrumented_modules keeps it from judging what
#   they do within; what our code reads and writes is seen all the same, on whichever thread it runs.
# - The sanitizer does not see reads and writes of more than 16 bytes, so the kernels run in their baseline form.
get_filename_component(openmp_folder ${OpenMP_omp_LIBRARY} DIRECTORY)
find_library(GRADUS_ARCHER archer HINTS ${openmp_folder})
if(NOT GRADUS_ARCHER)
  message(FATAL_ERROR "libarcher.so is not beside ${OpenMP_omp_LIBRARY}; Debian's libomp-dev has both")
endif()

get_property(all_tests DIRECTORY PROPERTY TESTS)
set_property(TEST ${all_tests} APPEND PROPERTY ENVIRONMENT_MODIFICATION
             OMP_TOOL_LIBRARIES=set:${GRADUS_ARCHER}
             TSAN_OPTIONS=set:ignore_noninstrumented_modules=1
             GRADUS_ISA=set:baseline)
# Also where a script expects a program to fail.
set_property(TEST ${all_tests} PROPERTY FAIL_REGULAR_EXPRESSION "ThreadSanitizer:")
