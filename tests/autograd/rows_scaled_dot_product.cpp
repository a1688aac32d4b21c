// Attention as one operation: values by plain loops, the twin, every kind of mask.
#include "operations.h"

#include <gradus/autograd/normalize.h>
#include <gradus/autograd/scaled_dot_product.h>
#include <gradus/tensor/random.h>

#include <cmath>

namespace table {
namespace {

using namespace gradus;
using Arrays = std::vector<Array>;

/// What the loops below are told of a row: which inputs are mask and bias, and the options.
struct Setting {
  int mask = -1, bias = -1;
  bool causal = false;
  std::int64_t window = -1;
  std::int64_t first_query = 0;
  double scale = 0;
};

/// (B, H, Q, S) by the formula, element by element; masks and biases are (B, H, Q, S) here.
Array weights_by_loops(const Arrays& x, const Setting& s) {
  const Shape &q = x[0].shape, &k = x[1].shape;
  const std::int64_t heads_per_group = q[1] / k[1];
  const double scale = s.scale != 0 ? s.scale : 1 / std::sqrt(static_cast<double>(q[3]));
  const auto exponential = [&](std::int64_t b, std::int64_t h, std::int64_t i, std::int64_t j) {
    if (s.causal && j > s.first_query + i) return 0.0;
    if (s.window >= 0 && std::abs(j - s.first_query - i) > s.window) return 0.0;
    if (s.mask >= 0 && x[static_cast<std::size_t>(s.mask)].at({b, h, i, j}) != 0) return 0.0;
    double score = 0;
    for (std::int64_t d = 0; d < q[3]; ++d)
      score += x[0].at({b, h, i, d}) * x[1].at({b, h / heads_per_group, j, d});
    return std::exp(scale * score +
                    (s.bias >= 0 ? x[static_cast<std::size_t>(s.bias)].at({b, h, i, j}) : 0.0));
  };
  return build({q[0], q[1], q[2], k[2]}, [&](const Shape& p) {
    double total = 0;
    for (std::int64_t j = 0; j < k[2]; ++j) total += exponential(p[0], p[1], p[2], j);
    return total == 0 ? 0.0 : exponential(p[0], p[1], p[2], p[3]) / total;
  });
}

Reference weights_reference(const Setting& setting) {
  return [setting](const Arrays& x) { return weights_by_loops(x, setting); };
}

/// The values are input 2.
Reference attention_reference(const Setting& setting) {
  return [setting](const Arrays& x) {
    const Array weights = weights_by_loops(x, setting);
    const Shape &w = weights.shape, &v = x[2].shape;
    return build({w[0], w[1], w[2], v[3]}, [&](const Shape& p) {
      double total = 0;
      for (std::int64_t j = 0; j < w[3]; ++j)
        total += weights.at({p[0], p[1], p[2], j}) * x[2].at({p[0], p[1] / (w[1] / v[1]), j, p[3]});
      return total;
    });
  };
}

ScaledDotProductOptions options(const Tensors& x, const Setting& s) {
  ScaledDotProductOptions made{
      .causal = s.causal, .window = s.window, .first_query = s.first_query, .scale = s.scale};
  if (s.mask >= 0) made.mask = x[static_cast<std::size_t>(s.mask)];
  if (s.bias >= 0) made.bias = x[static_cast<std::size_t>(s.bias)];
  return made;
}

Row attention_row(const char* variant, std::vector<Input> inputs, const Setting& setting,
                  std::vector<Shape> empty = {}) {
  return {.name = "scaled_dot_product_attention",
          .variant = variant,
          .inputs = std::move(inputs),
          .run =
              [setting](const Tensors& x) {
                return scaled_dot_product_attention(x[0], x[1], x[2], options(x, setting));
              },
          .reference = attention_reference(setting),
          .twin =
              [setting](const Tensors& x) {
                return composed::scaled_dot_product_attention(x[0], x[1], x[2], options(x, setting));
              },
          .empty = std::move(empty)};
}

}  // namespace

std::vector<Row> scaled_dot_product_rows() {
  const std::vector<Input> plain = {{{2, 2, 3, 4}}, {{2, 2, 3, 4}}, {{2, 2, 3, 2}}};
  const auto with = [&plain](std::initializer_list<Input> more) {
    std::vector<Input> all = plain;
    all.insert(all.end(), more);
    return all;
  };
  // The second query of the first element sees nothing, in either head.
  const Input some = mask({2, 2, 3, 3}, {0, 1, 0, 1, 1, 1, 0, 0, 0, 0, 0, 1, 1, 1, 1, 0, 1, 0,
                                         1, 0, 0, 0, 0, 0, 0, 1, 1, 0, 0, 0, 1, 0, 1, 0, 0, 0});
  const Input bias{{2, 2, 3, 3}};
  const auto dropped = [](auto attention) {
    return [attention](const Tensors& x) {
      set_random_state({.seed = 7, .offset = 0});
      return attention(x[0], x[1], x[2], ScaledDotProductOptions{.causal = true, .dropout = 0.4});
    };
  };
  return {
      attention_row("plain", plain, {}, {{0, 2, 3, 4}, {0, 2, 5, 4}, {0, 2, 5, 2}}),
      attention_row("no keys", {{{1, 1, 2, 3}}, {{1, 1, 2, 3}}, {{1, 1, 2, 3}}}, {},
                    {{1, 1, 2, 3}, {1, 1, 0, 3}, {1, 1, 0, 3}}),
      attention_row("mask with a row that sees nothing", with({some}), {.mask = 3}),
      attention_row("mask and bias", with({some, bias}), {.mask = 3, .bias = 4}),
      attention_row("causal, own scale", plain, {.causal = true, .scale = 0.3}),
      attention_row("causal, after a step", {{{1, 2, 2, 4}}, {{1, 2, 5, 4}}, {{1, 2, 5, 3}}},
                    {.causal = true, .first_query = 2}),
      attention_row("window", {{{1, 2, 4, 3}}, {{1, 2, 6, 3}}, {{1, 2, 6, 2}}},
                    {.window = 1, .first_query = 1}),
      attention_row("window of itself alone", plain, {.window = 0}),
      attention_row("causal window, some queries behind all keys",
                    {{{1, 2, 4, 3}}, {{1, 2, 3, 3}}, {{1, 2, 3, 2}}},
                    {.causal = true, .window = 1, .first_query = 1}),
      attention_row("groups of heads", {{{2, 4, 2, 4}}, {{2, 2, 3, 4}}, {{2, 2, 3, 3}}}, {}),
      {.name = "scaled_dot_product_attention",
       .variant = "dropout, the same mask twice",
       .inputs = plain,
       .run = dropped([](auto&&... x) { return scaled_dot_product_attention(x...); }),
       .twin = dropped([](auto&&... x) { return composed::scaled_dot_product_attention(x...); })},
      {.name = "attention_weights",
       .variant = "mask and bias",
       .inputs = {{{2, 2, 3, 4}}, {{2, 2, 3, 4}}, some, bias},
       .run = [](const Tensors& x) { return attention_weights(x[0], x[1], {.mask = x[2], .bias = x[3]}); },
       .reference = weights_reference({.mask = 2, .bias = 3})},
      {.name = "attention_weights",
       .variant = "causal",
       .inputs = {{{1, 2, 3, 4}}, {{1, 2, 3, 4}}},
       .run = [](const Tensors& x) { return attention_weights(x[0], x[1], {.causal = true}); },
       .reference = weights_reference({.causal = true})},
  };
}

}  // namespace table
