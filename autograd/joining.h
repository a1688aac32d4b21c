// Tensors put together and taken apart.
#pragma once
#include <gradus/tensor/tensor_class.h>

#include <span>
#include <vector>

namespace gradus {

/// One behind the other along an axis; all other sizes equal. Tensors of shape (0,) are passed over, as in
/// PyTorch.
Tensor cat(std::span<const Tensor> tensors, std::int64_t axis = 0);
inline Tensor cat(std::initializer_list<Tensor> tensors, std::int64_t axis = 0) {
  return cat(std::span<const Tensor>(tensors.begin(), tensors.size()), axis);
}
/// Side by side along a new axis; all of one shape.
Tensor stack(std::span<const Tensor> tensors, std::int64_t axis = 0);
inline Tensor stack(std::initializer_list<Tensor> tensors, std::int64_t axis = 0) {
  return stack(std::span<const Tensor>(tensors.begin(), tensors.size()), axis);
}

/// Views of `size` along an axis each, the last one smaller where it does not fit.
std::vector<Tensor> split(const Tensor& x, std::int64_t size, std::int64_t axis = 0);
/// Views of the given sizes, which add up to the axis.
std::vector<Tensor> split(const Tensor& x, const std::vector<std::int64_t>& sizes, std::int64_t axis = 0);
/// At most `count` views of equal size, the last one smaller where it does not fit.
std::vector<Tensor> chunk(const Tensor& x, std::int64_t count, std::int64_t axis = 0);
/// Views without the axis, one for each position along it.
std::vector<Tensor> unbind(const Tensor& x, std::int64_t axis = 0);

}  // namespace gradus
