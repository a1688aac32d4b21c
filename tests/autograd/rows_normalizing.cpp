#include "operations.h"

#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/normalize.h>
#include <gradus/tensor/random.h>

#include <cmath>

namespace table {
namespace {

using namespace gradus;
using Values = std::vector<double>;

Values weights_of(const Values& v) {
  Values weights;
  double total = 0;
  for (const double x : v) total += std::exp(x);
  for (const double x : v) weights.push_back(std::exp(x) / total);
  return weights;
}

Reference softmax_along(int axis, bool logarithm) {
  return lines(axis, [=](const Values& v) {
    Values weights = weights_of(v);
    if (logarithm) {
      for (double& weight : weights) weight = std::log(weight);
    }
    return weights;
  });
}

/// Over the last axis of a matrix; a row that is masked throughout gives zeros.
Array masked_reference(const std::vector<Array>& x) {
  return build(x[0].shape, [&](const Shape& p) {
    double total = 0;
    for (std::int64_t j = 0; j < x[0].shape[1]; ++j) {
      if (x[1].at({p[0], j}) == 0) total += std::exp(x[0].at({p[0], j}));
    }
    return x[1].at(p) != 0 ? 0.0 : std::exp(x[0].at(p)) / total;
  });
}

/// (x - mean) / sqrt(variance + eps) * weight + bias over the last axis.
Array layer_norm_reference(const std::vector<Array>& x, double eps) {
  const std::int64_t n = x[0].shape.back();
  return build(x[0].shape, [&](const Shape& p) {
    Shape at = p;
    double mean = 0, variance = 0;
    for (at[at.rank() - 1] = 0; at.back() < n; ++at[at.rank() - 1]) mean += x[0].at(at) / double(n);
    for (at[at.rank() - 1] = 0; at.back() < n; ++at[at.rank() - 1])
      variance += std::pow(x[0].at(at) - mean, 2) / double(n);
    const double normal = (x[0].at(p) - mean) / std::sqrt(variance + eps);
    return x.size() == 3 ? normal * x[1].at({p.back()}) + x[2].at({p.back()}) : normal;
  });
}

}  // namespace

std::vector<Row> normalizing_rows() {
  return {
      {.name = "softmax",
       .variant = "axis 1",
       .inputs = {{{2, 3, 4}}},
       .run = [](const Tensors& x) { return softmax(x[0], 1); },
       .reference = softmax_along(1, false),
       .empty = {{0, 3}}},
      {.name = "softmax",
       .variant = "last axis",
       .inputs = {{{2, 3, 4}}},
       .run = [](const Tensors& x) { return softmax(x[0], -1); },
       .reference = softmax_along(2, false)},
      {.name = "log_softmax",
       .variant = "axis 0",
       .inputs = {{{2, 3, 4}}},
       .run = [](const Tensors& x) { return log_softmax(x[0], 0); },
       .reference = softmax_along(0, true)},
      {.name = "log_softmax",
       .variant = "last axis",
       .inputs = {{{2, 3, 4}}},
       .run = [](const Tensors& x) { return log_softmax(x[0], -1); },
       .reference = softmax_along(2, true),
       .empty = {{0, 3}}},
      {.name = "masked_softmax",
       .inputs = {{{3, 4}}, mask({3, 4}, {0, 0, 1, 0, 1, 1, 1, 1, 1, 0, 1, 1})},
       .run = [](const Tensors& x) { return masked_softmax(x[0], x[1]); },
       .reference = masked_reference},
      {.name = "layer_norm",
       .variant = "weight and bias",
       .inputs = {{{2, 3, 6}}, {{6}}, {{6}}},
       .run = [](const Tensors& x) { return layer_norm(x[0], {6}, x[1], x[2], 1e-3); },
       .reference = [](const std::vector<Array>& x) { return layer_norm_reference(x, 1e-3); },
       .twin = [](const Tensors& x) { return composed::layer_norm(x[0], {6}, x[1], x[2], 1e-3); },
       .empty = {{0, 6}, {6}, {6}}},
      {.name = "layer_norm",
       .variant = "neither",
       .inputs = {{{3, 6}}},
       .run = [](const Tensors& x) { return layer_norm(x[0], {6}); },
       .reference = [](const std::vector<Array>& x) { return layer_norm_reference(x, 1e-5); },
       .twin = [](const Tensors& x) { return composed::layer_norm(x[0], {6}, {}, {}, 1e-5); }},
      {.name = "rms_norm",
       .inputs = {{{2, 3, 6}}, {{6}}},
       .run = [](const Tensors& x) { return rms_norm(x[0], x[1], 1e-3); },
       .reference =
           [](const std::vector<Array>& x) {
             return build(x[0].shape, [&](const Shape& p) {
               double squares = 0;
               for (std::int64_t i = 0; i < 6; ++i) squares += std::pow(x[0].at({p[0], p[1], i}), 2) / 6;
               return x[0].at(p) / std::sqrt(squares + 1e-3) * x[1].at({p[2]});
             });
           },
       .empty = {{0, 6}, {6}}},
      // Without a random part dropout is plain arithmetic; with one, a mask of its own multiplied in is the
      // twin.
      {.name = "dropout",
       .variant = "none dropped",
       .inputs = {{{3, 4}}},
       .run = [](const Tensors& x) { return dropout(x[0], 0, true); },
       .reference = each([](double x) { return x; })},
      {.name = "dropout",
       .variant = "all dropped",
       .inputs = {{{3, 4}}},
       .run = [](const Tensors& x) { return dropout(x[0], 1, true); },
       .reference = each([](double) { return 0.0; })},
      {.name = "dropout",
       .variant = "not training",
       .inputs = {{{3, 4}}},
       .run = [](const Tensors& x) { return dropout(x[0], 0.5, false); },
       .reference = each([](double x) { return x; })},
      {.name = "dropout",
       .variant = "half, the same mask twice",
       .inputs = {{{3, 4}}},
       .run =
           [](const Tensors& x) {
             set_random_state({.seed = 7, .offset = 0});
             return dropout(x[0], 0.5, true);
           },
       .twin =
           [](const Tensors& x) {
             set_random_state({.seed = 7, .offset = 0});
             const Tensor scale = dropout(ones_like(x[0].detach()), 0.5, true);
             return x[0] * scale;
           }},
  };
}

}  // namespace table
