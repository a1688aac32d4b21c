// Activation functions, element by element.
#pragma once
#include <gradus/tensor/tensor_class.h>

#include <string_view>

namespace gradus {

Tensor relu(const Tensor& x);        ///< max(x, 0); also int64; the gradient at 0 is 0
Tensor sigmoid(const Tensor& x);     ///< 1 / (1 + e^-x)
Tensor logsigmoid(const Tensor& x);  ///< log(sigmoid(x)), without overflow
Tensor tanh(const Tensor& x);
Tensor silu(const Tensor& x);        ///< x sigmoid(x)
/// x where x > 0, slope x elsewhere.
Tensor leaky_relu(const Tensor& x, double negative_slope = 0.01);
/// x where x > 0, alpha (e^x - 1) elsewhere (Clevert et al. 2016).
Tensor elu(const Tensor& x, double alpha = 1);
/// log(1 + e^(beta x)) / beta, and x itself where beta x > threshold.
Tensor softplus(const Tensor& x, double beta = 1, double threshold = 20);
/// x Phi(x) with the normal distribution function (Hendrycks and Gimpel 2016); `approximate` is "none" or "tanh".
Tensor gelu(const Tensor& x, std::string_view approximate = "none");

}  // namespace gradus
