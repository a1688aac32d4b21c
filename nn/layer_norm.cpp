#include <gradus/autograd/normalize.h>
#include <gradus/nn/layer_norm.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>

namespace gradus::nn {

LayerNorm::LayerNorm(std::int64_t features, LayerNormOptions options) : LayerNorm(Shape{features}, options) {}

LayerNorm::LayerNorm(const Shape& shape, LayerNormOptions options)
    : normalized_shape(shape), eps(options.eps) {
  if (shape.empty() || element_count(shape) < 1) {
    throw Error("LayerNorm", "cannot normalise over the shape " + to_string(shape) + ": it has no elements");
  }
  if (!options.affine) return;
  weight = ones(shape);
  weight.requires_grad_().set_name("weight");
  bias = zeros(shape);
  bias.requires_grad_().set_name("bias");
}

Tensor LayerNorm::operator()(const Tensor& x) const {
  return layer_norm(x, normalized_shape, weight, bias, eps);
}

}  // namespace gradus::nn
