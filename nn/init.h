// Initial values of parameters. Every function writes in place, under no_grad, with the process's random
// numbers (tensor/random.h).
#pragma once
#include <gradus/tensor/tensor_class.h>

#include <cstdint>

namespace gradus::nn::init {

void uniform_(Tensor& tensor, double low = 0, double high = 1);
void normal_(Tensor& tensor, double mean = 0, double standard_deviation = 1);
void constant_(Tensor& tensor, double value);
void zeros_(Tensor& tensor);
void ones_(Tensor& tensor);

/// Number of inputs and outputs of each unit: the second and the first axis of (out, in, ...), each times the
/// product of the further axes. Throws below two axes.
struct Fans {
  std::int64_t in, out;
};
Fans fans(const Tensor& tensor);

enum class Nonlinearity { linear, sigmoid, tanh, relu, leaky_relu, selu };

/// The factor by which a nonlinearity shrinks the deviation of its input, inverted: 1, 1, 5/3, sqrt(2),
/// sqrt(2 / (1 + slope^2)), 3/4.
double calculate_gain(Nonlinearity nonlinearity, double negative_slope = 0.01);

/// Uniform in +-gain sqrt(6 / (in + out)) (Glorot, Bengio 2010).
void xavier_uniform_(Tensor& tensor, double gain = 1);
/// Normal with deviation gain sqrt(2 / (in + out)).
void xavier_normal_(Tensor& tensor, double gain = 1);

enum class FanMode { fan_in, fan_out };
struct KaimingOptions {
  double a = 0;  // the slope of leaky_relu below zero
  FanMode mode = FanMode::fan_in;
  Nonlinearity nonlinearity = Nonlinearity::leaky_relu;
};
/// Uniform in +-gain sqrt(3 / fan) (He et al. 2015).
void kaiming_uniform_(Tensor& tensor, KaimingOptions options = {});
/// Normal with deviation gain / sqrt(fan).
void kaiming_normal_(Tensor& tensor, KaimingOptions options = {});

/// Rows (or columns, where there are more rows) are orthonormal, times gain (Saxe, McClelland, Ganguli 2014).
/// Axes behind the first are taken together; at least two axes.
void orthogonal_(Tensor& tensor, double gain = 1);

}  // namespace gradus::nn::init
