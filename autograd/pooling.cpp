#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/convolution.h>
#include <gradus/autograd/convolution_windows.h>
#include <gradus/autograd/joining.h>
#include <gradus/autograd/rearrange.h>
#include <gradus/autograd/reduce.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/memory.h>

#include <limits>

namespace gradus {
namespace {

/// The windows of a pooling over x (B, C, H, W).
Windows pooling_windows(const char* operation, const Tensor& x, Pair kernel, const PoolOptions& options) {
  check_image(operation, x);
  const auto stride = [](std::int64_t given, std::int64_t size) { return given == 0 ? size : given; };
  const Windows windows = windows_of(operation, Pair(x.size(2), x.size(3)), kernel,
                                     {.stride = Pair(stride(options.stride.height, kernel.height),
                                                     stride(options.stride.width, kernel.width)),
                                      .padding = options.padding});
  if (2 * options.padding.height > kernel.height || 2 * options.padding.width > kernel.width) {
    throw Error(operation, "the padding " + to_text(options.padding) +
                               " must be at most half of the kernel " + to_text(kernel));
  }
  return windows;
}

/// x (B, C, H, W) as (B, C, elements of a window, windows).
Tensor unfolded(const Tensor& x, const Windows& windows, const WindowOptions& options) {
  return unfold(x, windows.kernel, options).reshape({x.size(0), x.size(1), windows.area(), windows.count()});
}

/// (B, C, windows) as (B, C, H', W').
Tensor folded(const Tensor& values, const Windows& windows) {
  return values.reshape({values.size(0), values.size(1), windows.number.height, windows.number.width});
}

Tensor max_pool(const char* operation, const Tensor& x, Pair kernel, const PoolOptions& options) {
  const Windows windows = pooling_windows(operation, x, kernel, options);
  const std::int64_t h = options.padding.height, w = options.padding.width;
  // Padded here, because unfold pads with zeros, which may be the largest.
  const Tensor padded = h == 0 && w == 0 ? x : pad(x, {w, w, h, h}, -std::numeric_limits<double>::infinity());
  return folded(max(unfolded(padded, windows, {.stride = windows.options.stride}), 2).values, windows);
}

Tensor avg_pool(const char* operation, const Tensor& x, Pair kernel, const PoolOptions& options) {
  const Windows windows = pooling_windows(operation, x, kernel, options);
  const Tensor total = folded(sum(unfolded(x, windows, windows.options), {2}), windows);
  if (options.count_include_pad) return total / static_cast<double>(windows.area());
  const Tensor inside = unfolded(ones({1, 1, x.size(2), x.size(3)}, x.dtype()), windows, windows.options);
  return total / folded(sum(inside, {2}), windows);
}

/// Runs a pooling over two axes on one.
template <class Pool>
Tensor over_one_axis(const char* operation, Pool pool, const Tensor& x, std::int64_t kernel,
                     PoolOptions options) {
  if (!x.defined() || x.rank() != 3)
    throw Error(operation, "needs (batch, channels, length), got " + describe(x));
  options.stride.height = 1;
  options.padding.height = 0;
  return pool(operation, x.unsqueeze(2), Pair(1, kernel), options).squeeze(2);
}

}  // namespace

Tensor max_pool2d(const Tensor& x, Pair kernel, const PoolOptions& options) {
  return max_pool("max_pool2d", x, kernel, options);
}

Tensor avg_pool2d(const Tensor& x, Pair kernel, const PoolOptions& options) {
  return avg_pool("avg_pool2d", x, kernel, options);
}

Tensor max_pool1d(const Tensor& x, std::int64_t kernel, const PoolOptions& options) {
  return over_one_axis("max_pool1d", max_pool, x, kernel, options);
}

Tensor avg_pool1d(const Tensor& x, std::int64_t kernel, const PoolOptions& options) {
  return over_one_axis("avg_pool1d", avg_pool, x, kernel, options);
}

Tensor adaptive_avg_pool2d(const Tensor& x, Pair size) {
  check_image("adaptive_avg_pool2d", x);
  if (size.height < 1 || size.width < 1 || x.size(2) < 1 || x.size(3) < 1) {
    throw Error("adaptive_avg_pool2d", "needs an image with pixels and a positive size, got " + describe(x) +
                                           " and " + to_text(size));
  }
  CachedVector<Tensor> parts;  // (B, C), row by row
  for (std::int64_t r = 0; r < size.height; ++r) {
    const std::int64_t top = r * x.size(2) / size.height,
                       bottom = ((r + 1) * x.size(2) + size.height - 1) / size.height;
    for (std::int64_t c = 0; c < size.width; ++c) {
      const std::int64_t left = c * x.size(3) / size.width,
                         right = ((c + 1) * x.size(3) + size.width - 1) / size.width;
      parts.push_back(mean(x.slice(2, top, bottom).slice(3, left, right), {2, 3}));
    }
  }
  return stack(parts, 2).reshape({x.size(0), x.size(1), size.height, size.width});
}

}  // namespace gradus
