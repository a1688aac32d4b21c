// Kernels that compute one element from the elements at the same place. Each works on one run of `n` elements; strides
// are counted in elements, 0 repeats one element.
#pragma once
#include <cstdint>

namespace gradus {

enum class UnaryOp : std::uint8_t {
  neg, abs, sign, square, sqrt, rsqrt, reciprocal, exp, exp2, expm1, log, log2, log10, log1p, sin, cos, tan, asin, acos, atan,
  sinh, cosh, tanh, sigmoid, logsigmoid, relu, leaky_relu, elu, softplus, silu, gelu, gelu_tanh, erf, erfc, floor,
  ceil, round, clamp, logical_not, count
};

enum class BinaryOp : std::uint8_t {
  add, sub, mul, div, maximum, minimum, pow, logical_and, logical_or, logical_xor,
  tanh_backward, sigmoid_backward, relu_backward,  // (gradient, output) -> gradient of the input
  count
};

enum class CompareOp : std::uint8_t { eq, ne, lt, le, gt, ge, count };

/// Tables are indexed by operation and DType; null where the operation does not exist for the dtype.
struct ElementwiseKernels {
  /// y = op(x). `parameters`: leaky_relu {slope}, elu {alpha}, softplus {beta, threshold}, clamp {low, high}.
  void (*unary[static_cast<int>(UnaryOp::count)][4])(std::int64_t n, const void* x, std::int64_t x_stride, void* y,
                                                     std::int64_t y_stride, const double* parameters);
  /// y = op(a, alpha * b); alpha is 1 except for add and sub.
  void (*binary[static_cast<int>(BinaryOp::count)][4])(std::int64_t n, const void* a, std::int64_t a_stride,
                                                       const void* b, std::int64_t b_stride, void* y,
                                                       std::int64_t y_stride, double alpha);
  /// y = a op b, y of bool.
  void (*compare[static_cast<int>(CompareOp::count)][4])(std::int64_t n, const void* a, std::int64_t a_stride,
                                                         const void* b, std::int64_t b_stride, void* y,
                                                         std::int64_t y_stride);
  /// y = condition ? a : b.
  void (*where[4])(std::int64_t n, const void* condition, std::int64_t condition_stride, const void* a,
                   std::int64_t a_stride, const void* b, std::int64_t b_stride, void* y, std::int64_t y_stride);
  /// y = x converted, by the dtypes of x and y.
  void (*copy[4][4])(std::int64_t n, const void* x, std::int64_t x_stride, void* y, std::int64_t y_stride);
};

}  // namespace gradus
