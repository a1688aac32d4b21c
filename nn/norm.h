// Root-mean-square normalisation, and a normalisation that is chosen by an option.
#pragma once
#include <gradus/nn/fields.h>

#include <cstdint>
#include <string_view>

namespace gradus::nn {

/// y = x / sqrt(mean(x^2) + eps) * weight over the last axis (Zhang, Sennrich 2019): layer normalisation
/// without mean and bias.
struct RMSNorm {
  Tensor weight;  // (features,), starts at ones
  double eps;

  explicit RMSNorm(std::int64_t features, double eps = 1e-6);
  Tensor operator()(const Tensor& x) const;
  GRADUS_FIELDS(RMSNorm, weight, eps)
};

enum class NormKind { layer, rms };
const char* name_of(NormKind kind);
NormKind norm_kind_named(std::string_view name);

/// LayerNorm or RMSNorm over the last axis.
struct Norm {
  NormKind kind;
  Tensor weight;  // (features,)
  Tensor bias;    // (features,); undefined for rms
  double eps;

  Norm(NormKind kind, std::int64_t features, double eps = 1e-5);
  Tensor operator()(const Tensor& x) const;
  GRADUS_FIELDS(Norm, kind, weight, bias, eps)
};

}  // namespace gradus::nn
