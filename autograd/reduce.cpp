#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/indexing.h>
#include <gradus/autograd/node.h>
#include <gradus/autograd/pointwise.h>
#include <gradus/autograd/reduce.h>
#include <gradus/autograd/reduced_axes.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/kernels/dispatch.h>
#include <gradus/tensor/kernels/reduce.h>
#include <gradus/tensor/parallel.h>

#include <algorithm>
#include <cmath>

namespace gradus {

ReducedAxes::ReducedAxes(const char* operation, const Tensor& x, const Shape& named) {
  if (!x.defined()) throw Error(operation, "got an undefined tensor");
  axes = normalize_axes(operation, {named.begin(), named.end()}, x.shape());
  kept_shape = x.shape();
  for (std::int64_t axis : axes) {
    fold_count *= x.shape()[static_cast<int>(axis)];
    kept_shape[static_cast<int>(axis)] = 1;
  }
  for (int axis = 0; axis < x.rank(); ++axis) {
    if (std::find(axes.begin(), axes.end(), axis) != axes.end()) continue;
    dropped_shape.push_back(x.shape()[axis]);
    order.push_back(axis);
  }
  for (std::int64_t axis : axes) order.push_back(axis);
}

Tensor ReducedAxes::rows(const Tensor& x) const {
  return x.permute(order).contiguous().view({element_count(dropped_shape), fold_count});
}

namespace {

/// Rows of x are folded into y (rows,).
void fold_rows(ReduceOp op, const Tensor& x, const Tensor& y) {
  const auto kernel = kernels<ReduceKernels>().row[static_cast<int>(op)][static_cast<int>(x.dtype())];
  const std::int64_t rows = x.shape()[0], length = x.shape()[1];
  const auto bytes = static_cast<std::int64_t>(size_of(x.dtype()));
  const char* from = static_cast<const char*>(x.raw_data());
  char* to = static_cast<char*>(y.raw_data());
  constexpr std::int64_t chunk = 65536;
  if (rows == 1 && length > chunk) {  // one long row: its chunks are folded each, then their results
    const Tensor parts = empty({(length + chunk - 1) / chunk}, x.dtype());
    parallel_for(length, chunk, [&](std::int64_t begin, std::int64_t end) {
      kernel(end - begin, from + begin * bytes, static_cast<char*>(parts.raw_data()) + begin / chunk * bytes);
    });
    kernel(parts.numel(), parts.raw_data(), to);
    return;
  }
  parallel_for(rows, std::max<std::int64_t>(1, 16384 / std::max<std::int64_t>(length, 1)),
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t i = begin; i < end; ++i) kernel(length, from + i * length * bytes, to + i * bytes);
               });
}

/// Columns of x (rows, columns) are folded into y (columns,), which holds the start values.
void fold_columns(ReduceOp op, const Tensor& x, const Tensor& y) {
  const auto kernel = kernels<ReduceKernels>().columns[static_cast<int>(op)][static_cast<int>(x.dtype())];
  const std::int64_t rows = x.shape()[0], columns = x.shape()[1];
  const auto bytes = static_cast<std::int64_t>(size_of(x.dtype()));
  const std::int64_t tile = std::max<std::int64_t>(64, 65536 / std::max<std::int64_t>(rows, 1));
  parallel_for(columns, tile, [&](std::int64_t begin, std::int64_t end) {
    kernel(rows, end - begin, columns, static_cast<const char*>(x.raw_data()) + begin * bytes,
           static_cast<char*>(y.raw_data()) + begin * bytes);
  });
}

/// Folds the named axes; the result has the shape without them.
Tensor fold(ReduceOp op, const Tensor& x, const ReducedAxes& reduced) {
  const no_grad scope;
  const bool has_start = op == ReduceOp::sum || op == ReduceOp::prod;
  const bool first_axes = reduced.axes.rank() > 0 && reduced.axes.rank() < x.rank() &&
                          reduced.axes.back() == reduced.axes.rank() - 1 && x.is_contiguous();
  if (first_axes && has_start) {
    Tensor y = full(reduced.dropped_shape, op == ReduceOp::sum ? 0 : 1, x.dtype());
    fold_columns(op, x.view({reduced.fold_count, y.numel()}), y);
    return y;
  }
  Tensor y = empty(reduced.dropped_shape, x.dtype());
  fold_rows(op, reduced.rows(x), y);
  return y;
}

