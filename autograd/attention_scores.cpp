#include <gradus/autograd/activation.h>
#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/attention_scores.h>
#include <gradus/autograd/index_checks.h>
#include <gradus/autograd/node.h>
#include <gradus/autograd/reduce.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/kernels/additive_score.h>
#include <gradus/tensor/kernels/dispatch.h>
#include <gradus/tensor/parallel.h>

namespace gradus {
namespace {

template <class T>
void run_forward(const Tensor& query, const Tensor& keys, const Tensor& v, const Tensor& scores) {
  const std::int64_t queries = query.shape()[1], count = keys.shape()[1], size = keys.shape()[2];
  parallel_for(scores.shape()[0] * queries, 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin; row < end; ++row) {
      const T* key = keys.data<T>() + row / queries * count * size;
      const auto kernel = [] {
        if constexpr (std::is_same_v<T, float>) return kernels<AdditiveScoreKernels>().forward_f32;
        else return kernels<AdditiveScoreKernels>().forward_f64;
      }();
      kernel(count, size, query.data<T>() + row * size, key, v.data<T>(), scores.data<T>() + row * count);
    }
  });
}

/// Adds to the three gradients; a batch element is one tile, and their parts of v's gradient are summed in
/// order.
template <class T>
void run_backward(const Tensor& query, const Tensor& keys, const Tensor& v, const Tensor& gradient,
                  const Tensor& query_gradient, const Tensor& keys_gradient, const Tensor& v_gradients) {
  const std::int64_t queries = query.shape()[1], count = keys.shape()[1], size = keys.shape()[2];
  parallel_for(query.shape()[0], 1, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t row = begin * queries; row < end * queries; ++row) {
      const std::int64_t element = row / queries, first_key = element * count * size;
      const auto kernel = [] {
        if constexpr (std::is_same_v<T, float>) return kernels<AdditiveScoreKernels>().backward_f32;
        else return kernels<AdditiveScoreKernels>().backward_f64;
      }();
      kernel(count, size, query.data<T>() + row * size, keys.data<T>() + first_key, v.data<T>(),
             gradient.data<T>() + row * count, query_gradient.data<T>() + row * size,
             keys_gradient.data<T>() + first_key, v_gradients.data<T>() + element * size);
    }
  });
}

void check(const Tensor& query, const Tensor& keys, const Tensor& v) {
  check_defined("additive_scores", {&query, &keys, &v});
  const bool fits = query.rank() == 3 && keys.rank() == 3 && v.rank() == 1 &&
                    query.shape()[0] == keys.shape()[0] && query.shape()[2] == v.shape()[0] &&
                    keys.shape()[2] == v.shape()[0];
  const bool same_dtype =
      query.dtype() == keys.dtype() && query.dtype() == v.dtype() && is_floating(v.dtype());
  if (!fits || !same_dtype) {
    throw Error("additive_scores",
                "needs query (batch, Q, A), keys (batch, S, A) and v (A,) of one floating dtype, got " +
                    describe(query) + ", " + describe(keys) + " and " + describe(v));
  }
}

}  // namespace

Tensor additive_scores(const Tensor& query, const Tensor& keys, const Tensor& v) {
  check(query, keys, v);
  Tensor scores = empty({query.shape()[0], query.shape()[1], keys.shape()[1]}, v.dtype());
  {
    const no_grad scope;
    const auto run = v.dtype() == DType::float32 ? run_forward<float> : run_forward<double>;
    run(query.contiguous(), keys.contiguous(), v.contiguous(), scores);
  }
  if (recording(query, keys, v)) {
    record(
        scores, "additive_scores", {&query, &keys, &v},
        [query = Saved(query), keys = Saved(keys), v = Saved(v)](Sink& sink, const Tensor& gradient) {
          const Tensor &q = query.get(sink), &k = keys.get(sink), &w = v.get(sink);
          if (sink.create_graph()) {
            return sink.replay(gradient, [&] { return composed::additive_scores(q, k, w); });
          }
          bool fresh = true;
          // The keys of a sentence serve every step of its decoder: their gradient is added up in one buffer.
          const Tensor keys_gradient = sink.needs(1) ? sink.into(1, fresh) : empty(k.shape(), k.dtype());
          if (fresh) Tensor(keys_gradient).zero_();
          const Tensor query_gradient = zeros(q.shape(), q.dtype());
          const Tensor v_gradients = zeros({k.shape()[0], k.shape()[2]}, v.get(sink).dtype());  // (batch, A)
          const auto run = w.dtype() == DType::float32 ? run_backward<float> : run_backward<double>;
          run(q.contiguous(), k.contiguous(), w.contiguous(), gradient.contiguous(), query_gradient,
              keys_gradient, v_gradients);
          sink.add(0, query_gradient);
          if (sink.needs(2)) sink.add(2, sum(v_gradients, {0}));
        });
  }
  return scores;
}

namespace composed {

Tensor additive_scores(const Tensor& query, const Tensor& keys, const Tensor& v) {
  const Tensor features = tanh(query.unsqueeze(2) + keys.unsqueeze(1));  // (batch, Q, S, A)
  return sum(features * v, {-1});
}

}  // namespace composed

}  // namespace gradus
