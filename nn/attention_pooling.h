// From many vectors to one, by attention.
#pragma once
#include <gradus/nn/attention.h>
#include <gradus/nn/linear.h>

namespace gradus::nn {

struct PooledOutput {
  Tensor context;  // (batch, features)
  Tensor
      weights;  // (batch, time): how much each step counts; a row sums to 1, or is zero where all is masked
};

/// Weighs the steps of a sequence by how well tanh(W h + b) fits a learnt vector u, and sums them (Yang et
/// al. 2016, equations 5 to 7).
struct AttentionPooling {
  Linear hidden;   // features -> hidden
  Tensor context;  // u, (hidden,)

  /// hidden_size 0: that of the features.
  explicit AttentionPooling(std::int64_t features, std::int64_t hidden_size = 0);
  /// x (batch, time, features); mask (batch, time) bool, true where a step is left out.
  PooledOutput operator()(const Tensor& x, const Tensor& mask = {}) const;
  GRADUS_FIELDS(AttentionPooling, hidden, context)
};

}  // namespace gradus::nn
