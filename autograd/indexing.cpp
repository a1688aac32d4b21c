#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/index_checks.h>
#include <gradus/autograd/indexing.h>
#include <gradus/autograd/node.h>
#include <gradus/autograd/reduce.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/elementwise.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/parallel.h>

#include <algorithm>
#include <cstring>

namespace gradus {
namespace {

/// A contiguous tensor as (outer, size of the axis, inner).
struct Blocks {
  std::int64_t outer = 1, size = 1, inner = 1;
  Blocks(const Shape& shape, int axis) {
    for (int i = 0; i < axis; ++i) outer *= shape[i];
    size = shape[axis];
    for (int i = axis + 1; i < shape.rank(); ++i) inner *= shape[i];
  }
};

/// A tensor of shape () counts as one of shape (1,).
Tensor at_least_1d(const Tensor& x) { return x.rank() == 0 ? x.reshape({1}) : x; }

void copy_blocks(const Tensor& x, const Tensor& index, int axis, const Tensor& y) {
  const Blocks blocks(x.shape(), axis);
  const std::int64_t count = index.numel(),
                     bytes = blocks.inner * static_cast<std::int64_t>(size_of(x.dtype()));
  const char* from = static_cast<const char*>(x.raw_data());
  char* to = static_cast<char*>(y.raw_data());
  const std::int64_t* chosen = index.data<std::int64_t>();
  parallel_for(blocks.outer * count, std::max<std::int64_t>(1, 65536 / std::max<std::int64_t>(bytes, 1)),
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t i = begin; i < end; ++i) {
                   const std::int64_t block = i / count * blocks.size + chosen[i % count];
                   std::memcpy(to + i * bytes, from + block * bytes, static_cast<std::size_t>(bytes));
                 }
               });
}

/// y[.., index[i], ..] += alpha source[.., i, ..], in order; tiles are runs of the inner elements.
template <class T>
void add_blocks(const Tensor& y, const Tensor& index, int axis, const Tensor& source, T alpha) {
  const Blocks blocks(y.shape(), axis);
  const std::int64_t count = index.numel();
  const std::int64_t* chosen = index.data<std::int64_t>();
  parallel_for(blocks.inner, 64, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t outer = 0; outer < blocks.outer; ++outer) {
      for (std::int64_t i = 0; i < count; ++i) {
        T* to = y.data<T>() + (outer * blocks.size + chosen[i]) * blocks.inner;
        const T* from = source.data<T>() + (outer * count + i) * blocks.inner;
        for (std::int64_t j = begin; j < end; ++j) to[j] += alpha * from[j];
      }
    }
  });
}

void add_blocks(const Tensor& y, const Tensor& index, int axis, const Tensor& source, Scalar alpha) {
  switch (y.dtype()) {
    case DType::float32: return add_blocks<float>(y, index, axis, source, alpha.to<float>());
    case DType::float64: return add_blocks<double>(y, index, axis, source, alpha.to<double>());
    case DType::int64: return add_blocks<std::int64_t>(y, index, axis, source, alpha.to<std::int64_t>());
    case DType::boolean: throw Error("index_add", "bool cannot be added; convert with to()");
  }
}

void check_line(const char* operation, const Tensor& x, const Tensor& index) {
  check_defined(operation, {&x, &index});
  if (index.rank() > 1) throw Error(operation, "the index must have one axis, got " + describe(index));
}

}  // namespace

Tensor index_select(const Tensor& x, std::int64_t axis, const Tensor& index) {
  check_line("index_select", x, index);
  const Tensor source = at_least_1d(x);
  const int at = normalize_axis("index_select", axis, source.shape());
  const Tensor chosen = checked_indices("index_select", index, source.shape()[at]);
  Shape shape = source.shape();
  shape[at] = index.numel();
  Tensor y = empty(shape, x.dtype());
  {
    const no_grad scope;
    copy_blocks(source.contiguous(), chosen, at, y);
  }
  if (recording(source)) {
    record(y, "index_select", {&source},
           [chosen = Saved(chosen), at, shape = source.shape()](Sink& sink, const Tensor& g) {
             sink.add(0, index_add(zeros(shape, g.dtype()), at, chosen.get(sink), g));
           });
  }
  return x.rank() == 0 ? y.reshape(index.shape()) : y;
}

