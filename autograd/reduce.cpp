// Sums and products. The largest and smallest are in extremes.cpp, what is made of these in statistics.cpp.
#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/joining.h>
#include <gradus/autograd/node.h>
#include <gradus/autograd/reduce.h>
#include <gradus/autograd/reduced_axes.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/parallel.h>

#include <algorithm>

namespace gradus {
namespace {

Tensor countable(const Tensor& x) { return x.dtype() == DType::boolean ? x.to(DType::int64) : x; }

}  // namespace

Tensor sum(const Tensor& x, const Shape& axes, bool keepdim) {
  const ReducedAxes reduced("sum", x, axes);
  Tensor y = fold("sum", ReduceOp::sum, countable(x), reduced, keepdim);
  if (recording(x)) {
    record(y, "sum", {&x}, [shape = x.shape(), kept = reduced.kept_shape](Sink& sink, const Tensor& g) {
      sink.add(0, g.reshape(kept).expand(shape));
    });
  }
  return y;
}

Tensor mean(const Tensor& x, const Shape& axes, bool keepdim) {
  const ReducedAxes reduced("mean", x, axes);
  if (!is_floating(x.dtype()))
    throw Error("mean", "of " + describe(x) + ": convert to a floating dtype first");
  return sum(x, axes, keepdim) / static_cast<double>(reduced.fold_count);
}

namespace {

/// The product in plain operations, for higher derivatives: halves are multiplied until one factor is left.
Tensor composed_prod(const Tensor& x, const ReducedAxes& reduced, bool keepdim) {
  Tensor factors = reduced.rows(x);  // (rows, n)
  while (factors.size(1) > 1) {
    const std::int64_t half = factors.size(1) / 2;
    const Tensor product = factors.narrow(1, 0, half) * factors.narrow(1, half, half);
    factors = factors.size(1) == 2 * half ? product : cat({product, factors.narrow(1, 2 * half, 1)}, 1);
  }
  if (factors.size(1) == 0) return ones(reduced.result_shape(keepdim), x.dtype());
  return factors.reshape(reduced.result_shape(keepdim));
}

/// For every element of a row its gradient: the product of all others times the row's gradient. It is made of
/// the product before and the product behind the element, so that zeros need no care.
template <class T>
void run_prod_backward(const Tensor& rows, const Tensor& gradient, const Tensor& result) {
  const std::int64_t length = rows.shape()[1];
  const std::int64_t tile = std::max<std::int64_t>(1, 16384 / std::max<std::int64_t>(length, 1));
  parallel_for(rows.shape()[0], tile, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const T* x = rows.data<T>() + i * length;
      T* y = result.data<T>() + i * length;
      T before = gradient.data<T>()[i], behind = 1;
      for (std::int64_t j = 0; j < length; ++j) {
        y[j] = before;
        before *= x[j];
      }
      for (std::int64_t j = length - 1; j >= 0; --j) {
        y[j] *= behind;
        behind *= x[j];
      }
    }
  });
}

}  // namespace

Tensor prod(const Tensor& x, const Shape& axes, bool keepdim) {
  const ReducedAxes reduced("prod", x, axes);
  Tensor y = fold("prod", ReduceOp::prod, countable(x), reduced, keepdim);
  if (recording(x)) {
    record(y, "prod", {&x}, [x = Saved(x), keepdim, reduced](Sink& sink, const Tensor& g) {
      const Tensor& input = x.get(sink);
      if (sink.create_graph()) return sink.replay(g, [&] { return composed_prod(input, reduced, keepdim); });
      const Tensor rows = reduced.rows(input).contiguous(), gradient = empty(rows.shape(), rows.dtype());
      const auto run = input.dtype() == DType::float32 ? run_prod_backward<float> : run_prod_backward<double>;
      run(rows, g.contiguous(), gradient);
      sink.add(0, reduced.from_rows(gradient, input.shape()));
    });
  }
  return y;
}

Tensor any(const Tensor& x, const Shape& axes, bool keepdim) {
  const no_grad scope;
  return gt(sum(ne(x, 0), axes, keepdim), 0);
}

Tensor all_of(const Tensor& x, const Shape& axes, bool keepdim) {
  const no_grad scope;
  return eq(sum(eq(x, 0), axes, keepdim), 0);
}

Tensor sum_to(const Tensor& x, const Shape& shape) {
  if (x.shape() == shape) return x;
  const int added = x.rank() - shape.rank();
  if (added < 0) throw Error("sum_to", to_string(x.shape()) + " has fewer axes than " + to_string(shape));
  Shape axes;
  for (int axis = 0; axis < x.rank(); ++axis) {
    const bool folded = axis < added || (shape[axis - added] == 1 && x.shape()[axis] != 1);
    if (folded) axes.push_back(axis);
    else if (shape[axis - added] != x.shape()[axis]) {
      throw Error("sum_to", "shape " + to_string(shape) + " does not broadcast to " + to_string(x.shape()));
    }
  }
  return sum(x, axes).reshape(shape);
}

}  // namespace gradus
