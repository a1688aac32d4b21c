// Runs an elementwise kernel over tensors of any layout: broadcasts, merges axes, cuts into tiles.
// The result is written into `y`, which has the broadcast shape; operations of autograd/ allocate it.
#pragma once
#include <gradus/tensor/kernels/elementwise.h>
#include <gradus/tensor/tensor_class.h>

namespace gradus {

/// y = op(x). Throws where the operation does not exist for the dtype of x, which is also that of y.
void run_unary(const char* operation, UnaryOp op, const Tensor& x, const Tensor& y, const double* parameters = nullptr);
/// y = op(a, alpha b); all of one dtype.
void run_binary(const char* operation, BinaryOp op, const Tensor& a, const Tensor& b, const Tensor& y, double alpha = 1);
/// y = a op b; a and b of one dtype, y bool.
void run_compare(const char* operation, CompareOp op, const Tensor& a, const Tensor& b, const Tensor& y);
/// y = condition ? a : b; a, b, y of one dtype.
void run_where(const Tensor& condition, const Tensor& a, const Tensor& b, const Tensor& y);
/// y = x, converted to y's dtype and broadcast to its shape.
void run_copy(const Tensor& x, const Tensor& y);

}  // namespace gradus
