// The common first half of every function of one variable. Only for the sources of this folder.
#pragma once
#include <gradus/autograd/node.h>
#include <gradus/tensor/elementwise.h>

namespace gradus {

enum class Integers { to_float32, kept };

/// op(x) as a new tensor, not recorded; bools and, unless they are kept, integers are converted to float32 first.
Tensor unary(const char* operation, UnaryOp op, const Tensor& x, Integers integers = Integers::to_float32,
             const double* parameters = nullptr);
/// The same for a function whose gradient is zero everywhere.
Tensor flat_unary(const char* operation, UnaryOp op, const Tensor& x, Integers integers = Integers::to_float32);

}  // namespace gradus