Tensor with_kept(Tensor y, const ReducedAxes& reduced, bool keepdim) {
  return keepdim ? y.view(reduced.kept_shape) : y;
}

}  // namespace

Tensor sum(const Tensor& x, const Shape& axes, bool keepdim) {
  const ReducedAxes reduced("sum", x, axes);
  Tensor y = with_kept(fold(ReduceOp::sum, x.dtype() == DType::boolean ? x.to(DType::int64) : x, reduced), reduced, keepdim);
  if (recording(x)) {
    record(y, "sum", {&x}, [shape = x.shape(), kept = reduced.kept_shape](Sink& sink, const Tensor& g) {
      sink.add(0, g.reshape(kept).expand(shape));
    });
  }
  return y;
}

Tensor mean(const Tensor& x, const Shape& axes, bool keepdim) {
  const ReducedAxes reduced("mean", x, axes);
  if (!is_floating(x.dtype())) throw Error("mean", "of " + describe(x) + ": convert to a floating dtype first");
  return sum(x, axes, keepdim) / static_cast<double>(reduced.fold_count);
}

Tensor prod(const Tensor& x, const Shape& axes, bool keepdim) {
  const ReducedAxes reduced("prod", x, axes);
  Tensor y = with_kept(fold(ReduceOp::prod, x.dtype() == DType::boolean ? x.to(DType::int64) : x, reduced), reduced, keepdim);
  if (recording(x)) {
    record(y, "prod", {&x}, [x = Saved(x), reduced](Sink& sink, const Tensor& g) {
      // The product of the others, also where some are zero: products of what lies before and behind each element.
      const Tensor& input = x.get(sink);
      const std::int64_t n = reduced.fold_count;
      const Tensor rows = input.permute(reduced.order).reshape({element_count(reduced.dropped_shape), n});
      const Tensor others = prod(where(eye(n, n, DType::boolean), ones({}, input.dtype()), rows.unsqueeze(1)), {-1});
      const Tensor gradient = others * g.reshape({-1, 1});
      Shape permuted = reduced.dropped_shape, back = reduced.order;
      for (std::int64_t axis : reduced.axes) permuted.push_back(input.shape()[static_cast<int>(axis)]);
      for (int i = 0; i < back.rank(); ++i) back[static_cast<int>(reduced.order[i])] = i;
      sink.add(0, gradient.reshape(permuted).permute(back));
    });
  }
  return y;
}

namespace {

Tensor extreme(const char* operation, ReduceOp op, const Tensor& x, const Shape& axes, bool keepdim) {
  const ReducedAxes reduced(operation, x, axes);
  if (reduced.fold_count == 0 && element_count(reduced.dropped_shape) > 0) {
    throw Error(operation, "of nothing: axes " + to_string(reduced.axes) + " of shape " + to_string(x.shape()) +
                               " have size 0");
  }
  const bool logical = x.dtype() == DType::boolean;
  Tensor y = with_kept(fold(op, logical ? x.to(DType::int64) : x, reduced), reduced, keepdim);
  if (logical) y = y.to(DType::boolean);
  if (recording(x)) {
    record(y, operation, {&x},
           [x = Saved(x), y = SavedOutput(y), axes, kept = reduced.kept_shape](Sink& sink, const Tensor& g) {
             const Tensor& input = x.get(sink);
             const Tensor chosen = eq(input, y.get(sink).detach().reshape(kept)).to(input.dtype());
             sink.add(0, g.reshape(kept) * (chosen / sum(chosen, axes, true)));
           });
  }
  return y;
}

}  // namespace

Tensor amax(const Tensor& x, const Shape& axes, bool keepdim) { return extreme("amax", ReduceOp::max, x, axes, keepdim); }
Tensor amin(const Tensor& x, const Shape& axes, bool keepdim) { return extreme("amin", ReduceOp::min, x, axes, keepdim); }
Tensor max(const Tensor& x) { return extreme("max", ReduceOp::max, x, {}, false); }
Tensor min(const Tensor& x) { return extreme("min", ReduceOp::min, x, {}, false); }

