#include "operations.h"

#include <gradus/autograd/monotonic.h>
#include <gradus/autograd/sparsemax.h>

#include <algorithm>
#include <cmath>

namespace table {
namespace {

using namespace gradus;
using Values = std::vector<double>;

/// The weights max(v - tau, 0), with tau found by halving an interval: their sum falls as tau grows.
Values nearest_of_simplex(const Values& v) {
  if (v.empty()) return {};
  const auto weights = [&](double tau) {
    Values w;
    for (const double x : v) w.push_back(std::max(x - tau, 0.0));
    return w;
  };
  double high = *std::max_element(v.begin(), v.end()), low = high - 1;
  for (int i = 0; i < 100; ++i) {
    const double middle = (low + high) / 2;
    double total = 0;
    for (const double w : weights(middle)) total += w;
    (total > 1 ? low : high) = middle;
  }
  return weights(high);
}

/// The same among the elements of a row that are not masked.
Array masked_reference(const std::vector<Array>& x) {
  return build(x[0].shape, [&](const Shape& p) {
    Values kept;
    std::size_t own = 0;
    for (std::int64_t j = 0; j < x[0].shape[1]; ++j) {
      if (j == p[1]) own = kept.size();
      if (x[1].broadcast_at({p[0], j}) == 0) kept.push_back(x[0].at({p[0], j}));
    }
    return x[1].broadcast_at(p) != 0 ? 0.0 : nearest_of_simplex(kept)[own];
  });
}

/// Raffel's expectation as a sum over where the walk starts and over the keys it does not stop at.
Array monotonic_reference(const std::vector<Array>& x) {
  return build(x[0].shape, [&](const Shape& at) {
    const std::int64_t j = at.back();
    const auto element = [&](const Array& array, std::int64_t k) {
      Shape place = at;
      place[place.rank() - 1] = k;
      return array.at(place);
    };
    double total = 0;
    for (std::int64_t start = 0; start <= j; ++start) {
      double passed = 1;
      for (std::int64_t k = start; k < j; ++k) passed *= 1 - element(x[0], k);
      total += element(x[1], start) * passed;
    }
    return element(x[0], j) * total;
  });
}

}  // namespace

std::vector<Row> attention_rows() {
  return {
      {.name = "sparsemax",
       .variant = "last axis",
       .inputs = {{{2, 3, 5}}},
       .run = [](const Tensors& x) { return sparsemax(x[0], -1); },
       .reference = lines(2, nearest_of_simplex),
       .empty = {{0, 3}}},
      {.name = "sparsemax",
       .variant = "axis 1",
       .inputs = {{{2, 5, 3}, Domain::unit}},
       .run = [](const Tensors& x) { return sparsemax(x[0], 1); },
       .reference = lines(1, nearest_of_simplex),
       .empty = {{2, 0, 3}}},
      {.name = "masked_sparsemax",
       .inputs = {{{4, 4}, Domain::unit}, mask({4, 4}, {0, 0, 1, 0, 1, 1, 1, 1, 1, 0, 1, 1, 0, 0, 0, 0})},
       .run = [](const Tensors& x) { return masked_sparsemax(x[0], x[1]); },
       .reference = masked_reference},
      {.name = "masked_sparsemax",
       .variant = "one mask for all rows",
       .inputs = {{{3, 4}, Domain::probability}, mask({1, 4}, {0, 1, 0, 0})},
       .run = [](const Tensors& x) { return masked_sparsemax(x[0], x[1]); },
       .reference = masked_reference},
      {.name = "monotonic_weights",
       .inputs = {{{2, 3, 5}, Domain::probability}, {{2, 3, 5}}},
       .run = [](const Tensors& x) { return monotonic_weights(x[0], x[1]); },
       .reference = monotonic_reference,
       .twin = [](const Tensors& x) { return composed::monotonic_weights(x[0], x[1]); },
       .empty = {{2, 0}, {2, 0}}},
      {.name = "monotonic_weights",
       .variant = "one row",
       .inputs = {{{4}, Domain::probability}, {{4}, Domain::positive}},
       .run = [](const Tensors& x) { return monotonic_weights(x[0], x[1]); },
       .reference = monotonic_reference,
       .twin = [](const Tensors& x) { return composed::monotonic_weights(x[0], x[1]); }},
  };
}

}  // namespace table
