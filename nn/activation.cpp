#include <gradus/autograd/activation.h>
#include <gradus/autograd/normalize.h>
#include <gradus/nn/activation.h>

namespace gradus::nn {

Tensor Relu::operator()(const Tensor& x) const { return relu(x); }
Tensor LeakyRelu::operator()(const Tensor& x) const { return leaky_relu(x, negative_slope); }
Tensor Gelu::operator()(const Tensor& x) const { return gelu(x); }
Tensor Silu::operator()(const Tensor& x) const { return silu(x); }
Tensor Tanh::operator()(const Tensor& x) const { return tanh(x); }
Tensor Sigmoid::operator()(const Tensor& x) const { return sigmoid(x); }
Tensor Softplus::operator()(const Tensor& x) const { return softplus(x); }
Tensor Softmax::operator()(const Tensor& x) const { return softmax(x, axis); }

}  // namespace gradus::nn
