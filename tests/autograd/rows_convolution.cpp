// Convolution, pooling and batch normalisation, each against plain loops over its definition.
#include "operations.h"

#include <gradus/autograd/batch_norm.h>
#include <gradus/autograd/convolution.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace table {
namespace {

using namespace gradus;
using Arrays = std::vector<Array>;

std::int64_t windows(std::int64_t size, std::int64_t kernel, std::int64_t stride, std::int64_t padding,
                     std::int64_t dilation) {
  return (size + 2 * padding - dilation * (kernel - 1) - 1) / stride + 1;
}

Reference conv2d_by_loops(const Conv2dOptions& o) {
  return [o](const Arrays& a) {
    const Shape &x = a[0].shape, &w = a[1].shape;
    const std::int64_t per_group = w[0] / o.groups;
    const Shape result{x[0], w[0], windows(x[2], w[2], o.stride.height, o.padding.height, o.dilation.height),
                       windows(x[3], w[3], o.stride.width, o.padding.width, o.dilation.width)};
    return build(result, [&](const Shape& p) {
      double total = a.size() > 2 ? a[2].at({p[1]}) : 0;
      for (std::int64_t c = 0; c < w[1]; ++c) {
        for (std::int64_t i = 0; i < w[2]; ++i) {
          for (std::int64_t j = 0; j < w[3]; ++j) {
            const std::int64_t h = p[2] * o.stride.height - o.padding.height + i * o.dilation.height;
            const std::int64_t v = p[3] * o.stride.width - o.padding.width + j * o.dilation.width;
            if (h < 0 || v < 0 || h >= x[2] || v >= x[3]) continue;
            total += a[0].at({p[0], p[1] / per_group * w[1] + c, h, v}) * a[1].at({p[1], c, i, j});
          }
        }
      }
      return total;
    });
  };
}

Row conv2d_row(const char* variant, std::vector<Input> inputs, const Conv2dOptions& o,
               std::vector<Shape> empty = {}) {
  return {
      .name = "conv2d",
      .variant = variant,
      .inputs = std::move(inputs),
      .run = [o](const Tensors& x) { return conv2d(x[0], x[1], x.size() > 2 ? x[2] : Tensor(), o); },
      .reference = conv2d_by_loops(o),
      .twin =
          [o](const Tensors& x) { return composed::conv2d(x[0], x[1], x.size() > 2 ? x[2] : Tensor(), o); },
      .empty = std::move(empty)};
}

/// A pooling over windows of kernel (kh, kw): the largest, or the mean.
Reference pool_by_loops(std::int64_t kh, std::int64_t kw, const PoolOptions& o, bool largest) {
  return [=](const Arrays& a) {
    const Shape& x = a[0].shape;
    const std::int64_t sh = o.stride.height ? o.stride.height : kh, sw = o.stride.width ? o.stride.width : kw;
    return build(
        {x[0], x[1], windows(x[2], kh, sh, o.padding.height, 1), windows(x[3], kw, sw, o.padding.width, 1)},
        [&](const Shape& p) {
          double best = -std::numeric_limits<double>::infinity(), total = 0, inside = 0;
          for (std::int64_t i = 0; i < kh; ++i) {
            for (std::int64_t j = 0; j < kw; ++j) {
              const std::int64_t h = p[2] * sh - o.padding.height + i, w = p[3] * sw - o.padding.width + j;
              if (h < 0 || w < 0 || h >= x[2] || w >= x[3]) continue;
              const double value = a[0].at({p[0], p[1], h, w});
              best = std::max(best, value);
              total += value;
              ++inside;
            }
          }
          return largest ? best : total / (o.count_include_pad ? static_cast<double>(kh * kw) : inside);
        });
  };
}

Array batch_norm_by_loops(const Arrays& a) {
  const Shape& x = a[0].shape;
  return build(x, [&](const Shape& p) {
    double mean = 0, variance = 0;
    const double n = static_cast<double>(x[0] * x[2]);
    for (std::int64_t b = 0; b < x[0]; ++b) {
      for (std::int64_t t = 0; t < x[2]; ++t) mean += a[0].at({b, p[1], t}) / n;
    }
    for (std::int64_t b = 0; b < x[0]; ++b) {
      for (std::int64_t t = 0; t < x[2]; ++t) variance += std::pow(a[0].at({b, p[1], t}) - mean, 2) / n;
    }
    return (a[0].at(p) - mean) / std::sqrt(variance + 1e-3) * a[1].at({p[1]}) + a[2].at({p[1]});
  });
}

}  // namespace

