// The forms of indexing.h that are made of index_select.
#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/index_checks.h>
#include <gradus/autograd/indexing.h>
#include <gradus/autograd/node.h>
#include <gradus/autograd/reduce.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/parallel.h>

#include <algorithm>
#include <cstring>

namespace gradus {
namespace {

/// "(0, 3)": where the i-th element of a shape stands.
std::string position_text(std::int64_t i, const Shape& shape) {
  Shape at = shape;
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    at[axis] = i % shape[axis];
    i /= shape[axis];
  }
  return to_string(at);
}

/// The row-major numbers of the elements of a bool tensor that are true.
Tensor places_of(const Tensor& mask) {
  const Tensor line = mask.contiguous();
  const bool* values = line.data<bool>();
  std::vector<std::int64_t> places;
  for (std::int64_t i = 0; i < line.numel(); ++i) {
    if (values[i]) places.push_back(i);
  }
  return tensor(places);
}

/// The leading `count` axes taken together.
Tensor with_leading_joined(const Tensor& x, int count) {
  Shape shape{1};
  for (int axis = 0; axis < x.rank(); ++axis) {
    if (axis < count) shape[0] *= x.shape()[axis];
    else shape.push_back(x.shape()[axis]);
  }
  return x.reshape(shape);
}

/// (n, rest) -> (picked shape, rest).
Tensor with_leading_split(const Tensor& x, const Shape& picked) {
  Shape shape = picked;
  for (int axis = 1; axis < x.rank(); ++axis) shape.push_back(x.shape()[axis]);
  return x.reshape(shape);
}

}  // namespace

void check_alpha(const char* operation, Scalar alpha, DType dtype) {
  if (alpha.integral() || is_floating(dtype)) return;
  throw Error(operation, "a factor of " + std::to_string(alpha.to_double()) + " does not go with " +
                             name_of(dtype) + ", which has no fractions: convert with to()");
}

Tensor checked_indices(const char* operation, const Tensor& indices, std::int64_t size, bool negative) {
  if (!indices.defined() || indices.dtype() != DType::int64) {
    throw Error(operation, "indices must be int64, got " + describe(indices));
  }
  const Tensor line = indices.contiguous();
  const std::int64_t* values = line.data<std::int64_t>();
  bool any_negative = false;
  for (std::int64_t i = 0; i < line.numel(); ++i) {
    if (values[i] >= size || values[i] < (negative ? -size : 0)) {
      throw Error(operation, "index " + std::to_string(values[i]) + " at position " +
                                 position_text(i, indices.shape()) + " is outside [" +
                                 std::to_string(negative ? -size : 0) + ", " + std::to_string(size) + ")");
    }
    any_negative = any_negative || values[i] < 0;
  }
  return any_negative ? where(lt(line, 0), line + size, line) : line;
}

Tensor index(const Tensor& x, const Tensor& indices) {
  check_defined("index", {&x, &indices});
  if (indices.dtype() == DType::boolean) {
    const int rank = indices.rank();
    bool fits = rank > 0 && rank <= x.rank();
    for (int axis = 0; fits && axis < rank; ++axis) fits = indices.shape()[axis] == x.shape()[axis];
    if (!fits) {
      throw Error("index", "the mask " + describe(indices) + " must have the sizes of the leading axes of " +
                               describe(x));
    }
    return index_select(with_leading_joined(x, rank), 0, places_of(indices));
  }
  return index(x, std::span(&indices, 1));
}

Tensor index(const Tensor& x, std::span<const Tensor> indices) {
  check_defined("index", {&x});
  const int count = static_cast<int>(indices.size());
  if (count == 0 || count > x.rank()) {
    throw Error("index", std::to_string(count) + " index tensors for " + describe(x) + ": one to " +
                             std::to_string(x.rank()) + " are possible");
  }
  Shape shape;
  for (const Tensor& each : indices) {
    check_defined("index", {&each});
    shape = broadcast_shapes("index", shape, each.shape());
  }
  Tensor place = zeros(shape, DType::int64);  // number among the leading axes taken together
  for (int axis = 0; axis < count; ++axis) {
    const std::int64_t size = x.shape()[axis];
    place = place * size + checked_indices("index", indices[static_cast<std::size_t>(axis)], size, true);
  }
  return with_leading_split(index_select(with_leading_joined(x, count), 0, place.flatten()), shape);
}

