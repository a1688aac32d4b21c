// Gradients kept within bounds.
#pragma once
#include <gradus/tensor/tensor_class.h>

#include <span>

namespace gradus::optim {

/// Multiplies all gradients by min(1, max_norm / (norm + 1e-6)), where norm is that of all gradients taken
/// together as one vector (Pascanu, Mikolov, Bengio 2013). Returns the norm before. norm_type is a positive
/// number, infinity for the largest magnitude. Parameters without a gradient are skipped. The sum is taken in
/// float64, in the same order on any number of threads.
double clip_grad_norm_(std::span<const Tensor> parameters, double max_norm, double norm_type = 2);

/// Clips every element of every gradient to [-limit, limit].
void clip_grad_value_(std::span<const Tensor> parameters, double limit);

}  // namespace gradus::optim
