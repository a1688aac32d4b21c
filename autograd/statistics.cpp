// Reductions that are made of others: logsumexp, var, std, norm; and cumsum.
#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/node.h>
#include <gradus/autograd/pointwise.h>
#include <gradus/autograd/reduce.h>
#include <gradus/autograd/reduced_axes.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>

#include <cmath>
#include <limits>

namespace gradus {
namespace {

void check_floating(const char* operation, const Tensor& x) {
  if (!x.defined() || !is_floating(x.dtype())) throw Error(operation, "needs float32 or float64, got " + describe(x));
}

}  // namespace

Tensor logsumexp(const Tensor& x, const Shape& axes, bool keepdim) {
  check_floating("logsumexp", x);
  const ReducedAxes reduced("logsumexp", x, axes);
  if (reduced.fold_count == 0) return log(sum(x, axes, keepdim));  // -infinity: the logarithm of nothing
  const Tensor largest = amax(x.detach(), axes, true);
  // Infinite maxima are not subtracted: infinity - infinity is no number.
  const Tensor shift = where(isfinite(largest), largest, 0);
  return log(sum(exp(x - shift), axes, keepdim)) + (keepdim ? shift : shift.reshape(reduced.dropped_shape));
}

Tensor var(const Tensor& x, const Shape& axes, std::int64_t correction, bool keepdim) {
  check_floating("var", x);
  const ReducedAxes reduced("var", x, axes);
  const auto divisor = static_cast<double>(std::max<std::int64_t>(reduced.fold_count - correction, 0));
  return sum(square(x - mean(x, axes, true)), axes, keepdim) / divisor;
}

Tensor std(const Tensor& x, const Shape& axes, std::int64_t correction, bool keepdim) {
  return sqrt(var(x, axes, correction, keepdim));
}

Tensor norm(const Tensor& x, double order, const Shape& axes, bool keepdim) {
  check_floating("norm", x);
  if (order == std::numeric_limits<double>::infinity()) return amax(abs(x), axes, keepdim);
  if (order == -std::numeric_limits<double>::infinity()) return amin(abs(x), axes, keepdim);
  if (order == 0) {
    const Tensor counted = ne(x, 0).to(x.dtype());
    return sum(counted + x * 0, axes, keepdim);  // x takes part so that its gradient is there, and zero
  }
  if (order == 1) return sum(abs(x), axes, keepdim);
  const Tensor total = order == 2 ? sum(square(x), axes, keepdim) : sum(pow(abs(x), order), axes, keepdim);
  // At zero the root has an infinite slope; the gradient there is defined as 0.
  const Tensor zero = eq(total, 0);
  const Tensor safe = masked_fill(total, zero, 1);
  const Tensor root = order == 2 ? sqrt(safe) : pow(safe, 1 / order);
  return order > 0 ? masked_fill(root, zero, 0) : root;
}

namespace {

template <class T>
void run_cumsum(const Tensor& x, const Tensor& y, bool reverse) {
  const std::int64_t length = x.shape().back();
  if (length == 0) return;
  for (std::int64_t row = 0; row < x.numel() / length; ++row) {
    const T* from = x.data<T>() + row * length;
    T* to = y.data<T>() + row * length;
    T total = 0;
    for (std::int64_t i = 0; i < length; ++i) {
      const std::int64_t at = reverse ? length - 1 - i : i;
      total += from[at];
      to[at] = total;
    }
  }
}

/// Sums along the last axis, from the front or from the back; each is the other's backward pass.
Tensor cumsum_last(const Tensor& x, bool reverse) {
  const Tensor input = x.detach().contiguous();
  Tensor y = empty(x.shape(), x.dtype());
  const auto run = x.dtype() == DType::float32 ? run_cumsum<float>
                   : x.dtype() == DType::float64 ? run_cumsum<double> : run_cumsum<std::int64_t>;
  run(input, y, reverse);
  if (recording(x)) {
    record(y, "cumsum", {&x}, [reverse](Sink& sink, const Tensor& g) { sink.add(0, cumsum_last(g, !reverse)); });
  }
  return y;
}

}  // namespace

Tensor cumsum(const Tensor& x, std::int64_t axis) {
  if (!x.defined()) throw Error("cumsum", "got an undefined tensor");
  const Tensor input = x.dtype() == DType::boolean ? x.to(DType::int64) : x;
  const int at = normalize_axis("cumsum", axis, x.shape());
  if (x.rank() == 0) return input.clone();
  return cumsum_last(input.transpose(at, -1), false).transpose(at, -1);
}

}  // namespace gradus
