#include "operations.h"

#include <gradus/autograd/sorting.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

namespace table {
namespace {

using namespace gradus;
using Values = std::vector<double>;

double total(const Values& v) { return std::accumulate(v.begin(), v.end(), 0.0); }
double average(const Values& v) { return total(v) / static_cast<double>(v.size()); }
double product(const Values& v) { return std::accumulate(v.begin(), v.end(), 1.0, std::multiplies<>()); }
double largest(const Values& v) { return *std::max_element(v.begin(), v.end()); }
double smallest(const Values& v) { return *std::min_element(v.begin(), v.end()); }
double variance(const Values& v, double correction) {
  double squares = 0;
  for (const double x : v) squares += (x - average(v)) * (x - average(v));
  return squares / (static_cast<double>(v.size()) - correction);
}

/// An operation with axes and keepdim, three ways: all axes, one axis from the end, two axes kept.
void add_reduction(std::vector<Row>& rows, const char* name,
                   Tensor (*function)(const Tensor&, const Shape&, bool), double (*reference)(const Values&),
                   bool integers = false, bool empty = true) {
  rows.push_back({.name = name,
                  .variant = "all",
                  .inputs = {{{2, 3, 4}}},
                  .run = [=](const Tensors& x) { return function(x[0], {}, false); },
                  .reference = fold({}, false, reference),
                  .integers = integers,
                  .empty = empty ? std::vector<Shape>{{0, 3}} : std::vector<Shape>{}});
  rows.push_back({.name = name,
                  .variant = "axis -2",
                  .inputs = {{{2, 3, 4}}},
                  .run = [=](const Tensors& x) { return function(x[0], {-2}, false); },
                  .reference = fold({-2}, false, reference),
                  .integers = integers,
                  .empty = {{2, 3, 0}}});
  rows.push_back({.name = name,
                  .variant = "axes 0 and 2, keepdim",
                  .inputs = {{{2, 3, 4}}},
                  .run =
                      [=](const Tensors& x) {
                        return function(x[0], {2, 0}, true);
                      },
                  .reference = fold({0, 2}, true, reference),
                  .integers = integers,
                  .empty = {{2, 0, 4}}});
}

Row one(const char* name, const char* variant, Run run, Reference reference, bool differentiable = true) {
  return {.name = name,
          .variant = variant,
          .inputs = {{{2, 3, 4}}},
          .run = std::move(run),
          .reference = std::move(reference),
          .differentiable = differentiable};
}

double where_largest(const Values& v) {
  return static_cast<double>(std::max_element(v.begin(), v.end()) - v.begin());
}
double where_smallest(const Values& v) {
  return static_cast<double>(std::min_element(v.begin(), v.end()) - v.begin());
}

Reference truth(const Shape& axes, bool keepdim, bool every) {
  return fold(axes, keepdim, [=](const Values& v) {
    const auto holds = [](double x) { return x != 0; };
    return double(every ? std::all_of(v.begin(), v.end(), holds) : std::any_of(v.begin(), v.end(), holds));
  });
}

/// The numbers that put a line in order.
Values order_of(const Values& line, bool descending) {
  std::vector<std::size_t> order(line.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](std::size_t a, std::size_t b) {
    return descending ? line[a] > line[b] : line[a] < line[b];
  });
  return Values(order.begin(), order.end());
}
Values sorted(const Values& line, bool descending) {
  Values result;
  for (const double i : order_of(line, descending)) result.push_back(line[static_cast<std::size_t>(i)]);
  return result;
}

std::vector<Row> order_rows() {
  return {
      one(
          "sort", "values", [](const Tensors& x) { return sort(x[0], 1).values; },
          lines(1, [](const Values& v) { return sorted(v, false); })),
      one(
          "sort", "descending", [](const Tensors& x) { return sort(x[0], -1, true).values; },
          lines(2, [](const Values& v) { return sorted(v, true); })),
      one(
          "sort", "indices", [](const Tensors& x) { return sort(x[0]).indices; },
          lines(2, [](const Values& v) { return order_of(v, false); }), false),
      one(
          "argsort", "", [](const Tensors& x) { return argsort(x[0], 0, true); },
          lines(0, [](const Values& v) { return order_of(v, true); }), false),
      one(
          "topk", "values", [](const Tensors& x) { return topk(x[0], 2, 1).values; },
          lines(1,
                [](const Values& v) {
                  Values all = sorted(v, true);
                  all.resize(2);
                  return all;
                })),
      one(
          "topk", "smallest, indices", [](const Tensors& x) { return topk(x[0], 3, -1, false).indices; },
          lines(2,
                [](const Values& v) {
                  Values all = order_of(v, false);
                  all.resize(3);
                  return all;
                }),
          false),
      one(
          "cumsum", "axis 1", [](const Tensors& x) { return cumsum(x[0], 1); },
          lines(1,
                [](const Values& v) {
                  Values sums = v;
                  std::partial_sum(v.begin(), v.end(), sums.begin());
                  return sums;
                })),
  };
}

std::vector<Row> norm_rows() {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  std::vector<Row> rows;
  for (const double order : {1.0, 2.0, 3.0, 0.5, infinity, -infinity, 0.0}) {
    const auto reference = [order](const Values& v) {
      Values magnitudes;
      for (const double x : v) magnitudes.push_back(std::fabs(x));
      if (order == infinity) return largest(magnitudes);
      if (order == -infinity) return smallest(magnitudes);
      double sum = 0;
      for (const double x : magnitudes) sum += order == 0 ? double(x != 0) : std::pow(x, order);
      return order == 0 ? sum : std::pow(sum, 1 / order);
    };
    rows.push_back(one(
        "norm", "", [=](const Tensors& x) { return norm(x[0], order, {-1}, true); },
        fold({-1}, true, reference)));
    rows.back().variant = "order " + std::to_string(order);
  }
  return rows;
}

}  // namespace

