// Attention as one operation: scores, softmax and the weighted mean of the values.
#pragma once
#include <gradus/tensor/tensor_class.h>

#include <cstdint>

namespace gradus {

struct ScaledDotProductOptions {
  Tensor mask = {};          // bool, broadcast to (B, H, Q, S): true where a key is left out
  Tensor bias = {};          // broadcast to (B, H, Q, S): added to the scores; -infinity leaves a key out
  bool causal = false;       // leaves out the keys behind the query's own position
  std::int64_t window = -1;  // leaves out the keys further than this from the query's own position (Beltagy
                             // et al. 2020, "Longformer"); negative: none. Takes time for those inside alone.
  std::int64_t first_query = 0;  // position of the first query, for `causal` and `window`
  double dropout = 0;            // of the weights
  double scale = 0;              // of the products; 0: 1 / sqrt(D)
};

/// softmax(scale query key^T + bias) value (Vaswani et al. 2017, equation 1) for every head: (B, H, Q, Dv).
///
/// query (B, H, Q, D); key (B, G, S, D), value (B, G, S, Dv) with H a multiple of G: each of the G groups of
/// keys serves H / G heads (Ainslie et al. 2023, "GQA"). A query whose keys are all left out gives zeros, and
/// its gradients are zero.
///
/// The scores are made in blocks of queries and keys and never stored as a whole (Dao et al. 2022,
/// "FlashAttention"); the backward pass makes them again. The gradient of a bias, where it is asked for, is
/// as large as all the scores.
Tensor scaled_dot_product_attention(const Tensor& query, const Tensor& key, const Tensor& value,
                                    const ScaledDotProductOptions& options = {});

/// The weights that the above gives the values, without dropout: (B, H, Q, S), stored as a whole.
Tensor attention_weights(const Tensor& query, const Tensor& key, const ScaledDotProductOptions& options = {});

namespace composed {
/// The same in plain operations; draws the same numbers for its dropout.
Tensor scaled_dot_product_attention(const Tensor& query, const Tensor& key, const Tensor& value,
                                    const ScaledDotProductOptions& options = {});
}  // namespace composed

}  // namespace gradus
