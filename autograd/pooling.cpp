#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/convolution.h>
#include <gradus/autograd/joining.h>
#include <gradus/autograd/rearrange.h>
#include <gradus/autograd/reduce.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/memory.h>

#include <limits>
#include <string>

namespace gradus {
namespace {

WindowOptions windows_of(const char* operation, const Tensor& x, Pair kernel, const PoolOptions& options) {
  if (x.rank() != 4 || !is_floating(x.dtype())) {
    throw Error(operation, "needs a floating image (batch, channels, height, width), got " + describe(x));
  }
  if (2 * options.padding.height > kernel.height || 2 * options.padding.width > kernel.width) {
    throw Error(operation, "the padding (" + std::to_string(options.padding.height) + ", " +
                               std::to_string(options.padding.width) +
                               ") must be at most half of the kernel (" + std::to_string(kernel.height) +
                               ", " + std::to_string(kernel.width) + ")");
  }
  const auto stride = [](std::int64_t given, std::int64_t size) { return given == 0 ? size : given; };
  return {.stride =
              Pair(stride(options.stride.height, kernel.height), stride(options.stride.width, kernel.width)),
          .padding = options.padding};
}

/// (B, C, H, W) -> (B, C, elements of a window, windows), and the shape (B, C, H', W') of the result.
struct Unfolded {
  Tensor columns;
  Shape result;
};
Unfolded unfolded(const Tensor& x, Pair kernel, const WindowOptions& options) {
  const auto number = [](std::int64_t size, std::int64_t k, std::int64_t stride, std::int64_t padding) {
    return (size + 2 * padding - k) / stride + 1;
  };
  const std::int64_t rows = number(x.size(2), kernel.height, options.stride.height, options.padding.height);
  const std::int64_t columns = number(x.size(3), kernel.width, options.stride.width, options.padding.width);
  return {unfold(x, kernel, options)
              .reshape({x.size(0), x.size(1), kernel.height * kernel.width, rows * columns}),
          Shape{x.size(0), x.size(1), rows, columns}};
}

/// Runs a pooling over two axes on one.
template <class Pool>
Tensor over_one_axis(const char* operation, Pool pool, const Tensor& x, std::int64_t kernel,
                     PoolOptions options) {
  if (x.rank() != 3) throw Error(operation, "needs (batch, channels, length), got " + describe(x));
  options.stride.height = 1;
  options.padding.height = 0;
  return pool(x.unsqueeze(2), Pair(1, kernel), options).squeeze(2);
}

}  // namespace

Tensor max_pool2d(const Tensor& x, Pair kernel, const PoolOptions& options) {
  WindowOptions windows = windows_of("max_pool2d", x, kernel, options);
  const std::int64_t h = windows.padding.height, w = windows.padding.width;
  // Padded here, because unfold pads with zeros, which may be the largest.
  const Tensor padded = h == 0 && w == 0 ? x : pad(x, {w, w, h, h}, -std::numeric_limits<double>::infinity());
  windows.padding = 0;
  const Unfolded parts = unfolded(padded, kernel, windows);
  return max(parts.columns, 2).values.reshape(parts.result);
}

Tensor avg_pool2d(const Tensor& x, Pair kernel, const PoolOptions& options) {
  const WindowOptions windows = windows_of("avg_pool2d", x, kernel, options);
  const Unfolded parts = unfolded(x, kernel, windows);
  const Tensor total = sum(parts.columns, {2}).reshape(parts.result);
  if (options.count_include_pad) return total / static_cast<double>(kernel.height * kernel.width);
  const Unfolded inside = unfolded(ones({1, 1, x.size(2), x.size(3)}, x.dtype()), kernel, windows);
  return total / sum(inside.columns, {2}).reshape({1, 1, parts.result[2], parts.result[3]});
}

Tensor max_pool1d(const Tensor& x, std::int64_t kernel, const PoolOptions& options) {
  return over_one_axis("max_pool1d", max_pool2d, x, kernel, options);
}

Tensor avg_pool1d(const Tensor& x, std::int64_t kernel, const PoolOptions& options) {
  return over_one_axis("avg_pool1d", avg_pool2d, x, kernel, options);
}

Tensor adaptive_avg_pool2d(const Tensor& x, Pair size) {
  if (x.rank() != 4 || size.height < 1 || size.width < 1) {
    throw Error("adaptive_avg_pool2d", "needs (batch, channels, height, width) and a positive size, got " +
                                           describe(x) + " and (" + std::to_string(size.height) + ", " +
                                           std::to_string(size.width) + ")");
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
