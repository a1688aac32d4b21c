// Dropout as a layer (Srivastava et al. 2014).
#pragma once
#include <gradus/nn/fields.h>

namespace gradus::nn {

/// In training sets each element to zero with probability p and scales the others by 1 / (1 - p); passes its
/// input through within an `evaluating` scope.
struct Dropout {
  double p;

  /// p in [0, 1].
  explicit Dropout(double probability = 0.5);
  Tensor operator()(const Tensor& x) const;
  GRADUS_FIELDS(Dropout, p)
};

}  // namespace gradus::nn
