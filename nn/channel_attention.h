// Attention over the channels and places of an image, and over branches of a network.
#pragma once
#include <gradus/nn/batch_norm.h>
#include <gradus/nn/convolution.h>
#include <gradus/nn/linear.h>

#include <vector>

namespace gradus::nn {

/// x (batch, channels, H, W) times a weight for each channel: sigmoid(W2 relu(W1 mean over H and W)) (Hu et
/// al. 2018).
struct SqueezeExcitation {
  Linear squeeze, excite;  // channels -> channels / reduction -> channels
  explicit SqueezeExcitation(std::int64_t channels, std::int64_t reduction = 16);
  Tensor operator()(const Tensor& x) const;
  Tensor weights(const Tensor& x) const;  // (batch, channels) in (0, 1)
  GRADUS_FIELDS(SqueezeExcitation, squeeze, excite)
};

/// The same with sigmoid(mlp(mean) + mlp(largest)), one network for both (Woo et al. 2018, section 3).
struct ChannelAttention {
  Linear squeeze, excite;
  explicit ChannelAttention(std::int64_t channels, std::int64_t reduction = 16);
  Tensor operator()(const Tensor& x) const;
  Tensor weights(const Tensor& x) const;  // (batch, channels) in (0, 1)
  GRADUS_FIELDS(ChannelAttention, squeeze, excite)
};

/// A weight for each place: sigmoid of a convolution over the mean and the largest of all channels (Woo et
/// al. 2018).
struct SpatialAttention {
  Conv2d conv;  // 2 -> 1
  explicit SpatialAttention(std::int64_t kernel = 7);
  Tensor operator()(const Tensor& x) const;
  Tensor weights(const Tensor& x) const;  // (batch, 1, H, W) in (0, 1)
  GRADUS_FIELDS(SpatialAttention, conv)
};

/// CBAM (Woo et al. 2018): channels first, then places.
struct ConvolutionalBlockAttention {
  ChannelAttention channel;
  SpatialAttention spatial;
  explicit ConvolutionalBlockAttention(std::int64_t channels, std::int64_t reduction = 16,
                                       std::int64_t kernel = 7)
      : channel(channels, reduction), spatial(kernel) {}
  Tensor operator()(const Tensor& x) const { return spatial(channel(x)); }
  /// What every element is multiplied by, in (0, 1): (batch, channels, H, W), a channel's weight times a
  /// place's.
  Tensor weights(const Tensor& x) const;
  GRADUS_FIELDS(ConvolutionalBlockAttention, channel, spatial)
};

/// Selective kernels (Li et al. 2019): convolutions of several sizes side by side, mixed by a softmax over
/// the BRANCHES, for each channel. That is a gate between branches; it says nothing about places, as spatial
/// attention does.
struct SelectiveKernel {
  std::vector<Conv2d> branches;
  std::vector<BatchNorm> norms;
  Linear squeeze;              // channels -> channels / reduction
  std::vector<Linear> select;  // of each branch, back to the channels
  SelectiveKernel(std::int64_t in_channels, std::int64_t channels,
                  const std::vector<std::int64_t>& kernels = {3, 5}, std::int64_t reduction = 16);
  /// x (batch, in_channels, H, W) -> (batch, channels, H, W).
  Tensor operator()(const Tensor& x) const;
  /// (batch, branches, channels); the sum over the branches is 1. Runs the branches, which while training
  /// moves the running statistics of their norms once more.
  Tensor weights(const Tensor& x) const;
  GRADUS_FIELDS(SelectiveKernel, branches, norms, squeeze, select)

 private:
  Tensor run_branches(const Tensor& x) const;
  Tensor weights_of(const Tensor& outputs) const;
};

}  // namespace gradus::nn
