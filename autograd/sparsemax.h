// Sparsemax: weights that sum to one, many of them exactly zero.
#pragma once
#include <gradus/tensor/tensor_class.h>

#include <cstdint>

namespace gradus {

/// The point of the simplex {w >= 0, sum w = 1} that lies nearest to the scores, along an axis: max(x - tau,
/// 0) with the threshold tau at which the weights sum to one (Martins, Astudillo 2016, "From Softmax to
/// Sparsemax", algorithm 1). The gradient is g - mean of g over the weights that are not zero, and 0
/// elsewhere. A NaN or an infinite largest score gives NaN.
Tensor sparsemax(const Tensor& x, std::int64_t axis);

/// The same over the elements where `mask` (bool, broadcast to the scores; true: left out) is false. Where
/// all are left out the weights are zeros, and so are the gradients. An undefined mask leaves nothing out.
Tensor masked_sparsemax(const Tensor& scores, const Tensor& mask, std::int64_t axis = -1);

}  // namespace gradus
