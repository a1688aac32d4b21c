# What the tests of a folder need under the thread sanitizer (preset tsan): all that ctest sets for each of them.
#
# - GCC's OpenMP says nothing to the sanitizer, which then takes every parallel loop for a race; LLVM's comes with
#   Archer, a tool that tells it where threads start, meet and end.
# - ignore_noninstrumented_modules would also hide every race of a memcpy of ours. Archer would rather have it, and says
#   so on the error stream of every program: it reads the 1, and the sanitizer the last of the two.
# - OpenMP itself is not compiled with the sanitizer: thread_sanitizer.supp. Nor is BLAS: tensor/thread_sanitizer.h.
# - history_size: with less of it, a race in a loop of many short tiles was seen and not reported, because what the other
#   thread had done was forgotten.
# - The sanitizer does not see reads and writes of more than 16 bytes, so the kernels run in their baseline form.
get_filename_component(openmp_folder ${OpenMP_omp_LIBRARY} DIRECTORY)
find_library(GRADUS_ARCHER archer HINTS ${openmp_folder})
if(NOT GRADUS_ARCHER)
  message(FATAL_ERROR "libarcher.so is not beside ${OpenMP_omp_LIBRARY}; Debian's libomp-dev has both")
endif()

get_property(all_tests DIRECTORY PROPERTY TESTS)
set_property(TEST ${all_tests} APPEND PROPERTY ENVIRONMENT_MODIFICATION
             OMP_TOOL_LIBRARIES=set:${GRADUS_ARCHER}
             TSAN_OPTIONS=set:ignore_noninstrumented_modules=1:ignore_noninstrumented_modules=no:history_size=7:suppressions=${CMAKE_CURRENT_LIST_DIR}/thread_sanitizer.supp
             GRADUS_ISA=set:baseline)
# Also where a script expects a program to fail.
set_property(TEST ${all_tests} PROPERTY FAIL_REGULAR_EXPRESSION "ThreadSanitizer:")