std::vector<Row> convolution_rows() {
  return {
      conv2d_row("plain", {{{2, 2, 4, 3}}, {{3, 2, 2, 2}}, {{3}}}, {}, {{0, 2, 4, 3}, {3, 2, 2, 2}, {3}}),
      conv2d_row("stride, padding, dilation, no bias", {{{1, 2, 5, 4}}, {{2, 2, 2, 3}}},
                 {.stride = Pair(2, 1), .padding = Pair(1, 2), .dilation = Pair(2, 1)}),
      conv2d_row("groups", {{{1, 4, 3, 3}}, {{2, 2, 2, 2}}, {{2}}}, {.padding = 1, .groups = 2}),
      conv2d_row("one channel to a group", {{{2, 3, 3, 4}}, {{6, 1, 2, 2}}, {{6}}},
                 {.stride = Pair(1, 3), .padding = Pair(0, 1), .groups = 3}),
      conv2d_row("windows of nothing but padding", {{{2, 1, 2, 1}}, {{2, 1, 1, 2}}, {{2}}},
                 {.stride = Pair(1, 4), .padding = Pair(2, 5), .dilation = Pair(1, 3)}),
      {.name = "conv1d",
       .inputs = {{{2, 2, 6}}, {{3, 2, 3}}, {{3}}},
       .run = [](const Tensors& x) { return conv1d(x[0], x[1], x[2], {.stride = 2, .padding = 1}); },
       .reference =
           [](const Arrays& a) {
             return build({2, 3, 3}, [&](const Shape& p) {
               double total = a[2].at({p[1]});
               for (std::int64_t c = 0; c < 2; ++c) {
                 for (std::int64_t k = 0; k < 3; ++k) {
                   const std::int64_t place = 2 * p[2] - 1 + k;
                   if (place >= 0 && place < 6) total += a[0].at({p[0], c, place}) * a[1].at({p[1], c, k});
                 }
               }
               return total;
             });
           },
       .empty = {{0, 2, 6}, {3, 2, 3}, {3}}},
      {.name = "unfold",
       .inputs = {{{2, 2, 3, 4}}},
       .run = [](const Tensors& x) { return unfold(x[0], 2, {.padding = Pair(0, 1)}); },
       .reference =
           [](const Arrays& a) {
             return build({2, 8, 10}, [&](const Shape& p) {
               const std::int64_t h = p[2] / 5 + p[1] % 4 / 2, w = p[2] % 5 + p[1] % 2 - 1;
               return w >= 0 && w < 4 ? a[0].at({p[0], p[1] / 4, h, w}) : 0.0;
             });
           },
       .empty = {{0, 2, 3, 4}}},
      {.name = "fold",
       .inputs = {{{2, 4, 4}}},
       .run = [](const Tensors& x) { return fold(x[0], 3, 2); },
       .reference =
           [](const Arrays& a) {
             return build({2, 1, 3, 3}, [&](const Shape& p) {
               double total = 0;
               for (std::int64_t i = 0; i < 2; ++i) {
                 for (std::int64_t j = 0; j < 2; ++j) {
                   const std::int64_t r = p[2] - i, c = p[3] - j;
                   if (r >= 0 && r < 2 && c >= 0 && c < 2) total += a[0].at({p[0], i * 2 + j, r * 2 + c});
                 }
               }
               return total;
             });
           }},
      {.name = "max_pool2d",
       .inputs = {{{2, 2, 4, 5}}},
       .run = [](const Tensors& x) { return max_pool2d(x[0], 2); },
       .reference = pool_by_loops(2, 2, {}, true),
       .empty = {{0, 2, 4, 5}}},
      {.name = "max_pool2d",
       .variant = "stride and padding",
       .inputs = {{{1, 2, 4, 4}}},
       .run =
           [](const Tensors& x) {
             return max_pool2d(x[0], Pair(3, 2), {.stride = Pair(1, 2), .padding = 1});
           },
       .reference = pool_by_loops(3, 2, {.stride = Pair(1, 2), .padding = 1}, true)},
      {.name = "avg_pool2d",
       .variant = "padding counts",
       .inputs = {{{1, 2, 4, 4}}},
       .run = [](const Tensors& x) { return avg_pool2d(x[0], 3, {.stride = 2, .padding = 1}); },
       .reference = pool_by_loops(3, 3, {.stride = 2, .padding = 1}, false),
       .empty = {{0, 2, 4, 4}}},
      {.name = "avg_pool2d",
       .variant = "padding does not count",
       .inputs = {{{1, 2, 4, 4}}},
       .run =
           [](const Tensors& x) {
             return avg_pool2d(x[0], 3, {.stride = 2, .padding = 1, .count_include_pad = false});
           },
       .reference = pool_by_loops(3, 3, {.stride = 2, .padding = 1, .count_include_pad = false}, false)},
      {.name = "max_pool1d",
       .inputs = {{{2, 2, 5}}},
       .run = [](const Tensors& x) { return max_pool1d(x[0], 2); },
       .reference =
           [](const Arrays& a) {
             return build({2, 2, 2}, [&](const Shape& p) {
               return std::max(a[0].at({p[0], p[1], 2 * p[2]}), a[0].at({p[0], p[1], 2 * p[2] + 1}));
             });
           }},
      {.name = "avg_pool1d",
       .inputs = {{{2, 2, 5}}},
       .run = [](const Tensors& x) { return avg_pool1d(x[0], 2); },
       .reference =
           [](const Arrays& a) {
             return build({2, 2, 2}, [&](const Shape& p) {
               return (a[0].at({p[0], p[1], 2 * p[2]}) + a[0].at({p[0], p[1], 2 * p[2] + 1})) / 2;
             });
           }},
      {.name = "adaptive_avg_pool2d",
       .inputs = {{{1, 2, 5, 4}}},
       .run = [](const Tensors& x) { return adaptive_avg_pool2d(x[0], Pair(2, 2)); },
       .reference =
           [](const Arrays& a) {  // rows 0 to 2 and 2 to 4: the parts of five rows overlap
             return build({1, 2, 2, 2}, [&](const Shape& p) {
               double total = 0;
               for (std::int64_t h = 2 * p[2]; h < 2 * p[2] + 3; ++h) {
                 for (std::int64_t w = 2 * p[3]; w < 2 * p[3] + 2; ++w)
                   total += a[0].at({p[0], p[1], h, w}) / 6;
               }
               return total;
             });
           },
       .empty = {{0, 2, 5, 4}}},
      {.name = "batch_norm",
       .variant = "training",
       .inputs = {{{3, 2, 4}}, {{2}}, {{2}}},
       .run = [](const Tensors& x) { return batch_norm(x[0], x[1], x[2], {}, {}, true, 0.1, 1e-3); },
       .reference = batch_norm_by_loops,
       .empty = {{0, 2, 4}, {2}, {2}}},
      {.name = "batch_norm",
       .variant = "running statistics",
       .inputs = {{{3, 2}}, {{2}}, {{2}}, {{2}}, {{2}, Domain::positive}},
       .run = [](const Tensors& x) { return batch_norm(x[0], x[1], x[2], x[3], x[4], false, 0.1, 1e-3); },
       .reference =
           [](const Arrays& a) {
             return build({3, 2}, [&](const Shape& p) {
               return (a[0].at(p) - a[3].at({p[1]})) / std::sqrt(a[4].at({p[1]}) + 1e-3) * a[1].at({p[1]}) +
                      a[2].at({p[1]});
             });
           },
       .empty = {{0, 2}, {2}, {2}, {2}, {2}}},
  };
}

}  // namespace table
