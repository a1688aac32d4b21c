// Kernels that fold many elements into one.
#pragma once
#include <cstdint>

namespace gradus {

enum class ReduceOp : std::uint8_t { sum, prod, max, min, count };

/// Tables are indexed by operation and DType; null for bool.
struct ReduceKernels {
  /// *y = op of n elements lying one behind the other; n > 0 for max and min, which give NaN where one is
  /// NaN.
  void (*row[static_cast<int>(ReduceOp::count)][4])(std::int64_t n, const void* x, void* y);
  /// y[j] = op(y[j], x[i * stride + j]) for all rows i in order: the columns of a matrix.
  void (*columns[static_cast<int>(ReduceOp::count)][4])(std::int64_t rows, std::int64_t columns,
                                                        std::int64_t stride, const void* x, void* y);
};

}  // namespace gradus
