// Attention of queries over keys and values, with the scores of the classic papers.
#pragma once
#include <gradus/nn/fields.h>

#include <cstdint>
#include <string_view>

namespace gradus::nn {

/// How a query and a key are compared.
enum class Score {
  dot,         // q . k                                (Luong et al. 2015)
  scaled_dot,  // q . k / sqrt(d)                      (Vaswani et al. 2017)
  general,     // q . W k, bilinear                    (Luong et al. 2015)
  additive     // v . tanh(W q + U k)                  (Bahdanau et al. 2015)
};

/// "dot", "scaled_dot", "general", "additive", and back.
const char* name_of(Score score);
Score score_named(std::string_view name);

struct AttentionOutput {
  Tensor context;  // (batch, Q, value features): the values, averaged by the weights
  Tensor weights;  // (batch, Q, S): how much each query looks at each key; a row sums to 1
};

struct AttentionOptions {
  std::int64_t hidden = 0;  // features in which additive scores compare; 0: those of the query
};

/// weights = softmax over keys of score(query, key); context = weights times values.
///
/// A key mask (batch, S) of bool is true where a key is left out. A row whose keys are all left out gets zeros.
class Attention {
 public:
  Attention(Score score, std::int64_t query_size, std::int64_t key_size, AttentionOptions options = {});

  /// query (batch, Q, query_size); keys (batch, S, key_size), which are the values as well.
  AttentionOutput operator()(const Tensor& query, const Tensor& keys, const Tensor& key_mask = {}) const;

  /// The part of the scores that depends on the keys alone, (batch, S, ...): computed once where many queries follow
  /// each other, as in a decoder.
  Tensor project_keys(const Tensor& keys) const;
  /// The same as operator(), on keys that project_keys has been through.
  AttentionOutput attend(const Tensor& query, const Tensor& projected_keys, const Tensor& values,
                         const Tensor& key_mask = {}) const;

  GRADUS_FIELDS(Attention, score_, query_weight_, key_weight_, v_)

 private:
  Score score_;
  Tensor query_weight_;  // (hidden, query_size) for additive
  Tensor key_weight_;    // (hidden, key_size) for additive, (query_size, key_size) for general
  Tensor v_;             // (hidden,) for additive
};

}  // namespace gradus::nn
