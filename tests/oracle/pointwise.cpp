// Element by element: functions of one variable, activations, arithmetic, comparison, choice.
#include "operations.h"

#include <gradus/autograd/activation.h>
#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/pointwise.h>

#include <limits>

namespace oracle {
namespace {

using namespace gradus;

template <Tensor (*function)(const Tensor&)>
Tensors unary(const Arguments& a) {
  return {function(a.tensor("input"))};
}

template <class F>
Tensors one(F&& compute) {
  return {compute()};
}

/// The right operand of an operation: a tensor, a number, or the left one again.
template <class WithTensor, class WithScalar>
Tensors with_other(const Arguments& a, WithTensor&& with_tensor, WithScalar&& with_scalar) {
  if (a.is_tensor("other")) return {with_tensor(a.tensor("other"))};
  if (a.has("other")) return {with_scalar(a.scalar("other"))};
  if (a.has("scalar")) return {with_scalar(a.scalar("scalar"))};
  return {with_tensor(a.tensor("input"))};
}

/// "scalar - input": the number stands on the left.
bool scalar_left(const Arguments& a) { return a.has("scalar") && a.text("call", "").rfind("scalar", 0) == 0; }

Tensors run_add(const Arguments& a) {
  const Tensor& x = a.tensor("input");
  const Scalar alpha = a.scalar("alpha", 1);
  return with_other(
      a, [&](const Tensor& y) { return add(x, y, alpha); }, [&](Scalar y) { return add(x, y, alpha); });
}

Tensors run_sub(const Arguments& a) {
  const Tensor& x = a.tensor("input");
  if (scalar_left(a)) return {sub(a.scalar("scalar"), x)};
  const Scalar alpha = a.scalar("alpha", 1);
  return with_other(
      a, [&](const Tensor& y) { return sub(x, y, alpha); }, [&](Scalar y) { return sub(x, y, alpha); });
}

Tensors run_mul(const Arguments& a) {
  const Tensor& x = a.tensor("input");
  return with_other(
      a, [&](const Tensor& y) { return mul(x, y); }, [&](Scalar y) { return mul(x, y); });
}

Tensors run_div(const Arguments& a) {
  const Tensor& x = a.tensor("input");
  if (scalar_left(a)) return {div(a.scalar("scalar"), x)};
  return with_other(
      a, [&](const Tensor& y) { return div(x, y); }, [&](Scalar y) { return div(x, y); });
}

Tensors run_pow(const Arguments& a) {
  const Tensor* x = a.is_tensor("input") ? &a.tensor("input") : nullptr;
  if (!x) return {pow(a.scalar("input"), a.tensor("exponent"))};
  for (const char* base : {"base", "scalar", "self"}) {
    if (a.has(base)) return {pow(a.scalar(base), *x)};
  }
  return a.is_tensor("exponent") ? Tensors{pow(*x, a.tensor("exponent"))}
                                 : Tensors{pow(*x, a.scalar("exponent"))};
}

template <Tensor (*function)(const Tensor&, const Tensor&)>
Tensors binary(const Arguments& a) {
  return {function(a.tensor("input"), a.tensor("other"))};
}

template <Tensor (*with_tensor)(const Tensor&, const Tensor&), Tensor (*with_scalar)(const Tensor&, Scalar)>
Tensors compare(const Arguments& a) {
  const Tensor& x = a.tensor("input");
  return with_other(
      a, [&](const Tensor& y) { return with_tensor(x, y); }, [&](Scalar y) { return with_scalar(x, y); });
}

Tensors run_where(const Arguments& a) {
  const Tensor& condition = a.tensor("condition");
  if (!a.is_tensor("other")) return {where(condition, a.tensor("input"), a.scalar("other"))};
  if (!a.is_tensor("input")) return {where(condition, a.scalar("input"), a.tensor("other"))};
  return {where(condition, a.tensor("input"), a.tensor("other"))};
}

Tensors run_masked_fill(const Arguments& a) {
  const Tensor& x = a.tensor("input");
  if (a.is_tensor("value")) return {masked_fill(x, a.tensor("mask"), a.tensor("value"))};
  return {masked_fill(x, a.tensor("mask"), a.scalar("value"))};
}

Tensors run_clamp(const Arguments& a) {
  constexpr double infinity = std::numeric_limits<double>::infinity();
  return {clamp(a.tensor("input"), a.number("min", -infinity), a.number("max", infinity))};
}

}  // namespace

const OperationTable& pointwise_operations() {
  static const OperationTable table = {
      {"neg", {"input", unary<neg>}},
      {"abs", {"input", unary<abs>}},
      {"sign", {"input", unary<sign>}},
      {"square", {"input", unary<square>}},
      {"sqrt", {"input", unary<sqrt>}},
      {"rsqrt", {"input", unary<rsqrt>}},
      {"reciprocal", {"input", unary<reciprocal>}},
      {"exp", {"input", unary<exp>}},
      {"exp2", {"input", unary<exp2>}},
      {"expm1", {"input", unary<expm1>}},
      {"log", {"input", unary<log>}},
      {"log2", {"input", unary<log2>}},
      {"log10", {"input", unary<log10>}},
      {"log1p", {"input", unary<log1p>}},
      {"sin", {"input", unary<sin>}},
      {"cos", {"input", unary<cos>}},
      {"tan", {"input", unary<tan>}},
      {"asin", {"input", unary<asin>}},
      {"acos", {"input", unary<acos>}},
      {"atan", {"input", unary<atan>}},
      {"sinh", {"input", unary<sinh>}},
      {"cosh", {"input", unary<cosh>}},
      {"tanh", {"input", unary<tanh>}},
      {"erf", {"input", unary<erf>}},
      {"erfc", {"input", unary<erfc>}},
      {"floor", {"input", unary<floor>}},
      {"ceil", {"input", unary<ceil>}},
      {"round", {"input", unary<round>}},
      {"relu", {"input", unary<relu>}},
      {"sigmoid", {"input", unary<sigmoid>}},
      {"logsigmoid", {"input", unary<logsigmoid>}},
      {"silu", {"input", unary<silu>}},
      {"isnan", {"input", unary<isnan>}},
      {"isinf", {"input", unary<isinf>}},
      {"isfinite", {"input", unary<isfinite>}},
      {"logical_not", {"input", unary<logical_not>}},
      {"leaky_relu",
       {"input negative_slope",
        [](const Arguments& a) {
          return one([&] { return leaky_relu(a.tensor("input"), a.number("negative_slope", 0.01)); });
        }}},
      {"elu",
       {"input alpha",
        [](const Arguments& a) {
          return one([&] { return elu(a.tensor("input"), a.number("alpha", 1)); });
        }}},
      {"softplus",
       {"input beta threshold",
        [](const Arguments& a) {
          return one(
              [&] { return softplus(a.tensor("input"), a.number("beta", 1), a.number("threshold", 20)); });
        }}},
      {"gelu",
       {"input approximate",
        [](const Arguments& a) {
          return one([&] { return gelu(a.tensor("input"), a.text("approximate", "none")); });
        }}},
      {"clamp", {"input min max", run_clamp}},
      {"add", {"input other", run_add}},
      {"sub", {"input other", run_sub}},
      {"mul", {"input other", run_mul}},
      {"div", {"input other", run_div}},
      {"pow", {"input exponent", run_pow}},
      {"maximum", {"input other", binary<maximum>}},
      {"minimum", {"input other", binary<minimum>}},
      {"eq", {"input other", compare<eq, eq>}},
      {"ne", {"input other", compare<ne, ne>}},
      {"lt", {"input other", compare<lt, lt>}},
      {"le", {"input other", compare<le, le>}},
      {"gt", {"input other", compare<gt, gt>}},
      {"ge", {"input other", compare<ge, ge>}},
      {"logical_and", {"input other", binary<logical_and>}},
      {"logical_or", {"input other", binary<logical_or>}},
      {"logical_xor", {"input other", binary<logical_xor>}},
      {"where", {"condition input other", run_where}},
      {"masked_fill", {"input mask value", run_masked_fill}},
  };
  return table;
}

}  // namespace oracle
