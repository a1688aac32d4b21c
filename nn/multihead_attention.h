// Attention with several heads.
#pragma once
#include <gradus/nn/key_values.h>
#include <gradus/nn/linear.h>
#include <gradus/nn/positions.h>

#include <cstdint>
#include <optional>

namespace gradus::nn {

struct MultiHeadAttentionOptions {
  bool bias = true;
  double dropout = 0;           // of the weights, while training
  std::int64_t key_size = 0;    // features of the keys; 0: those of the queries
  std::int64_t value_size = 0;  // features of the values; 0: those of the queries
  std::int64_t key_value_heads =
      0;  // groups of heads that share keys (Ainslie et al. 2023); 0: as many as heads
  RelativePositions positions = RelativePositions::none;
  RelativeBiasOptions relative = {};
};

/// What one call of an attention layer looks at. All of it composes: a key is left out where any part says
/// so.
struct AttentionCall {
  Tensor key_mask = {};  // bool (batch, S): true where a key is left out, as for padding
  Tensor mask = {};      // bool (Q, S), (batch, Q, S) or (batch, heads, Q, S): true where a key is left out
  Tensor bias = {};      // added to the scores, of the same shapes; -infinity leaves a key out
  bool causal = false;   // leaves out the keys behind the query's own position
  std::int64_t window =
      -1;  // leaves out the keys further than this from the query's own position; negative: none
  std::int64_t first_query = 0;  // position of the first query, in a decoder that goes on after earlier steps
  bool need_weights = false;
};

struct MultiHeadOutput {
  Tensor output;   // (batch, Q, features)
  Tensor weights;  // (batch, heads, Q, S), each head's own; undefined unless asked for
};

/// Each head attends with a projection of its own; the contexts are put side by side and projected (Vaswani
/// et al. 2017, section 3.2.2). Parameters, their names and layouts are PyTorch's: in_proj_weight (3
/// features, features), or q_proj_weight, k_proj_weight and v_proj_weight where sizes or numbers of heads
/// differ; in_proj_bias; out_proj.
class MultiHeadAttention {
 public:
  MultiHeadAttention(std::int64_t features, std::int64_t heads, MultiHeadAttentionOptions options = {});

  /// query (batch, Q, features), key (batch, S, key_size), value (batch, S, value_size). Self attention is x,
  /// x, x.
  MultiHeadOutput operator()(const Tensor& query, const Tensor& key, const Tensor& value,
                             const AttentionCall& call = {}) const;

  /// key, value as above; `first` is the position of the first key.
  KeyValues project(const Tensor& key, const Tensor& value, std::int64_t first = 0) const;
  /// The same as operator(), on keys and values that project() has been through.
  MultiHeadOutput attend(const Tensor& query, const KeyValues& keys_values,
                         const AttentionCall& call = {}) const;
  /// Self attention of x (batch, new steps, features) that goes on after the steps in the cache, which grows
  /// by it; each step sees itself and what was before.
  MultiHeadOutput step(const Tensor& x, KeyValues& cache) const;

  std::int64_t heads() const { return heads_; }
  GRADUS_FIELDS(MultiHeadAttention, in_proj_weight_, q_proj_weight_, k_proj_weight_, v_proj_weight_,
                in_proj_bias_, out_proj_, relative_, features_, heads_, groups_, dropout_, positions_)

 private:
  std::int64_t group_features() const { return features_ / heads_ * groups_; }
  Tensor projection_bias(std::int64_t begin, std::int64_t end) const;
  Tensor project_query(const Tensor& query) const;
  struct Projections {
    Tensor query;  // (batch, heads, time, size)
    KeyValues keys_values;
  };
  Projections project_all(const Tensor& x, std::int64_t first) const;
  MultiHeadOutput attend_split(const Tensor& query, const KeyValues& keys_values,
                               const AttentionCall& call) const;

  Tensor in_proj_weight_;                                 // (3 features, features): q, k, v
  Tensor q_proj_weight_, k_proj_weight_, v_proj_weight_;  // instead of it where the three differ in shape
  Tensor in_proj_bias_;  // (features + 2 group features,); undefined without bias
  Linear out_proj_;
  std::optional<RelativeBias> relative_;
  std::int64_t features_, heads_, groups_;
  double dropout_;
  RelativePositions positions_;
};

}  // namespace gradus::nn
