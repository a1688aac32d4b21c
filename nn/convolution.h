// Convolutions and pooling as layers.
#pragma once
#include <gradus/autograd/convolution.h>
#include <gradus/nn/fields.h>

namespace gradus::nn {

struct ConvolutionOptions {
  Pair stride = 1;
  Pair padding = 0;
  Pair dilation = 1;
  std::int64_t groups = 1;
  bool bias = true;
};

/// (batch, in_channels, height, width) -> (batch, out_channels, height', width'), see conv2d. Weight and bias
/// start uniformly in +-1/sqrt(in_channels / groups * kernel elements).
struct Conv2d {
  Tensor weight;  // (out_channels, in_channels / groups, kernel height, kernel width)
  Tensor bias;    // (out_channels,); undefined without bias
  opaque<Conv2dOptions> options;

  Conv2d(std::int64_t in_channels, std::int64_t out_channels, Pair kernel, ConvolutionOptions options = {});
  Tensor operator()(const Tensor& x) const;
  GRADUS_FIELDS(Conv2d, weight, bias, options)
};

/// (batch, in_channels, length) -> (batch, out_channels, length'); of the options the widths count.
struct Conv1d {
  Tensor weight;  // (out_channels, in_channels / groups, kernel)
  Tensor bias;    // (out_channels,); undefined without bias
  opaque<Conv1dOptions> options;

  Conv1d(std::int64_t in_channels, std::int64_t out_channels, std::int64_t kernel,
         ConvolutionOptions options = {});
  Tensor operator()(const Tensor& x) const;
  GRADUS_FIELDS(Conv1d, weight, bias, options)
};

/// For Sequential; elsewhere call max_pool2d, avg_pool2d, max_pool1d and avg_pool1d.
struct MaxPool2d {
  opaque<Pair> kernel;
  opaque<PoolOptions> options;
  explicit MaxPool2d(Pair window, PoolOptions chosen = {}) : kernel{window}, options{chosen} {}
  Tensor operator()(const Tensor& x) const;
  GRADUS_FIELDS(MaxPool2d, kernel, options)
};
struct AvgPool2d {
  opaque<Pair> kernel;
  opaque<PoolOptions> options;
  explicit AvgPool2d(Pair window, PoolOptions chosen = {}) : kernel{window}, options{chosen} {}
  Tensor operator()(const Tensor& x) const;
  GRADUS_FIELDS(AvgPool2d, kernel, options)
};
struct MaxPool1d {
  std::int64_t kernel;
  opaque<PoolOptions> options;
  explicit MaxPool1d(std::int64_t window, PoolOptions chosen = {}) : kernel(window), options{chosen} {}
  Tensor operator()(const Tensor& x) const;
  GRADUS_FIELDS(MaxPool1d, kernel, options)
};
struct AvgPool1d {
  std::int64_t kernel;
  opaque<PoolOptions> options;
  explicit AvgPool1d(std::int64_t window, PoolOptions chosen = {}) : kernel(window), options{chosen} {}
  Tensor operator()(const Tensor& x) const;
  GRADUS_FIELDS(AvgPool1d, kernel, options)
};

}  // namespace gradus::nn
