#define DOCTEST_CONFIG_IMPLEMENT
#include <gradus/tensor/error.h>
#include <gradus/tensor/kernels/dispatch.h>

#include <doctest/doctest.h>

#include <cstdio>

/// Asked by the leak sanitizer: the C library keeps what LOCPATH said, once a locale has been looked for.
extern "C" const char* __lsan_default_suppressions() { return "leak:__argz_add_sep\n"; }

/// Runs the tests. Ends with 77 (skipped) where the environment's GRADUS_ISA names an instruction set that
/// this machine lacks.
int main(int argc, char** argv) {
  try {
    gradus::instruction_set();
  } catch (const gradus::Error& problem) {
    std::printf("skipped: %s\n", problem.what());
    return 77;
  }
  return doctest::Context(argc, argv).run();
}
