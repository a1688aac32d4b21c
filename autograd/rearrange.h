// The same elements in other places.
#pragma once
#include <gradus/tensor/tensor_class.h>

#include <optional>
#include <span>
#include <vector>

namespace gradus {

/// Fills up with a value: padding holds (before, after) of the last axis, then of the one before it, and so
/// on. Negative amounts cut off. torch.nn.functional.pad in its constant mode.
Tensor pad(const Tensor& x, const Shape& padding, Scalar value = 0);
/// Moves elements along axes, those pushed off one end come in at the other. No axes: along the flattened
/// tensor.
Tensor roll(const Tensor& x, const Shape& shifts, const Shape& axes = {});
/// Reverses the order along axes.
Tensor flip(const Tensor& x, const Shape& axes);
/// The lower (upper) triangle of the last two axes, zeros elsewhere; diagonal > 0 lies above the main one.
Tensor tril(const Tensor& x, std::int64_t diagonal = 0);
Tensor triu(const Tensor& x, std::int64_t diagonal = 0);
/// Copies side by side, repeats[i] along axis i; more repeats than axes add axes in front.
Tensor repeat(const Tensor& x, const Shape& repeats);
/// Every slice along an axis `repeats` times in a row: [a b] becomes [a a b b]. No axis: of the flattened
/// tensor.
Tensor repeat_interleave(const Tensor& x, std::int64_t repeats,
                         std::optional<std::int64_t> axis = std::nullopt);
/// The same with a number for each slice: `repeats` is (size of the axis,) int64.
Tensor repeat_interleave(const Tensor& x, const Tensor& repeats,
                         std::optional<std::int64_t> axis = std::nullopt);
/// The elements x[.., i, .., i + offset, ..] of two axes, which go; a new last axis runs along the diagonal.
/// A copy.
Tensor diagonal(const Tensor& x, std::int64_t offset = 0, std::int64_t axis0 = 0, std::int64_t axis1 = 1);
/// Views of one common shape, by NumPy's rule.
std::vector<Tensor> broadcast_tensors(std::span<const Tensor> tensors);
/// Grids from axes of shape (n_i,): the i-th result is (n_0, n_1, ...) and varies along axis i ("ij"
/// indexing). Views.
std::vector<Tensor> meshgrid(std::span<const Tensor> axes);

}  // namespace gradus
