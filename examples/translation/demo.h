// What `translate demo` does: trains on the built-in corpora and shows what was learnt.
#pragma once
#include <cstdint>

namespace translation {

struct DemoOptions {
  std::uint64_t seed = 1;
  int threads = 0;  // 0: the processors there are
};

/// Writes to standard output, and progress to standard error.
void run_demo(const DemoOptions& options);

}  // namespace translation