namespace {

template <class T, class Better>
void find_rows(const Tensor& rows, const Tensor& indices, Better better) {
  const std::int64_t length = rows.shape()[1];
  parallel_for(rows.shape()[0], std::max<std::int64_t>(1, 16384 / std::max<std::int64_t>(length, 1)),
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t i = begin; i < end; ++i) {
                   const T* row = rows.data<T>() + i * length;
                   std::int64_t best = 0;
                   for (std::int64_t j = 1; j < length && row[best] == row[best]; ++j) {
                     if (better(row[j], row[best]) || row[j] != row[j]) best = j;  // the first NaN wins
                   }
                   indices.data<std::int64_t>()[i] = best;
                 }
               });
}

Tensor find(const char* operation, const Tensor& x, std::int64_t axis, bool keepdim, bool largest) {
  const no_grad scope;
  const ReducedAxes reduced(operation, x, {axis});
  if (reduced.fold_count == 0) {
    throw Error(operation, "axis " + std::to_string(axis) + " of shape " + to_string(x.shape()) + " has size 0");
  }
  const Tensor rows = reduced.rows(x.dtype() == DType::boolean ? x.to(DType::int64) : x);
  const Tensor indices = empty(reduced.dropped_shape, DType::int64);
  const auto run = [&]<class T>(T*) {
    if (largest) find_rows<T>(rows, indices, [](T a, T b) { return a > b; });
    else find_rows<T>(rows, indices, [](T a, T b) { return a < b; });
  };
  if (rows.dtype() == DType::float32) run(static_cast<float*>(nullptr));
  else if (rows.dtype() == DType::float64) run(static_cast<double*>(nullptr));
  else run(static_cast<std::int64_t*>(nullptr));
  return with_kept(indices, reduced, keepdim);
}

ValuesAndIndices pick(const char* operation, const Tensor& x, std::int64_t axis, bool keepdim, bool largest) {
  if (x.defined() && x.rank() == 0) {
    normalize_axis(operation, axis, x.shape());
    return {x.clone(), zeros({}, DType::int64)};
  }
  const Tensor indices = find(operation, x, axis, true, largest);
  const Tensor values = gather(x, axis, indices);
  if (keepdim) return {values, indices};
  return {values.squeeze(axis), indices.squeeze(axis)};
}

Tensor find_any(const char* operation, const Tensor& x, std::optional<std::int64_t> axis, bool keepdim, bool largest) {
  if (!x.defined()) throw Error(operation, "got an undefined tensor");
  if (axis) return find(operation, x, *axis, keepdim, largest);
  const no_grad scope;
  const Tensor index = find(operation, x.flatten(), 0, false, largest);
  return keepdim ? index.reshape(Shape::filled(x.rank(), 1)) : index;
}

}  // namespace

ValuesAndIndices max(const Tensor& x, std::int64_t axis, bool keepdim) { return pick("max", x, axis, keepdim, true); }
ValuesAndIndices min(const Tensor& x, std::int64_t axis, bool keepdim) { return pick("min", x, axis, keepdim, false); }
Tensor argmax(const Tensor& x, std::optional<std::int64_t> axis, bool keepdim) {
  return find_any("argmax", x, axis, keepdim, true);
}
Tensor argmin(const Tensor& x, std::optional<std::int64_t> axis, bool keepdim) {
  return find_any("argmin", x, axis, keepdim, false);
}

Tensor any(const Tensor& x, const Shape& axes, bool keepdim) {
  const no_grad scope;
  return gt(sum(x.to(DType::boolean), axes, keepdim), 0);
}
Tensor all_of(const Tensor& x, const Shape& axes, bool keepdim) {
  const no_grad scope;
  return eq(sum(eq(x, 0), axes, keepdim), 0);
}

Tensor sum_to(const Tensor& x, const Shape& shape) {
  if (x.shape() == shape) return x;
  const int added = x.rank() - shape.rank();
  Shape axes;
  for (int axis = 0; axis < x.rank(); ++axis) {
    const bool folded = axis < added || (shape[axis - added] == 1 && x.shape()[axis] != 1);
    if (folded) axes.push_back(axis);
    else if (shape[axis - added] != x.shape()[axis]) {
      throw Error("sum_to", "shape " + to_string(shape) + " does not broadcast to " + to_string(x.shape()));
    }
  }
  if (added < 0) throw Error("sum_to", to_string(x.shape()) + " has fewer axes than " + to_string(shape));
  return sum(x, axes).reshape(shape);
}

}  // namespace gradus
