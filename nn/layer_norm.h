// Layer normalisation (Ba, Kiros, Hinton 2016).
#pragma once
#include <gradus/nn/fields.h>

#include <cstdint>

namespace gradus::nn {

struct LayerNormOptions {
  double eps = 1e-5;
  bool affine = true;  // weight and bias are learnt; without them the result is only normalised
};

/// y = (x - mean) / sqrt(variance + eps) * weight + bias over the last axes, which have the given shape.
struct LayerNorm {
  Tensor weight;  // the normalised shape; undefined where not affine
  Tensor bias;
  Shape normalized_shape;
  double eps;

  explicit LayerNorm(std::int64_t features, LayerNormOptions options = {});
  explicit LayerNorm(const Shape& shape, LayerNormOptions options = {});
  Tensor operator()(const Tensor& x) const;
  GRADUS_FIELDS(LayerNorm, weight, bias, normalized_shape, eps)
};

}  // namespace gradus::nn
