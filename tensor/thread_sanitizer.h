// What code reads and writes that the thread sanitizer cannot see: BLAS is not compiled with it.
#pragma once
#include <cstdint>

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define GRADUS_THREAD_SANITIZER
extern "C" void __tsan_read_range(void* begin, unsigned long bytes);
extern "C" void __tsan_write_range(void* begin, unsigned long bytes);
#endif
#endif

namespace gradus {

/// Rows of `bytes` bytes, `stride` bytes apart, that are about to be read (or written). Costs nothing in
/// other builds.
inline void sanitizer_reads([[maybe_unused]] const void* begin, [[maybe_unused]] std::int64_t rows,
                            [[maybe_unused]] std::int64_t bytes, [[maybe_unused]] std::int64_t stride) {
#if defined(GRADUS_THREAD_SANITIZER)
  char* row = static_cast<char*>(const_cast<void*>(begin));
  for (std::int64_t i = 0; i < rows; ++i, row += stride)
    __tsan_read_range(row, static_cast<unsigned long>(bytes));
#endif
}
inline void sanitizer_writes([[maybe_unused]] void* begin, [[maybe_unused]] std::int64_t rows,
                             [[maybe_unused]] std::int64_t bytes, [[maybe_unused]] std::int64_t stride) {
#if defined(GRADUS_THREAD_SANITIZER)
  char* row = static_cast<char*>(begin);
  for (std::int64_t i = 0; i < rows; ++i, row += stride)
    __tsan_write_range(row, static_cast<unsigned long>(bytes));
#endif
}

}  // namespace gradus
