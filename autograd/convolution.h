// Convolution and pooling, made of windows: `unfold` writes every window of an image as a column, so that a
// convolution is a product and a pooling a reduction (im2col). conv2d itself unfolds a few rows of windows at
// a time, never the whole batch.
#pragma once
#include <gradus/tensor/tensor_class.h>

#include <cstdint>

namespace gradus {

/// A number for each of two axes; one number stands for both.
struct Pair {
  std::int64_t height, width;
  constexpr Pair(std::int64_t both) : height(both), width(both) {}
  constexpr Pair(int both) : Pair(static_cast<std::int64_t>(both)) {}
  constexpr Pair(std::int64_t h, std::int64_t w) : height(h), width(w) {}
};

struct WindowOptions {
  Pair stride = 1;    // from one window to the next
  Pair padding = 0;   // zeros on each side
  Pair dilation = 1;  // from one element of a window to the next
};

/// x (B, C, H, W) -> (B, C kernel height kernel width, windows): each window as a column, windows in
/// row-major order.
Tensor unfold(const Tensor& x, Pair kernel, const WindowOptions& options = {});
/// The adjoint: columns back into an image (B, C, height, width); where windows overlap they are added.
Tensor fold(const Tensor& columns, Pair size, Pair kernel, const WindowOptions& options = {});

struct Conv2dOptions {
  Pair stride = 1;
  Pair padding = 0;
  Pair dilation = 1;
  std::int64_t groups = 1;  // channels fall into so many groups, each convolved on its own
};

/// x (B, C, H, W), weight (out, C / groups, kernel height, kernel width), bias (out) or undefined -> (B, out,
/// H', W') with H' = (H + 2 padding - dilation (kernel - 1) - 1) / stride + 1. As everywhere in deep learning
/// it is a correlation: the kernel is not turned. Throws where channels, groups and weight do not go together
/// or the kernel is larger than the padded image.
Tensor conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias = {},
              const Conv2dOptions& options = {});

struct Conv1dOptions {
  std::int64_t stride = 1, padding = 0, dilation = 1, groups = 1;
};
/// x (B, C, L), weight (out, C / groups, kernel), bias (out) or undefined -> (B, out, L').
Tensor conv1d(const Tensor& x, const Tensor& weight, const Tensor& bias = {},
              const Conv1dOptions& options = {});

struct PoolOptions {
  Pair stride = 0;  // 0: the kernel, so that windows do not overlap
  Pair padding = 0;
  bool count_include_pad = true;  // of avg_pool: the padding counts as zeros
};

/// The largest element, or the mean, of every window: (B, C, H, W) -> (B, C, H', W'). A window of max_pool2d
/// needs at least one element that is no padding: the padding is at most half of the kernel. Of equal
/// elements the first gets the gradient.
Tensor max_pool2d(const Tensor& x, Pair kernel, const PoolOptions& options = {});
Tensor avg_pool2d(const Tensor& x, Pair kernel, const PoolOptions& options = {});
/// The same over one axis, (B, C, L) -> (B, C, L'); of stride and padding the widths count.
Tensor max_pool1d(const Tensor& x, std::int64_t kernel, const PoolOptions& options = {});
Tensor avg_pool1d(const Tensor& x, std::int64_t kernel, const PoolOptions& options = {});
/// The mean of size.height by size.width parts of (almost) equal size: (B, C, H, W) -> (B, C, size.height,
/// size.width).
Tensor adaptive_avg_pool2d(const Tensor& x, Pair size);

namespace composed {
/// conv2d in plain operations: unfold and matmul.
Tensor conv2d(const Tensor& x, const Tensor& weight, const Tensor& bias = {},
              const Conv2dOptions& options = {});
}  // namespace composed

}  // namespace gradus
