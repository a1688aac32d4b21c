// Elements chosen by number. Indices are int64 tensors; one out of range throws and names itself.
#pragma once
#include <gradus/tensor/tensor_class.h>

#include <optional>
#include <span>

namespace gradus {

/// Slices of x at the positions `index` (n,) along an axis: that axis becomes n.
Tensor index_select(const Tensor& x, std::int64_t axis, const Tensor& index);
/// x with alpha times the slices of `source` added at the positions `index` (n,) along an axis.
Tensor index_add(const Tensor& x, std::int64_t axis, const Tensor& index, const Tensor& source,
                 Scalar alpha = 1);

/// out[i][j][k] = x[index[i][j][k]][j][k] for axis 0, and so on; index has x's rank and is nowhere larger off
/// the axis.
Tensor gather(const Tensor& x, std::int64_t axis, const Tensor& index);
/// x with out[index[i][j][k]][j][k] += source[i][j][k] for axis 0, and so on: the reverse of gather.
Tensor scatter_add(const Tensor& x, std::int64_t axis, const Tensor& index, const Tensor& source);
/// The same with = instead of +=. Of several writes to one place the last in row-major order holds; the
/// gradient of `source` is right only where no place is written twice, as in PyTorch.
Tensor scatter(const Tensor& x, std::int64_t axis, const Tensor& index, const Tensor& source);
/// Writes one number to all these places.
Tensor scatter(const Tensor& x, std::int64_t axis, const Tensor& index, Scalar value);
/// x with the slices at the positions `index` (n,) along an axis set to a number.
Tensor index_fill(const Tensor& x, std::int64_t axis, const Tensor& index, Scalar value);

/// x[indices]: int64 of any shape picks slices of the first axis (negative ones count from its end), bool of
/// the shape of the leading axes picks where it is true.
Tensor index(const Tensor& x, const Tensor& indices);
/// x[i, j, ...]: int64 tensors, broadcast together, pick along the leading axes.
Tensor index(const Tensor& x, std::span<const Tensor> indices);
inline Tensor index(const Tensor& x, std::initializer_list<Tensor> indices) {
  return index(x, std::span<const Tensor>(indices.begin(), indices.size()));
}
/// The elements of x where the mask is true, both broadcast together, in row-major order; one axis.
Tensor masked_select(const Tensor& x, const Tensor& mask);
/// The coordinates of all elements that are not zero, (n, rank) int64.
Tensor nonzero(const Tensor& x);

/// Rows of a table: indices (...) -> (..., features) of weight (count, features). A row `padding_idx` gets no
/// gradient.
Tensor embedding(const Tensor& indices, const Tensor& weight,
                 std::optional<std::int64_t> padding_idx = std::nullopt);
/// int64 (..., num_classes) with a 1 at each index; num_classes -1 is one more than the largest.
Tensor one_hot(const Tensor& indices, std::int64_t num_classes = -1);

}  // namespace gradus
