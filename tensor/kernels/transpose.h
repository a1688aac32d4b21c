// Copies of matrices that lie along one axis in the source and along the other in the result. Strides are
// counted in elements.
#pragma once
#include <cstdint>

namespace gradus {

/// Rows that the kernels work on at a time: two cache lines of x.
constexpr std::int64_t transpose_rows(std::int64_t bytes_of_element) { return 128 / bytes_of_element; }

struct TransposeKernels {
  /// y[row * y_stride + column] = x[row + column * x_stride]; by DType.
  void (*copy[4])(std::int64_t rows, std::int64_t columns, const void* x, std::int64_t x_stride, void* y,
                  std::int64_t y_stride);
};

}  // namespace gradus
