#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/modes.h>
#include <gradus/autograd/node.h>
#include <gradus/autograd/pointwise.h>
#include <gradus/autograd/reduce.h>
#include <gradus/autograd/sparsemax.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/memory.h>
#include <gradus/tensor/parallel.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

namespace gradus {
namespace {

/// The threshold of scores whose largest is 0; they are put in order. The support is the longest run of them,
/// from the largest on, in which each lies above the threshold that the run has by itself.
template <class T>
T threshold(CachedVector<T>& scores) {
  std::sort(scores.begin(), scores.end(), std::greater<T>());
  T sum = 0, tau = 0;
  for (std::size_t count = 1; count <= scores.size(); ++count) {
    const T score = scores[count - 1];
    if (1 + static_cast<T>(count) * score <= sum + score) break;
    sum += score;
    tau = (sum - 1) / static_cast<T>(count);
  }
  return tau;
}

/// One row; `masked` may be null, `kept` is room to work in.
template <class T>
void project_row(std::int64_t length, const T* x, const bool* masked, T* y, CachedVector<T>& kept) {
  kept.clear();
  for (std::int64_t j = 0; j < length; ++j) {
    if (!masked || !masked[j]) kept.push_back(x[j]);
  }
  std::fill(y, y + length, T(0));
  if (kept.empty()) return;
  const T largest = *std::max_element(kept.begin(), kept.end());
  const bool defined =
      std::isfinite(largest) && std::none_of(kept.begin(), kept.end(), [](T v) { return v != v; });
  T tau = std::numeric_limits<T>::quiet_NaN();
  if (defined) {
    for (T& score : kept) score -= largest;  // keeps the sums small
    tau = threshold(kept);
  }
  for (std::int64_t j = 0; j < length; ++j) {
    if (masked && masked[j]) continue;
    const T weight = (x[j] - largest) - tau;
    y[j] = weight <= 0 ? T(0) : weight;
  }
}

/// All operands contiguous; rows along the last axis.
template <class T>
void project_rows(const Tensor& x, const Tensor& mask, const Tensor& y) {
  const std::int64_t length = x.shape().back();
  if (x.numel() == 0) return;
  parallel_for(x.numel() / length, std::max<std::int64_t>(1, 4096 / length),
               [&](std::int64_t begin, std::int64_t end) {
                 CachedVector<T> kept;
                 kept.reserve(static_cast<std::size_t>(length));
                 for (std::int64_t row = begin; row < end; ++row) {
                   const bool* masked = mask.defined() ? mask.data<bool>() + row * length : nullptr;
                   project_row(length, x.data<T>() + row * length, masked, y.data<T>() + row * length, kept);
                 }
               });
}

/// Over the last axis, recorded.
Tensor sparsemax_last(const char* operation, const Tensor& x, const Tensor& mask) {
  Tensor y = empty(x.shape(), x.dtype());
  {
    const no_grad scope;
    const auto run = x.dtype() == DType::float32 ? project_rows<float> : project_rows<double>;
    run(x.contiguous(), mask.defined() ? mask.expand(x.shape()).contiguous() : mask, y);
  }
  if (recording(x)) {
    record(y, operation, {&x}, [y = SavedOutput(y)](Sink& sink, const Tensor& g) {
      const Tensor support = gt(y.get(sink).detach(), 0).to(g.dtype());
      const Tensor count = clamp(sum(support, {-1}, true), 1);
      sink.add(0, support * (g - sum(support * g, {-1}, true) / count));
    });
  }
  return y;
}

Tensor sparsemax_along(const char* operation, const Tensor& x, const Tensor& mask, std::int64_t axis) {
  if (!x.defined() || !is_floating(x.dtype()))
    throw Error(operation, "needs float32 or float64, got " + describe(x));
  if (mask.defined() && mask.dtype() != DType::boolean) {
    throw Error(operation, "the mask must be bool and true where a score is left out, got " + describe(mask));
  }
  const int at = normalize_axis(operation, axis, x.shape());
  if (x.rank() == 0) {
    const Tensor row_mask = mask.defined() ? mask.reshape({1}) : mask;
    return sparsemax_last(operation, x.reshape({1}), row_mask).reshape({});
  }
  if (at == x.rank() - 1) return sparsemax_last(operation, x, mask);
  const Tensor turned_mask = mask.defined() ? mask.expand(x.shape()).transpose(at, -1) : mask;
  return sparsemax_last(operation, x.transpose(at, -1), turned_mask).transpose(at, -1);
}

}  // namespace

Tensor sparsemax(const Tensor& x, std::int64_t axis) { return sparsemax_along("sparsemax", x, {}, axis); }

Tensor masked_sparsemax(const Tensor& scores, const Tensor& mask, std::int64_t axis) {
  return sparsemax_along("masked_sparsemax", scores, mask, axis);
}

}  // namespace gradus
