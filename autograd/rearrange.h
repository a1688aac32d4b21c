// The same elements in other places.
#pragma once
#include <gradus/tensor/tensor_class.h>

#include <optional>

namespace gradus {

/// Fills up with a value: padding holds (before, after) of the last axis, then of the one before it, and so on. Negative
/// amounts cut off. torch.nn.functional.pad in its constant mode.
Tensor pad(const Tensor& x, const Shape& padding, Scalar value = 0);
/// Moves elements along axes, those pushed off one end come in at the other. No axes: along the flattened tensor.
Tensor roll(const Tensor& x, const Shape& shifts, const Shape& axes = {});
/// Reverses the order along axes.
Tensor flip(const Tensor& x, const Shape& axes);
/// The lower (upper) triangle of the last two axes, zeros elsewhere; diagonal > 0 lies above the main one.
Tensor tril(const Tensor& x, std::int64_t diagonal = 0);
Tensor triu(const Tensor& x, std::int64_t diagonal = 0);
/// Copies side by side, repeats[i] along axis i; more repeats than axes add axes in front.
Tensor repeat(const Tensor& x, const Shape& repeats);

}  // namespace gradus
