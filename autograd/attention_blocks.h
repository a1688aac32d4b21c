// Attention in blocks of queries and keys: what scaled_dot_product_attention runs forward and backward.
// Internal to autograd/.
#pragma once
#include <gradus/tensor/random.h>
#include <gradus/tensor/tensor_class.h>

#include <algorithm>
#include <cstdint>

namespace gradus::attention {

/// Sizes, and what the options come to.
struct Problem {
  std::int64_t batch, heads, groups, queries, keys, size, value_size;
  bool causal;
  std::int64_t window;  // keys further from the query's own position are left out; negative: none
  std::int64_t first_query;
  double scale, dropout;
  RandomStream stream;

  std::int64_t heads_per_group() const { return heads / groups; }
  /// A query may look at the keys from first_key up to, but not including, last_key.
  std::int64_t first_key(std::int64_t query) const {
    return window >= 0 ? std::clamp<std::int64_t>(first_query + query - window, 0, keys) : 0;
  }
  std::int64_t last_key(std::int64_t query) const {
    const std::int64_t position = first_query + query;
    if (causal) return std::min(keys, position + 1);
    return window >= 0 && window < keys ? std::min(keys, position + window + 1) : keys;
  }
};

/// What is computed from, and what the backward pass keeps of the forward pass.
struct Operands {
  Tensor query, key, value, mask, bias;
};
struct RowStatistics {
  Tensor largest, sum;  // (B, H, Q): of the scores of a row, and of exp(score - largest)
};

struct Gradients {
  Tensor query, key, value;
  Tensor scores;  // (B, H, Q, S), the gradient of the bias; undefined where that is not asked for
};

/// Writes the output (B, H, Q, Dv) and the statistics of every row.
void forward_blocks(const Problem& problem, const Operands& x, const Tensor& output,
                    const RowStatistics& statistics);

/// Adds to the gradients, which are zero at the start; `arriving` is the output's.
void backward_blocks(const Problem& problem, const Operands& x, const Tensor& output,
                     const RowStatistics& statistics, const Tensor& arriving, const Gradients& gradients);

}  // namespace gradus::attention
