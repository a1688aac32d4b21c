#include <gradus/nn/convolution.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>

#include <algorithm>
#include <cmath>
#include <string>

namespace gradus::nn {
namespace {

void check(const char* layer, std::int64_t in, std::int64_t out, std::int64_t groups) {
  if (in < 1 || out < 1 || groups < 1 || in % groups != 0 || out % groups != 0) {
    throw Error(layer, std::to_string(in) + " channels to " + std::to_string(out) + " in " +
                           std::to_string(groups) + " groups: both must be positive multiples of the groups");
  }
}

void check_kernel(const char* layer, std::int64_t size) {
  if (size < 1) throw Error(layer, "a kernel has at least 1 position on a side, got " + std::to_string(size));
}

Tensor parameter(const Shape& shape, std::int64_t fan_in, const char* name) {
  const double bound = 1 / std::sqrt(static_cast<double>(fan_in));
  Tensor tensor = empty(shape);
  return tensor.uniform_(-bound, bound).requires_grad_().set_name(name);
}

}  // namespace

Conv2d::Conv2d(std::int64_t in_channels, std::int64_t out_channels, Pair kernel, ConvolutionOptions o)
    : options{{o.stride, o.padding, o.dilation, o.groups}} {
  check("Conv2d", in_channels, out_channels, o.groups);
  check_kernel("Conv2d", std::min(kernel.height, kernel.width));
  const std::int64_t fan_in = in_channels / o.groups * kernel.height * kernel.width;
  weight = parameter({out_channels, in_channels / o.groups, kernel.height, kernel.width}, fan_in, "weight");
  if (o.bias) bias = parameter({out_channels}, fan_in, "bias");
}

Tensor Conv2d::operator()(const Tensor& x) const { return conv2d(x, weight, bias, *options); }

Conv1d::Conv1d(std::int64_t in_channels, std::int64_t out_channels, std::int64_t kernel, ConvolutionOptions o)
    : options{{o.stride.width, o.padding.width, o.dilation.width, o.groups}} {
  check("Conv1d", in_channels, out_channels, o.groups);
  check_kernel("Conv1d", kernel);
  weight =
      parameter({out_channels, in_channels / o.groups, kernel}, in_channels / o.groups * kernel, "weight");
  if (o.bias) bias = parameter({out_channels}, in_channels / o.groups * kernel, "bias");
}

Tensor Conv1d::operator()(const Tensor& x) const { return conv1d(x, weight, bias, *options); }

Tensor MaxPool2d::operator()(const Tensor& x) const { return max_pool2d(x, *kernel, *options); }
Tensor AvgPool2d::operator()(const Tensor& x) const { return avg_pool2d(x, *kernel, *options); }
Tensor MaxPool1d::operator()(const Tensor& x) const { return max_pool1d(x, kernel, *options); }
Tensor AvgPool1d::operator()(const Tensor& x) const { return avg_pool1d(x, kernel, *options); }

}  // namespace gradus::nn