Tensor index_add(const Tensor& x, std::int64_t axis, const Tensor& index, const Tensor& source,
                 Scalar alpha) {
  check_line("index_add", x, index);
  check_defined("index_add", {&source});
  const int at = normalize_axis("index_add", axis, x.shape());
  Shape expected = x.shape();
  if (x.rank() > 0) expected[at] = index.numel();
  if (x.rank() == 0 && index.numel() != 1) {
    throw Error("index_add", "a tensor of shape () takes one index, got " + describe(index));
  }
  if (!(source.shape() == expected) || source.dtype() != x.dtype()) {
    throw Error("index_add", "the source must be " + std::string(name_of(x.dtype())) + " " +
                                 to_string(expected) + " to be added to " + describe(x) + " along axis " +
                                 std::to_string(at) + ", got " + describe(source));
  }
  check_alpha("index_add", alpha, x.dtype());
  const Tensor chosen = checked_indices("index_add", index, x.rank() > 0 ? x.shape()[at] : 1);
  Tensor y = x.detach().clone();
  {
    const no_grad scope;
    add_blocks(at_least_1d(y), chosen, at, at_least_1d(source.contiguous()), alpha);
  }
  if (recording(x, source)) {
    record(y, "index_add", {&x, &source},
           [chosen = Saved(chosen), at, alpha, shape = source.shape()](Sink& sink, const Tensor& g) {
             sink.add(0, g);
             if (sink.needs(1)) sink.add(1, index_select(g, at, chosen.get(sink)).reshape(shape) * alpha);
           });
  }
  return y;
}

// --- gather and scatter ---

namespace {

/// Calls body(position in x, number in row-major order) for every element of the index.
template <class Body>
void for_places(const Tensor& x, int axis, const Tensor& index, Body body) {
  const std::int64_t* chosen = index.data<std::int64_t>();
  std::int64_t at[max_rank] = {};
  for (std::int64_t i = 0; i < index.numel(); ++i) {
    std::int64_t position = chosen[i] * x.strides()[axis];
    for (int k = 0; k < x.rank(); ++k) position += k == axis ? 0 : at[k] * x.strides()[k];
    body(position, i);
    for (int k = index.rank() - 1; k >= 0 && ++at[k] == index.shape()[k]; --k) at[k] = 0;
  }
}

int check_places(const char* operation, const Tensor& x, std::int64_t axis, const Tensor& index) {
  check_defined(operation, {&x, &index});
  const int at = normalize_axis(operation, axis, x.shape());
  bool fits = index.rank() == x.rank();
  for (int k = 0; fits && k < x.rank(); ++k) fits = k == at || index.shape()[k] <= x.shape()[k];
  if (!fits) {
    throw Error(operation, "the index " + describe(index) + " must have as many axes as " + describe(x) +
                               " and must not be larger than it off axis " + std::to_string(at));
  }
  return at;
}

/// The part of the source that lies under the index.
Tensor under_index(const char* operation, const Tensor& source, const Tensor& index, DType dtype) {
  check_defined(operation, {&source});
  bool fits = source.rank() == index.rank() && source.dtype() == dtype;
  for (int k = 0; fits && k < index.rank(); ++k) fits = index.shape()[k] <= source.shape()[k];
  if (!fits) {
    throw Error(operation, "the source " + describe(source) + " must be of dtype " + name_of(dtype) +
                               " and nowhere smaller than the index " + describe(index));
  }
  Tensor part = source;
  for (int k = 0; k < index.rank(); ++k) part = part.narrow(k, 0, index.shape()[k]);
  return part;
}

template <class T>
void gather_places(const Tensor& x, int axis, const Tensor& index, const Tensor& y) {
  for_places(x, axis, index, [from = x.data<T>(), to = y.data<T>()](std::int64_t position, std::int64_t i) {
    to[i] = from[position];
  });
}

template <class T>
void scatter_places(const Tensor& y, int axis, const Tensor& index, const Tensor& source, bool add) {
  for_places(y, axis, index,
             [to = y.data<T>(), from = source.data<T>(), add](std::int64_t position, std::int64_t i) {
               to[position] = add ? static_cast<T>(to[position] + from[i]) : from[i];
             });
}

Tensor scattered(const Tensor& x, int axis, const Tensor& index, const Tensor& source, bool add) {
  const no_grad scope;
  Tensor y = x.detach().clone();
  const Tensor from = source.contiguous();
  switch (x.dtype()) {
    case DType::float32: scatter_places<float>(y, axis, index, from, add); break;
    case DType::float64: scatter_places<double>(y, axis, index, from, add); break;
    case DType::int64: scatter_places<std::int64_t>(y, axis, index, from, add); break;
    case DType::boolean: scatter_places<bool>(y, axis, index, from, add); break;
  }
  return y;
}

}  // namespace

