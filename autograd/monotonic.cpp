#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/joining.h>
#include <gradus/autograd/modes.h>
#include <gradus/autograd/monotonic.h>
#include <gradus/autograd/node.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/parallel.h>

#include <algorithm>
#include <vector>

namespace gradus {
namespace {

void check(const Tensor& p, const Tensor& previous) {
  const bool fits = p.defined() && previous.defined() && p.rank() > 0 && p.shape() == previous.shape() &&
                    p.dtype() == previous.dtype() && is_floating(p.dtype());
  if (!fits) {
    throw Error("monotonic_weights", "needs p and previous (..., S) of one shape and floating dtype, got " +
                                         describe(p) + " and " + describe(previous));
  }
}

/// Calls body(first element of the row, length) for every row of the last axis.
template <class Body>
void for_rows(const Tensor& x, Body body) {
  const std::int64_t length = x.shape().back();
  if (x.numel() == 0) return;
  parallel_for(x.numel() / length, std::max<std::int64_t>(1, 8192 / length),
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t row = begin; row < end; ++row) body(row * length, length);
               });
}

/// All operands contiguous. `reached` is q.
template <class T>
void run_forward(const Tensor& p, const Tensor& previous, const Tensor& reached, const Tensor& stopped) {
  for_rows(p, [&](std::int64_t first, std::int64_t length) {
    const T *stop = p.data<T>() + first, *start = previous.data<T>() + first;
    T *q = reached.data<T>() + first, *alpha = stopped.data<T>() + first;
    T passed = 0;  // what went on from the key before
    for (std::int64_t j = 0; j < length; ++j) {
      q[j] = passed + start[j];
      alpha[j] = stop[j] * q[j];
      passed = (1 - stop[j]) * q[j];
    }
  });
}

/// With e_j the gradient of q_j: e_j = g_j p_j + (1 - p_j) e_{j+1}; that of p_j is q_j (g_j - e_{j+1}), of
/// previous_j e_j.
template <class T>
void run_backward(const Tensor& p, const Tensor& reached, const Tensor& gradient, const Tensor& p_gradient,
                  const Tensor& previous_gradient) {
  for_rows(p, [&](std::int64_t first, std::int64_t length) {
    const T *stop = p.data<T>() + first, *q = reached.data<T>() + first, *g = gradient.data<T>() + first;
    T *dp = p_gradient.data<T>() + first, *dprevious = previous_gradient.data<T>() + first;
    T behind = 0;
    for (std::int64_t j = length - 1; j >= 0; --j) {
      dp[j] = q[j] * (g[j] - behind);
      behind = g[j] * stop[j] + (1 - stop[j]) * behind;
      dprevious[j] = behind;
    }
  });
}

}  // namespace

Tensor monotonic_weights(const Tensor& p, const Tensor& previous) {
  check(p, previous);
  Tensor weights = empty(p.shape(), p.dtype());
  const Tensor reached = empty(p.shape(), p.dtype());
  {
    const no_grad scope;
    const auto run = p.dtype() == DType::float32 ? run_forward<float> : run_forward<double>;
    run(p.contiguous(), previous.contiguous(), reached, weights);
  }
  if (recording(p, previous)) {
    record(weights, "monotonic_weights", {&p, &previous},
           [p = Saved(p), previous = Saved(previous), reached](Sink& sink, const Tensor& g) {
             const Tensor& stop = p.get(sink);
             if (sink.create_graph()) {
               return sink.replay(g, [&] { return composed::monotonic_weights(stop, previous.get(sink)); });
             }
             const Tensor p_gradient = empty(stop.shape(), stop.dtype());
             const Tensor previous_gradient = empty(stop.shape(), stop.dtype());
             const auto run = stop.dtype() == DType::float32 ? run_backward<float> : run_backward<double>;
             run(stop.contiguous(), reached, g.contiguous(), p_gradient, previous_gradient);
             sink.add(0, p_gradient);
             sink.add(1, previous_gradient);
           });
  }
  return weights;
}

namespace composed {

Tensor monotonic_weights(const Tensor& p, const Tensor& previous) {
  check(p, previous);
  if (p.shape().back() == 0) return p * previous;
  std::vector<Tensor> reached;  // (...) for each key
  for (std::int64_t j = 0; j < p.shape().back(); ++j) {
    const Tensor start = previous.select(-1, j);
    reached.push_back(j == 0 ? start : (1 - p.select(-1, j - 1)) * reached.back() + start);
  }
  return p * stack(reached, -1);
}

}  // namespace composed

}  // namespace gradus
