#include "operations.h"

#include <gradus/autograd/activation.h>
#include <gradus/autograd/pointwise.h>

#include <cmath>

namespace table {
namespace {

using namespace gradus;

/// A function of one variable on (3, 4).
Row unary(const char* name, Tensor (*function)(const Tensor&), double (*reference)(double),
          Domain domain = Domain::any) {
  return {.name = name,
          .inputs = {{{3, 4}, domain}},
          .run = [=](const Tensors& x) { return function(x[0]); },
          .reference = each(reference),
          .empty = {{0, 3}}};
}

Row with_integers(Row row) {
  row.integers = true;
  return row;
}

Row activation(const char* name, const char* variant, Run run, double (*reference)(double)) {
  return {.name = name,
          .variant = variant,
          .inputs = {{{3, 4}}},
          .run = std::move(run),
          .reference = each(reference),
          .empty = {{0, 3}}};
}

double logistic(double x) { return 1 / (1 + std::exp(-x)); }
double normal_distribution(double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }

}  // namespace

std::vector<Row> pointwise_rows() {
  std::vector<Row> rows = {
      with_integers(unary("neg", neg, [](double x) { return -x; })),
      with_integers(unary("abs", abs, [](double x) { return std::fabs(x); })),
      with_integers(unary("sign", sign, [](double x) { return x > 0   ? 1.0
                                                              : x < 0 ? -1.0
                                                                      : 0.0; })),
      with_integers(unary("square", square, [](double x) { return x * x; })),
      unary(
          "sqrt", sqrt, [](double x) { return std::sqrt(x); }, Domain::positive),
      unary(
          "rsqrt", rsqrt, [](double x) { return 1 / std::sqrt(x); }, Domain::positive),
      unary(
          "reciprocal", reciprocal, [](double x) { return 1 / x; }, Domain::positive),
      unary("exp", exp, [](double x) { return std::exp(x); }),
      unary("exp2", exp2, [](double x) { return std::exp2(x); }),
      unary("expm1", expm1, [](double x) { return std::expm1(x); }),
      unary(
          "log", log, [](double x) { return std::log(x); }, Domain::positive),
      unary(
          "log2", log2, [](double x) { return std::log2(x); }, Domain::positive),
      unary(
          "log10", log10, [](double x) { return std::log10(x); }, Domain::positive),
      unary(
          "log1p", log1p, [](double x) { return std::log1p(x); }, Domain::unit),
      unary("sin", sin, [](double x) { return std::sin(x); }),
      unary("cos", cos, [](double x) { return std::cos(x); }),
      unary(
          "tan", tan, [](double x) { return std::tan(x); }, Domain::unit),
      unary(
          "asin", asin, [](double x) { return std::asin(x); }, Domain::unit),
      unary(
          "acos", acos, [](double x) { return std::acos(x); }, Domain::unit),
      unary("atan", atan, [](double x) { return std::atan(x); }),
      unary("sinh", sinh, [](double x) { return std::sinh(x); }),
      unary("cosh", cosh, [](double x) { return std::cosh(x); }),
      unary("erf", erf, [](double x) { return std::erf(x); }),
      unary("erfc", erfc, [](double x) { return std::erfc(x); }),
      unary("floor", floor, [](double x) { return std::floor(x); }),
      unary("ceil", ceil, [](double x) { return std::ceil(x); }),
      unary("round", round, [](double x) { return std::nearbyint(x); }),
      with_integers(unary("relu", relu, [](double x) { return x > 0 ? x : 0.0; })),
      unary("sigmoid", sigmoid, logistic),
      unary("logsigmoid", logsigmoid, [](double x) { return -std::log1p(std::exp(-x)); }),
      unary("tanh", tanh, [](double x) { return std::tanh(x); }),
      unary("silu", silu, [](double x) { return x * logistic(x); }),
      activation(
          "leaky_relu", "slope 0.2", [](const Tensors& x) { return leaky_relu(x[0], 0.2); },
          [](double x) { return x > 0 ? x : 0.2 * x; }),
      activation(
          "elu", "alpha 0.7", [](const Tensors& x) { return elu(x[0], 0.7); },
          [](double x) { return x > 0 ? x : 0.7 * std::expm1(x); }),
      activation(
          "softplus", "beta 2, threshold 1.5", [](const Tensors& x) { return softplus(x[0], 2, 1.5); },
          [](double x) { return 2 * x > 1.5 ? x : std::log1p(std::exp(2 * x)) / 2; }),
      activation(
          "gelu", "none", [](const Tensors& x) { return gelu(x[0]); },
          [](double x) { return x * normal_distribution(x); }),
      activation(
          "gelu", "tanh", [](const Tensors& x) { return gelu(x[0], "tanh"); },
          [](double x) {
            return 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
          }),
      activation(
          "clamp", "both sides", [](const Tensors& x) { return clamp(x[0], -0.5, 0.75); },
          [](double x) { return std::fmin(std::fmax(x, -0.5), 0.75); }),
      activation(
          "clamp", "below only", [](const Tensors& x) { return clamp(x[0], 0.1); },
          [](double x) { return std::fmax(x, 0.1); }),
  };
  return rows;
}

}  // namespace table
