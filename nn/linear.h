// An affine map.
#pragma once
#include <gradus/nn/fields.h>

#include <cstdint>

namespace gradus::nn {

struct LinearOptions {
  bool bias = true;
};

/// y = x W^T + b on the last axis: (..., in_features) -> (..., out_features). Weight and bias start uniformly
/// in +-1/sqrt(in_features).
struct Linear {
  Tensor weight;  // (out_features, in_features)
  Tensor bias;    // (out_features,); undefined without bias

  Linear(std::int64_t in_features, std::int64_t out_features, LinearOptions options = {});
  Tensor operator()(const Tensor& x) const;
  GRADUS_FIELDS(Linear, weight, bias)
};

}  // namespace gradus::nn
