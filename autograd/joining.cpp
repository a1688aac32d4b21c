#include <gradus/autograd/index_checks.h>
#include <gradus/autograd/joining.h>
#include <gradus/autograd/node.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/elementwise.h>
#include <gradus/tensor/error.h>

#include <algorithm>

namespace gradus {
namespace {

bool is_legacy_empty(const Tensor& tensor) { return tensor.shape() == Shape{0}; }

/// The shape of the result; throws where two shapes differ off the axis.
Shape joined_shape(std::span<const Tensor> tensors, const Tensor& first, int axis) {
  Shape shape = first.shape();
  shape[axis] = 0;
  for (const Tensor& tensor : tensors) {
    if (is_legacy_empty(tensor) && first.rank() != 1) continue;
    bool fits = tensor.rank() == first.rank();
    for (int i = 0; fits && i < shape.rank(); ++i) fits = i == axis || tensor.shape()[i] == first.shape()[i];
    if (!fits) {
      throw Error("cat", describe(first) + " and " + describe(tensor) + " do not fit along axis " +
                             std::to_string(axis) + ": all other sizes must be equal");
    }
    shape[axis] += tensor.shape()[axis];
  }
  return shape;
}

}  // namespace

Tensor cat(std::span<const Tensor> tensors, std::int64_t axis) {
  if (tensors.empty()) throw Error("cat", "there are no tensors to put together");
  for (const Tensor& tensor : tensors) {
    check_defined("cat", {&tensor});
    if (tensor.rank() == 0) throw Error("cat", "tensors of shape () have no axis; use stack");
  }
  // The first tensor that counts gives the rank.
  const auto counted =
      std::find_if(tensors.begin(), tensors.end(), [](const Tensor& t) { return !is_legacy_empty(t); });
  const Tensor& first = counted == tensors.end() ? tensors[0] : *counted;
  const int at = normalize_axis("cat", axis, first.shape());
  const Shape shape = joined_shape(tensors, first, at);
  DType dtype = first.dtype();
  bool recorded = false;
  for (const Tensor& tensor : tensors) {
    dtype = promote(dtype, tensor.dtype());
    recorded = recorded || recording(tensor);
  }
  Tensor y = empty(shape, dtype);
  CachedVector<const Tensor*> inputs;
  CachedVector<std::int64_t> sizes;  // along the axis
  std::int64_t start = 0;
  {
    const no_grad scope;
    for (const Tensor& tensor : tensors) {
      const std::int64_t size = tensor.rank() == shape.rank() ? tensor.shape()[at] : 0;
      if (size > 0) run_copy(tensor, y.narrow(at, start, size));
      start += size;
      inputs.push_back(&tensor);
      sizes.push_back(size);
    }
  }
  if (recorded) {
    record(y, "cat", inputs, [at, sizes](Sink& sink, const Tensor& g) {
      std::int64_t from = 0;
      for (std::size_t i = 0; i < sizes.size(); ++i) {
        const int input = static_cast<int>(i);
        if (sink.needs(input)) {
          const Tensor part = g.narrow(at, from, sizes[i]);
          const Shape& own =
              sink.node().inputs[i]->shape;  // another one only for a tensor of shape (0,) passed over
          sink.add(input, part.rank() == own.rank() ? part : part.reshape(own));
        }
        from += sizes[i];
      }
    });
  }
  return y;
}

Tensor stack(std::span<const Tensor> tensors, std::int64_t axis) {
  if (tensors.empty()) throw Error("stack", "there are no tensors to put together");
  CachedVector<Tensor> rows;
  for (const Tensor& tensor : tensors) {
    check_defined("stack", {tensors.data(), &tensor});
    if (!(tensor.shape() == tensors[0].shape())) {
      throw Error("stack", describe(tensors[0]) + " and " + describe(tensor) + " must have the same shape");
    }
    rows.push_back(tensor.unsqueeze(axis));
  }
  return cat(rows, normalize_axis("stack", axis, rows[0].shape()));
}

std::vector<Tensor> split(const Tensor& x, std::int64_t size, std::int64_t axis) {
  check_defined("split", {&x});
  const int at = normalize_axis("split", axis, x.shape());
  const std::int64_t length = x.size(at);
  if (size < 0 || (size == 0 && length > 0)) {
    throw Error("split", "the size must be positive, got " + std::to_string(size) + " for axis " +
                             std::to_string(at) + " of " + describe(x));
  }
  std::vector<Tensor> parts;
  std::int64_t start = 0;
  do {
    const std::int64_t part = std::min(size, length - start);
    parts.push_back(x.narrow(at, start, part));
    start += part;
  } while (start < length);
  return parts;
}

std::vector<Tensor> split(const Tensor& x, const std::vector<std::int64_t>& sizes, std::int64_t axis) {
  check_defined("split", {&x});
  const int at = normalize_axis("split", axis, x.shape());
  std::int64_t total = 0;
  std::string list;
  for (const std::int64_t size : sizes) {
    if (size < 0) throw Error("split", "sizes must not be negative, got " + std::to_string(size));
    total += size;
    list += (list.empty() ? "" : ", ") + std::to_string(size);
  }
  if (total != x.size(at)) {
    throw Error("split", "the sizes [" + list + "] add up to " + std::to_string(total) + ", but axis " +
                             std::to_string(at) + " of " + describe(x) + " has " +
                             std::to_string(x.size(at)));
  }
  std::vector<Tensor> parts;
  std::int64_t start = 0;
  for (const std::int64_t size : sizes) {
    parts.push_back(x.narrow(at, start, size));
    start += size;
  }
  return parts;
}

std::vector<Tensor> chunk(const Tensor& x, std::int64_t count, std::int64_t axis) {
  check_defined("chunk", {&x});
  if (count < 1) throw Error("chunk", "the number of chunks must be positive, got " + std::to_string(count));
  const std::int64_t length = x.size(axis);
  if (length == 0) return split(x, std::vector<std::int64_t>(static_cast<std::size_t>(count), 0), axis);
  return split(x, (length + count - 1) / count, axis);
}

std::vector<Tensor> unbind(const Tensor& x, std::int64_t axis) {
  check_defined("unbind", {&x});
  const std::int64_t length = x.size(axis);
  std::vector<Tensor> rows;
  for (std::int64_t i = 0; i < length; ++i) rows.push_back(x.select(axis, i));
  return rows;
}

}  // namespace gradus
