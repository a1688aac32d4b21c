#include <gradus/autograd/normalize.h>
#include <gradus/nn/named.h>
#include <gradus/nn/norm.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>

#include <string>

namespace gradus::nn {
namespace {

Tensor factors(const char* layer, std::int64_t features) {
  if (features < 1) throw Error(layer, "needs at least one feature, got " + std::to_string(features));
  Tensor weight = ones({features});
  return weight.requires_grad_().set_name("weight");
}

}  // namespace

RMSNorm::RMSNorm(std::int64_t features, double epsilon)
    : weight(factors("RMSNorm", features)), eps(epsilon) {}

Tensor RMSNorm::operator()(const Tensor& x) const { return rms_norm(x, weight, eps); }

const char* name_of(NormKind kind) { return kind == NormKind::layer ? "layer" : "rms"; }

NormKind norm_kind_named(std::string_view name) {
  return named("normalisation", name, {NormKind::layer, NormKind::rms});
}

Norm::Norm(NormKind k, std::int64_t features, double epsilon)
    : kind(k), weight(factors("Norm", features)), eps(epsilon) {
  if (kind == NormKind::rms) return;
  bias = zeros({features});
  bias.requires_grad_().set_name("bias");
}

Tensor Norm::operator()(const Tensor& x) const {
  return kind == NormKind::rms ? rms_norm(x, weight, eps) : layer_norm(x, weight.shape(), weight, bias, eps);
}

}  // namespace gradus::nn
