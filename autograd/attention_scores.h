// Scores between queries and keys that are more than a product.
#pragma once
#include <gradus/tensor/tensor_class.h>

namespace gradus {

/// score(q, k) = v . tanh(q + k) (Bahdanau et al. 2015, with q = W query and k = U key projected outside).
/// query (batch, Q, A), keys (batch, S, A), v (A,) -> (batch, Q, S). The (batch, Q, S, A) sums are never stored.
Tensor additive_scores(const Tensor& query, const Tensor& keys, const Tensor& v);

namespace composed {
/// The same in plain operations.
Tensor additive_scores(const Tensor& query, const Tensor& keys, const Tensor& v);
}  // namespace composed

}  // namespace gradus