Tensor gather(const Tensor& x, std::int64_t axis, const Tensor& index) {
  const int at = check_places("gather", x, axis, index);
  const Tensor chosen = checked_indices("gather", index, x.rank() > 0 ? x.shape()[at] : 1);
  Tensor y = empty(index.shape(), x.dtype());
  const Tensor from = x.rank() == 0 ? x.detach().reshape({1}) : x.detach();
  switch (x.dtype()) {
    case DType::float32: gather_places<float>(from, at, chosen, y); break;
    case DType::float64: gather_places<double>(from, at, chosen, y); break;
    case DType::int64: gather_places<std::int64_t>(from, at, chosen, y); break;
    case DType::boolean: gather_places<bool>(from, at, chosen, y); break;
  }
  if (recording(x)) {
    record(y, "gather", {&x}, [chosen = Saved(chosen), at, shape = x.shape()](Sink& sink, const Tensor& g) {
      sink.add(0, scatter_add(zeros(shape, g.dtype()), at, chosen.get(sink), g));
    });
  }
  return y;
}

Tensor scatter_add(const Tensor& x, std::int64_t axis, const Tensor& index, const Tensor& source) {
  const int at = check_places("scatter_add", x, axis, index);
  const Tensor part = under_index("scatter_add", source, index, x.dtype());
  if (x.rank() == 0) return scatter_add(x.reshape({1}), 0, index.reshape({1}), part.reshape({1})).reshape({});
  const Tensor chosen = checked_indices("scatter_add", index, x.shape()[at]);
  Tensor y = scattered(x, at, chosen, part, true);
  if (recording(x, part)) {
    record(y, "scatter_add", {&x, &part}, [chosen = Saved(chosen), at](Sink& sink, const Tensor& g) {
      sink.add(0, g);
      if (sink.needs(1)) sink.add(1, gather(g, at, chosen.get(sink)));
    });
  }
  return y;
}

Tensor scatter(const Tensor& x, std::int64_t axis, const Tensor& index, const Tensor& source) {
  const int at = check_places("scatter", x, axis, index);
  const Tensor part = under_index("scatter", source, index, x.dtype());
  if (x.rank() == 0) return scatter(x.reshape({1}), 0, index.reshape({1}), part.reshape({1})).reshape({});
  const Tensor chosen = checked_indices("scatter", index, x.shape()[at]);
  Tensor y = scattered(x, at, chosen, part, false);
  if (recording(x, part)) {
    record(y, "scatter", {&x, &part}, [chosen = Saved(chosen), at](Sink& sink, const Tensor& g) {
      if (sink.needs(0)) sink.add(0, scatter(g, at, chosen.get(sink), 0));
      if (sink.needs(1)) sink.add(1, gather(g, at, chosen.get(sink)));
    });
  }
  return y;
}

Tensor scatter(const Tensor& x, std::int64_t axis, const Tensor& index, Scalar value) {
  check_defined("scatter", {&x, &index});
  return scatter(x, axis, index, full({}, value, x.dtype()).expand(index.shape()));
}

Tensor index_fill(const Tensor& x, std::int64_t axis, const Tensor& index, Scalar value) {
  check_line("index_fill", x, index);
  const int at = normalize_axis("index_fill", axis, x.shape());
  const Tensor chosen = checked_indices("index_fill", index, x.rank() > 0 ? x.shape()[at] : 1);
  Shape line = Shape::filled(x.rank(), 1), places = x.shape();
  if (x.rank() > 0) line[at] = places[at] = chosen.numel();
  return scatter(x, at, chosen.reshape(line).expand(places), value);
}

}  // namespace gradus