std::vector<Row> reduction_rows() {
  std::vector<Row> rows;
  add_reduction(rows, "sum", sum, total, true);
  add_reduction(rows, "mean", mean, average);
  add_reduction(rows, "prod", prod, product, true);
  add_reduction(rows, "amax", amax, largest, true, false);
  add_reduction(rows, "amin", amin, smallest, true, false);
  add_reduction(rows, "logsumexp", logsumexp, [](const Values& v) {
    double sum = 0;
    for (const double x : v) sum += std::exp(x);
    return std::log(sum);
  });
  rows.push_back(one(
      "max", "all", [](const Tensors& x) { return max(x[0]); }, fold({}, false, largest)));
  rows.push_back(one(
      "min", "all", [](const Tensors& x) { return min(x[0]); }, fold({}, false, smallest)));
  rows.push_back(one(
      "max", "values", [](const Tensors& x) { return max(x[0], -2, true).values; },
      fold({1}, true, largest)));
  rows.push_back(one(
      "min", "values", [](const Tensors& x) { return min(x[0], 0).values; }, fold({0}, false, smallest)));
  rows.push_back(one(
      "max", "indices", [](const Tensors& x) { return max(x[0], 1).indices; },
      fold({1}, false, where_largest), false));
  rows.push_back(one(
      "min", "indices", [](const Tensors& x) { return min(x[0], 2).indices; },
      fold({2}, false, where_smallest), false));
  rows.push_back(one(
      "argmax", "all", [](const Tensors& x) { return argmax(x[0]); }, fold({}, false, where_largest), false));
  rows.push_back(one(
      "argmax", "axis", [](const Tensors& x) { return argmax(x[0], -1, true); },
      fold({2}, true, where_largest), false));
  rows.push_back(one(
      "argmin", "all", [](const Tensors& x) { return argmin(x[0]); }, fold({}, false, where_smallest),
      false));
  rows.push_back(one(
      "argmin", "axis", [](const Tensors& x) { return argmin(x[0], 1); }, fold({1}, false, where_smallest),
      false));
  for (const std::int64_t correction : {0, 1}) {
    const auto spread = [=](const Values& v) { return variance(v, static_cast<double>(correction)); };
    const auto deviation = [=](const Values& v) { return std::sqrt(spread(v)); };
    rows.push_back(one(
        "var", correction ? "unbiased, all" : "biased, all",
        [=](const Tensors& x) { return var(x[0], {}, correction); }, fold({}, false, spread)));
    rows.push_back(one(
        "var", correction ? "unbiased, axes" : "biased, axes",
        [=](const Tensors& x) {
          return var(x[0], {0, -1}, correction, true);
        },
        fold({0, 2}, true, spread)));
    rows.push_back(one(
        "std", correction ? "unbiased" : "biased",
        [=](const Tensors& x) { return gradus::std(x[0], {1}, correction); }, fold({1}, false, deviation)));
  }
  rows.push_back({.name = "any",
                  .inputs = {mask({2, 3}, {0, 0, 0, 0, 1, 0})},
                  .run = [](const Tensors& x) { return any(x[0], {-1}, true); },
                  .reference = truth({1}, true, false),
                  .differentiable = false});
  rows.push_back({.name = "all_of",
                  .inputs = {mask({2, 3}, {1, 1, 1, 0, 1, 1})},
                  .run = [](const Tensors& x) { return all_of(x[0], {1}); },
                  .reference = truth({1}, false, true),
                  .differentiable = false});
  rows.push_back(one(
      "sum_to", "",
      [](const Tensors& x) {
        return sum_to(x[0], {3, 1});
      },
      [](const std::vector<Array>& x) {
        Array y = fold({0, 2}, true, total)(x);
        y.shape = {3, 1};
        return y;
      }));
  for (auto more : {norm_rows, order_rows}) {
    for (Row& row : more()) rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace table
