// Activations as layers without parameters, for Sequential. Elsewhere call the functions: relu(x).
#pragma once
#include <gradus/nn/fields.h>

#include <cstdint>

namespace gradus::nn {

struct Relu {
  Tensor operator()(const Tensor& x) const;
};
struct LeakyRelu {
  double negative_slope = 0.01;
  Tensor operator()(const Tensor& x) const;
};
struct Gelu {
  Tensor operator()(const Tensor& x) const;
};
struct Silu {
  Tensor operator()(const Tensor& x) const;
};
struct Tanh {
  Tensor operator()(const Tensor& x) const;
};
struct Sigmoid {
  Tensor operator()(const Tensor& x) const;
};
struct Softplus {
  Tensor operator()(const Tensor& x) const;
};
struct Softmax {
  std::int64_t axis = -1;
  Tensor operator()(const Tensor& x) const;
};

}  // namespace gradus::nn
