#include <gradus/nn/sequential.h>

namespace gradus::nn {

Tensor Sequential::operator()(const Tensor& x) const {
  Tensor result = x;
  for (const Layer& layer : layers_) result = layer(result);
  return result;
}

}  // namespace gradus::nn