Tensor masked_select(const Tensor& x, const Tensor& mask) {
  check_defined("masked_select", {&x, &mask});
  if (mask.dtype() != DType::boolean) {
    throw Error("masked_select", "the mask must be bool, got " + describe(mask));
  }
  const Shape shape = broadcast_shapes("masked_select", x.shape(), mask.shape());
  return index_select(x.expand(shape).flatten(), 0, places_of(mask.expand(shape)));
}

Tensor nonzero(const Tensor& x) {
  check_defined("nonzero", {&x});
  const no_grad scope;
  const std::vector<std::int64_t> places = places_of(ne(x, 0)).to_vector<std::int64_t>();
  Tensor result = empty({static_cast<std::int64_t>(places.size()), x.rank()}, DType::int64);
  std::int64_t* out = result.data<std::int64_t>();
  for (std::size_t i = 0; i < places.size(); ++i) {
    std::int64_t rest = places[i];
    for (int axis = x.rank() - 1; axis >= 0; --axis) {
      out[static_cast<std::int64_t>(i) * x.rank() + axis] = rest % x.shape()[axis];
      rest /= x.shape()[axis];
    }
  }
  return result;
}

namespace {

/// table[indices[i]] += gradient[i] for every row but the padding; each tile takes some columns through all
/// rows in order.
template <class T>
void add_rows(const Tensor& table, const Tensor& indices, const Tensor& gradient, std::int64_t padding) {
  const std::int64_t features = table.shape()[1];
  parallel_for(features, std::max<std::int64_t>(32, features / 4), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = 0; i < indices.numel(); ++i) {
      const std::int64_t row = indices.data<std::int64_t>()[i];
      if (row == padding) continue;
      T* to = table.data<T>() + row * features;
      const T* from = gradient.data<T>() + i * features;
      for (std::int64_t j = begin; j < end; ++j) to[j] += from[j];
    }
  });
}

}  // namespace

Tensor embedding(const Tensor& indices, const Tensor& weight, std::optional<std::int64_t> padding_idx) {
  check_defined("embedding", {&indices, &weight});
  if (weight.rank() != 2)
    throw Error("embedding", "the table must be (count, features), got " + describe(weight));
  const std::int64_t count = weight.shape()[0], features = weight.shape()[1];
  const std::int64_t padding = padding_idx ? *padding_idx + (*padding_idx < 0 ? count : 0) : -1;
  if (padding_idx && (padding < 0 || padding >= count)) {
    throw Error("embedding", "padding_idx " + std::to_string(*padding_idx) + " lies outside the table's " +
                                 std::to_string(count) + " rows");
  }
  const Tensor chosen = checked_indices("embedding", indices, count).flatten();
  Shape shape = indices.shape();
  shape.push_back(features);
  Tensor y;
  {
    const no_grad scope;
    y = index_select(weight, 0, chosen).view(shape);
  }
  if (recording(weight)) {
    record(y, "embedding", {&weight},
           [chosen = Saved(chosen), padding, count, features](Sink& sink, const Tensor& g) {
             const Tensor& places = chosen.get(sink);
             const Tensor rows = g.reshape({places.numel(), features});
             if (sink.create_graph()) {
               const Tensor kept = where(ne(places, padding).unsqueeze(1), rows, 0);
               return sink.add(0, index_add(zeros({count, features}, g.dtype()), 0, places, kept));
             }
             bool fresh = false;
             Tensor table = sink.into(0, fresh);
             if (fresh) table.zero_();
             if (g.dtype() == DType::float32) add_rows<float>(table, places, rows.contiguous(), padding);
             else add_rows<double>(table, places, rows.contiguous(), padding);
           });
  }
  return y;
}

Tensor one_hot(const Tensor& indices, std::int64_t num_classes) {
  check_defined("one_hot", {&indices});
  std::int64_t classes = num_classes;
  if (classes == -1) {
    if (indices.numel() == 0) throw Error("one_hot", "num_classes must be given where there are no indices");
    classes = std::max<std::int64_t>(max(indices).item<std::int64_t>() + 1, 1);
  }
  if (classes < 1)
    throw Error("one_hot", "num_classes must be positive or -1, got " + std::to_string(num_classes));
  const Tensor chosen = checked_indices("one_hot", indices, classes);
  return eq(chosen.unsqueeze(-1), arange(0, classes)).to(DType::int64);
}

}  // namespace gradus
