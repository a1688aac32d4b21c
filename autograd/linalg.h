// Products of vectors, matrices and batches of matrices.
//
// Both operands have the same dtype: float32, float64 or int64 (which wraps). A transposed or sliced operand
// is passed to BLAS as it lies wherever one of its last two strides is 1; only others are copied.
#pragma once
#include <gradus/tensor/tensor_class.h>

namespace gradus {

/// The product by the ranks of its operands: (k) with (k) gives a number; (k) with (..., k, n) gives (...,
/// n);
/// (..., m, k) with (k) gives (..., m); (..., m, k) with (..., k, n) gives (..., m, n), the leading axes
/// broadcast.
Tensor matmul(const Tensor& a, const Tensor& b);

/// (m, k) with (k, n) gives (m, n); nothing broadcasts.
Tensor mm(const Tensor& a, const Tensor& b);

/// (b, m, k) with (b, k, n) gives (b, m, n); nothing broadcasts.
Tensor bmm(const Tensor& a, const Tensor& b);

/// (k) with (k) gives a number.
Tensor dot(const Tensor& a, const Tensor& b);

/// (n) with (m) gives (n, m): every element of a times every element of b.
Tensor outer(const Tensor& a, const Tensor& b);

/// beta input + alpha mat1 mat2 for mat1 (m, k), mat2 (k, n) and an input that broadcasts to (m, n). Where
/// beta is 0 the input is not read, so that a NaN in it does not pass.
Tensor addmm(const Tensor& input, const Tensor& mat1, const Tensor& mat2, Scalar beta = 1, Scalar alpha = 1);

/// y = x weight^T + bias for x (..., in), weight (out, in) and bias (out), which may be undefined; y (...,
/// out).
Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias = {});

namespace composed {
/// linear in plain operations.
Tensor linear(const Tensor& x, const Tensor& weight, const Tensor& bias = {});
}  // namespace composed

}  // namespace gradus
