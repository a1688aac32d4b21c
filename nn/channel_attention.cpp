#include <gradus/autograd/activation.h>
#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/joining.h>
#include <gradus/autograd/normalize.h>
#include <gradus/autograd/reduce.h>
#include <gradus/nn/channel_attention.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/memory.h>

#include <algorithm>
#include <string>

namespace gradus::nn {
namespace {

/// Features of a bottleneck.
std::int64_t reduced(const char* layer, std::int64_t channels, std::int64_t reduction) {
  if (channels < 1 || reduction < 1) {
    throw Error(layer, std::to_string(channels) + " channels reduced by " + std::to_string(reduction) +
                           ": both must be at least 1");
  }
  return std::max<std::int64_t>(channels / reduction, 1);
}

/// x (batch, channels or 1, H, W) times weights (batch, channels).
Tensor scaled(const Tensor& x, const Tensor& weights) { return x * weights.unsqueeze(2).unsqueeze(3); }

}  // namespace

SqueezeExcitation::SqueezeExcitation(std::int64_t channels, std::int64_t reduction)
    : squeeze(channels, reduced("SqueezeExcitation", channels, reduction)),
      excite(reduced("SqueezeExcitation", channels, reduction), channels) {}

Tensor SqueezeExcitation::weights(const Tensor& x) const {
  return sigmoid(excite(relu(squeeze(mean(x, {2, 3})))));
}
Tensor SqueezeExcitation::operator()(const Tensor& x) const { return scaled(x, weights(x)); }

ChannelAttention::ChannelAttention(std::int64_t channels, std::int64_t reduction)
    : squeeze(channels, reduced("ChannelAttention", channels, reduction)),
      excite(reduced("ChannelAttention", channels, reduction), channels) {}

Tensor ChannelAttention::weights(const Tensor& x) const {
  const auto network = [this](const Tensor& pooled) { return excite(relu(squeeze(pooled))); };
  return sigmoid(network(mean(x, {2, 3})) + network(amax(x, {2, 3})));
}
Tensor ChannelAttention::operator()(const Tensor& x) const { return scaled(x, weights(x)); }

SpatialAttention::SpatialAttention(std::int64_t kernel)
    : conv(2, 1, kernel, {.padding = kernel / 2, .bias = false}) {
  if (kernel % 2 == 0)
    throw Error("SpatialAttention",
                "the kernel must be odd, so that the image keeps its size, got " + std::to_string(kernel));
}

Tensor SpatialAttention::weights(const Tensor& x) const {
  return sigmoid(conv(cat({mean(x, {1}, true), amax(x, {1}, true)}, 1)));
}
Tensor SpatialAttention::operator()(const Tensor& x) const { return x * weights(x); }

Tensor ConvolutionalBlockAttention::weights(const Tensor& x) const {
  const Tensor channels = channel.weights(x);
  return scaled(spatial.weights(scaled(x, channels)), channels);
}

SelectiveKernel::SelectiveKernel(std::int64_t in_channels, std::int64_t channels,
                                 const std::vector<std::int64_t>& kernels, std::int64_t reduction)
    : squeeze(channels, reduced("SelectiveKernel", channels, reduction)) {
  if (kernels.empty()) throw Error("SelectiveKernel", "needs at least one kernel");
  for (const std::int64_t kernel : kernels) {
    if (kernel < 1 || kernel % 2 == 0)
      throw Error("SelectiveKernel",
                  "kernels must be odd, so that the image keeps its size, got " + std::to_string(kernel));
    branches.emplace_back(in_channels, channels, kernel,
                          ConvolutionOptions{.padding = kernel / 2, .bias = false});
    norms.emplace_back(channels);
    select.emplace_back(reduced("SelectiveKernel", channels, reduction), channels);
  }
}

/// (batch, branches, channels, H, W).
Tensor SelectiveKernel::run_branches(const Tensor& x) const {
  CachedVector<Tensor> outputs;
  for (std::size_t i = 0; i < branches.size(); ++i) outputs.push_back(relu(norms[i](branches[i](x))));
  return stack(outputs, 1);
}

Tensor SelectiveKernel::weights_of(const Tensor& outputs) const {
  const Tensor code = relu(squeeze(mean(sum(outputs, {1}), {2, 3})));  // (batch, reduced)
  CachedVector<Tensor> scores;                                         // (batch, channels)
  for (const Linear& branch : select) scores.push_back(branch(code));
  return softmax(stack(scores, 1), 1);
}

Tensor SelectiveKernel::weights(const Tensor& x) const { return weights_of(run_branches(x)); }

Tensor SelectiveKernel::operator()(const Tensor& x) const {
  const Tensor outputs = run_branches(x);
  return sum(outputs * weights_of(outputs).unsqueeze(3).unsqueeze(4), {1});
}

}  // namespace gradus::nn
