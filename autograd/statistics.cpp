// logsumexp, var, std, norm and cumsum.
#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/node.h>
#include <gradus/autograd/pointwise.h>
#include <gradus/autograd/reduce.h>
#include <gradus/autograd/reduced_axes.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/kernels/dispatch.h>
#include <gradus/tensor/kernels/softmax.h>
#include <gradus/tensor/parallel.h>

#include <algorithm>
#include <limits>

namespace gradus {
namespace {

void check_floating(const char* operation, const Tensor& x) {
  if (!x.defined() || !is_floating(x.dtype()))
    throw Error(operation, "needs float32 or float64, got " + describe(x));
}

template <class T>
void run_logsumexp(const Tensor& rows, const Tensor& y) {
  const std::int64_t length = rows.shape()[1];
  const std::int64_t tile = std::max<std::int64_t>(1, 8192 / std::max<std::int64_t>(length, 1));
  parallel_for(rows.shape()[0], tile, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      T shift = 0, log_sum = 0;
      kernels<SoftmaxKernels>().of<T>().log_sum_exp(length, rows.data<T>() + i * length, &shift, &log_sum);
      y.data<T>()[i] = shift + log_sum;
    }
  });
}

}  // namespace

Tensor logsumexp(const Tensor& x, const Shape& axes, bool keepdim) {
  check_floating("logsumexp", x);
  const ReducedAxes reduced("logsumexp", x, axes);
  Tensor y = empty(reduced.result_shape(keepdim), x.dtype());
  const auto run = x.dtype() == DType::float32 ? run_logsumexp<float> : run_logsumexp<double>;
  run(reduced.rows(x.detach()).contiguous(), y);
  if (recording(x)) {
    record(y, "logsumexp", {&x},
           [x = Saved(x), y = SavedOutput(y), kept = reduced.kept_shape](Sink& sink, const Tensor& g) {
             const Tensor value = y.get(sink).reshape(kept);
             // Where all are -infinity, e^(x - 0) is the gradient: 0, and not e^(-infinity + infinity).
             const Tensor shift = masked_fill(value, eq(value, -std::numeric_limits<double>::infinity()), 0);
             sink.add(0, g.reshape(kept) * exp(x.get(sink) - shift));
           });
  }
  return y;
}

Tensor var(const Tensor& x, const Shape& axes, std::int64_t correction, bool keepdim) {
  check_floating("var", x);
  const ReducedAxes reduced("var", x, axes);
  const auto divisor = static_cast<double>(std::max<std::int64_t>(reduced.fold_count - correction, 0));
  return sum(square(x - mean(x, axes, true)), axes, keepdim) / divisor;
}

namespace {

/// root(x), and 0 with a gradient of 0 where x is 0, where a root has an infinite slope.
template <class Root>
Tensor flat_at_zero(const Tensor& x, Root root) {
  const Tensor zero = eq(x, 0);
  return masked_fill(root(masked_fill(x, zero, 1)), zero, 0);
}

/// |x|^order. Below 2 a derivative is infinite at 0, where the gradient is taken as 0.
Tensor power_of_magnitude(const Tensor& x, double order) {
  if (order >= 2) return pow(abs(x), order);
  const Tensor zero = eq(x, 0);
  return masked_fill(pow(abs(masked_fill(x, zero, 1)), order), zero,
                     order > 0 ? 0 : std::numeric_limits<double>::infinity());
}

}  // namespace

Tensor std(const Tensor& x, const Shape& axes, std::int64_t correction, bool keepdim) {
  return flat_at_zero(var(x, axes, correction, keepdim), [](const Tensor& v) { return sqrt(v); });
}

Tensor norm(const Tensor& x, double order, const Shape& axes, bool keepdim) {
  check_floating("norm", x);
  if (order == std::numeric_limits<double>::infinity()) return amax(abs(x), axes, keepdim);
  if (order == -std::numeric_limits<double>::infinity()) return amin(abs(x), axes, keepdim);
  if (order == 0)
    return sum(where(ne(x, 0), 1, x * 0), axes, keepdim);  // x * 0: its gradient is there, and 0
  if (order == 1) return sum(abs(x), axes, keepdim);
  if (order == 2)
    return flat_at_zero(sum(square(x), axes, keepdim), [](const Tensor& total) { return sqrt(total); });
  const Tensor total = sum(power_of_magnitude(x, order), axes, keepdim);
  return flat_at_zero(total, [order](const Tensor& t) { return pow(t, 1 / order); });
}

namespace {

/// Sums along the middle axis of x (outer, count, inner), from the front or from the back.
template <class T>
void run_cumsum(const Tensor& x, const Tensor& y, bool reverse) {
  const std::int64_t count = x.shape()[1], inner = x.shape()[2];
  const std::int64_t tile = std::max<std::int64_t>(1, 16384 / std::max<std::int64_t>(count * inner, 1));
  parallel_for(x.shape()[0], tile, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t block = begin; block < end; ++block) {
      const T* from = x.data<T>() + block * count * inner;
      T* to = y.data<T>() + block * count * inner;
      const std::int64_t step = reverse ? -inner : inner;
      for (std::int64_t i = 0; i < count; ++i) {
        const std::int64_t at = (reverse ? count - 1 - i : i) * inner;
        for (std::int64_t j = at; j < at + inner; ++j) to[j] = i == 0 ? from[j] : to[j - step] + from[j];
      }
    }
  });
}

/// Sums along an axis, from the front or from the back; each is the other's backward pass.
Tensor directed_cumsum(const Tensor& x, int axis, bool reverse) {
  std::int64_t outer = 1, inner = 1;
  for (int i = 0; i < axis; ++i) outer *= x.shape()[i];
  for (int i = axis + 1; i < x.rank(); ++i) inner *= x.shape()[i];
  Tensor y = empty(x.shape(), x.dtype());
  const Shape blocks{outer, x.shape()[axis], inner};
  const auto run = x.dtype() == DType::float32   ? run_cumsum<float>
                   : x.dtype() == DType::float64 ? run_cumsum<double>
                                                 : run_cumsum<std::int64_t>;
  run(x.detach().contiguous().view(blocks), y.view(blocks), reverse);
  if (recording(x)) {
    record(y, "cumsum", {&x},
           [axis, reverse](Sink& sink, const Tensor& g) { sink.add(0, directed_cumsum(g, axis, !reverse)); });
  }
  return y;
}

}  // namespace

Tensor cumsum(const Tensor& x, std::int64_t axis) {
  check_defined("cumsum", {&x});
  const int at = normalize_axis("cumsum", axis, x.shape());
  if (x.rank() == 0) return x.dtype() == DType::boolean ? x.to(DType::int64) : x.clone();
  return directed_cumsum(x.dtype() == DType::boolean ? x.to(DType::int64) : x, at, false);
}

}  // namespace gradus
