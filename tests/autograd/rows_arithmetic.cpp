#include "operations.h"

#include <gradus/autograd/arithmetic.h>

#include <cmath>

namespace table {
namespace {

using namespace gradus;

/// An operation of two tensors: of (2, 3, 4) with (3, 1).
Row binary(const char* name, Tensor (*function)(const Tensor&, const Tensor&),
           double (*reference)(double, double), Domain right = Domain::any, Domain left = Domain::any) {
  return {.name = name,
          .variant = "tensors",
          .inputs = {{{2, 3, 4}, left}, {{3, 1}, right}},
          .run = [=](const Tensors& x) { return function(x[0], x[1]); },
          .reference = each2(reference),
          .broadcasts = true,
          .empty = {{0, 3}, {1, 3}}};
}

/// With a number on one side.
Row scalar(const char* name, const char* variant, Run run, double (*reference)(double),
           Domain domain = Domain::any) {
  return {.name = name,
          .variant = variant,
          .inputs = {{{3, 4}, domain}},
          .run = std::move(run),
          .reference = each(reference),
          .empty = {{0, 3}}};
}

Row with_integers(Row row) {
  row.integers = true;
  return row;
}

/// Comparisons, on numbers of which some are equal.
Row comparison(const char* name, Tensor (*function)(const Tensor&, const Tensor&),
               double (*reference)(double, double)) {
  return {.name = name,
          .variant = "tensors",
          .inputs = {numbers({2, 3}, {1, 2, 3, 3, 2, 1}), numbers({3}, {2, 2, 2})},
          .run = [=](const Tensors& x) { return function(x[0], x[1]); },
          .reference = each2(reference),
          .differentiable = false};
}
Row comparison(const char* name, Tensor (*function)(const Tensor&, Scalar), double (*reference)(double)) {
  return {.name = name,
          .variant = "number",
          .inputs = {numbers({2, 3}, {1, 2, 3, 3, 2, 1})},
          .run = [=](const Tensors& x) { return function(x[0], 2); },
          .reference = each(reference),
          .differentiable = false};
}

Row logical(const char* name, Tensor (*function)(const Tensor&, const Tensor&),
            double (*reference)(double, double)) {
  return {.name = name,
          .inputs = {mask({4}, {0, 0, 1, 1}), mask({4}, {0, 1, 0, 1})},
          .run = [=](const Tensors& x) { return function(x[0], x[1]); },
          .reference = each2(reference),
          .differentiable = false};
}

/// Tests for numbers that are none: x / y of 1/0, 0/0, 0/1.
Row special(const char* name, Tensor (*function)(const Tensor&), double (*reference)(double, double)) {
  return {.name = name,
          .inputs = {numbers({3}, {1, 0, 0}), numbers({3}, {0, 0, 1})},
          .run = [=](const Tensors& x) { return function(div(x[0], x[1])); },
          .reference = each2(reference),
          .differentiable = false};
}

Reference chosen(double instead) {
  return [=](const std::vector<Array>& x) {
    const Shape shape = broadcast_shapes("reference", x[0].shape, x[1].shape);
    return build(shape,
                 [&](const Shape& p) { return x[1].broadcast_at(p) != 0 ? instead : x[0].broadcast_at(p); });
  };
}

}  // namespace

std::vector<Row> arithmetic_rows() {
  const Input half = mask({3, 1}, {1, 0, 1});
  const Reference where_reference = [](const std::vector<Array>& x) {
    return build({2, 3, 4}, [&](const Shape& p) {
      return x[0].broadcast_at(p) != 0 ? x[1].broadcast_at(p) : x[2].broadcast_at(p);
    });
  };
  return {
      with_integers(binary(
          "add", [](const Tensor& a, const Tensor& b) { return add(a, b, 3); },
          [](double a, double b) { return a + 3 * b; })),
      with_integers(binary(
          "sub", [](const Tensor& a, const Tensor& b) { return a - b; },
          [](double a, double b) { return a - b; })),
      with_integers(binary("mul", mul, [](double a, double b) { return a * b; })),
      binary(
          "div", div, [](double a, double b) { return a / b; }, Domain::positive),
      binary(
          "pow", pow, [](double a, double b) { return std::pow(a, b); }, Domain::any, Domain::positive),
      with_integers(binary("maximum", maximum, [](double a, double b) { return a > b ? a : b; })),
      with_integers(binary("minimum", minimum, [](double a, double b) { return a < b ? a : b; })),
      with_integers(scalar(
          "add", "number", [](const Tensors& x) { return add(x[0], 3, 2); }, [](double x) { return x + 6; })),
      with_integers(scalar(
          "sub", "number", [](const Tensors& x) { return x[0] - 3; }, [](double x) { return x - 3; })),
      with_integers(scalar(
          "sub", "number first", [](const Tensors& x) { return 3 - x[0]; }, [](double x) { return 3 - x; })),
      with_integers(scalar(
          "mul", "number", [](const Tensors& x) { return x[0] * -2; }, [](double x) { return x * -2; })),
      scalar(
          "div", "number", [](const Tensors& x) { return x[0] / 4; }, [](double x) { return x / 4; }),
      scalar(
          "div", "number first", [](const Tensors& x) { return 2.0 / x[0]; }, [](double x) { return 2 / x; },
          Domain::positive),
      scalar(
          "pow", "number", [](const Tensors& x) { return pow(x[0], 3.0); },
          [](double x) { return x * x * x; }),
      scalar(
          "pow", "fraction", [](const Tensors& x) { return pow(x[0], -1.5); },
          [](double x) { return std::pow(x, -1.5); }, Domain::positive),
      scalar(
          "pow", "number first", [](const Tensors& x) { return pow(2.0, x[0]); },
          [](double x) { return std::exp2(x); }),
      comparison("eq", eq, [](double a, double b) { return double(a == b); }),
      comparison("ne", ne, [](double a, double b) { return double(a != b); }),
      comparison("lt", lt, [](double a, double b) { return double(a < b); }),
      comparison("le", le, [](double a, double b) { return double(a <= b); }),
      comparison("gt", gt, [](double a, double b) { return double(a > b); }),
      comparison("ge", ge, [](double a, double b) { return double(a >= b); }),
      comparison("eq", eq, [](double a) { return double(a == 2); }),
      comparison("ne", ne, [](double a) { return double(a != 2); }),
      comparison("lt", lt, [](double a) { return double(a < 2); }),
      comparison("le", le, [](double a) { return double(a <= 2); }),
      comparison("gt", gt, [](double a) { return double(a > 2); }),
      comparison("ge", ge, [](double a) { return double(a >= 2); }),
      logical("logical_and", logical_and, [](double a, double b) { return double(a != 0 && b != 0); }),
      logical("logical_or", logical_or, [](double a, double b) { return double(a != 0 || b != 0); }),
      logical("logical_xor", logical_xor, [](double a, double b) { return double((a != 0) != (b != 0)); }),
      {.name = "logical_not",
       .inputs = {mask({2}, {0, 1})},
       .run = [](const Tensors& x) { return logical_not(x[0]); },
       .reference = each([](double a) { return double(a == 0); }),
       .differentiable = false},
      special("isnan", isnan, [](double a, double b) { return double(a == 0 && b == 0); }),
      special("isinf", isinf, [](double a, double b) { return double(a != 0 && b == 0); }),
      special("isfinite", isfinite, [](double, double b) { return double(b != 0); }),
      {.name = "where",
       .variant = "tensors",
       .inputs = {half, {{2, 3, 4}}, {{4}}},
       .run = [](const Tensors& x) { return where(x[0], x[1], x[2]); },
       .reference = where_reference,
       .broadcasts = true},
      {.name = "where",
       .variant = "number",
       .inputs = {{{2, 3, 4}}, half},
       .run = [](const Tensors& x) { return where(x[1], 0.5, x[0]); },
       .reference = chosen(0.5)},
      {.name = "where",
       .variant = "other number",
       .inputs = {{{2, 3, 4}}, half},
       .run = [](const Tensors& x) { return where(logical_not(x[1]), x[0], 0.5); },
       .reference = chosen(0.5)},
      {.name = "masked_fill",
       .variant = "number",
       .inputs = {{{2, 3, 4}}, half},
       .run = [](const Tensors& x) { return masked_fill(x[0], x[1], 0.25); },
       .reference = chosen(0.25)},
      {.name = "masked_fill",
       .variant = "tensor",
       .inputs = {{{2, 3}}, mask({3}, {1, 0, 1}), {{}}},
       .run = [](const Tensors& x) { return masked_fill(x[0], x[1], x[2]); },
       .reference =
           [](const std::vector<Array>& x) {
             return build({2, 3}, [&](const Shape& p) {
               return x[1].broadcast_at(p) != 0 ? x[2].values[0] : x[0].at(p);
             });
           }},
  };
}

}  // namespace table
