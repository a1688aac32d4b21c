#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/index_checks.h>
#include <gradus/autograd/node.h>
#include <gradus/autograd/pointwise.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/elementwise.h>
#include <gradus/tensor/error.h>

#include <cmath>
#include <limits>

namespace gradus {
namespace {

/// bool, integer, floating: a number widens a tensor only from one category to the next.
int category(DType dtype) { return dtype == DType::boolean ? 0 : dtype == DType::int64 ? 1 : 2; }

DType result_dtype(const Tensor& a, const Tensor& b) {
  if (a.dtype() == b.dtype()) return a.dtype();
  if (a.rank() == 0 && b.rank() > 0 && category(a.dtype()) <= category(b.dtype())) return b.dtype();
  if (b.rank() == 0 && a.rank() > 0 && category(b.dtype()) <= category(a.dtype())) return a.dtype();
  return promote(a.dtype(), b.dtype());
}

Shape result_shape(const char* operation, const Tensor& a, const Tensor& b) {
  return a.shape() == b.shape() ? a.shape() : broadcast_shapes(operation, a.shape(), b.shape());
}

Tensor binary(const char* operation, BinaryOp op, const Tensor& a, const Tensor& b, DType dtype, double alpha = 1) {
  Tensor y = empty(result_shape(operation, a, b), dtype);
  if (a.dtype() == dtype && b.dtype() == dtype) {
    run_binary(operation, op, a, b, y, alpha);
  } else {
    const no_grad scope;
    run_binary(operation, op, a.to(dtype), b.to(dtype), y, alpha);
  }
  return y;
}

Tensor binary(const char* operation, BinaryOp op, const Tensor& a, const Tensor& b, double alpha = 1) {
  check_defined(operation, {&a, &b});
  return binary(operation, op, a, b, result_dtype(a, b), alpha);
}

/// The number as a tensor of shape () in the dtype that it has beside `other`.
Tensor operand(Scalar value, const Tensor& other) {
  check_defined("scalar", {&other});
  const bool widens = !value.integral() && !is_floating(other.dtype());
  const bool from_bool = value.integral() && other.dtype() == DType::boolean;
  return full({}, value, widens ? DType::float32 : from_bool ? DType::int64 : other.dtype());
}

}  // namespace

Tensor add(const Tensor& a, const Tensor& b, Scalar alpha) {
  check_defined("add", {&a, &b});
  const DType dtype = result_dtype(a, b);
  check_alpha("add", alpha, dtype);
  if (dtype == DType::boolean) return logical_or(a, b);
  Tensor y = binary("add", BinaryOp::add, a, b, dtype, alpha.to_double());
  if (recording(a, b)) {
    record(y, "add", {&a, &b}, [alpha](Sink& sink, const Tensor& g) {
      sink.add(0, g);
      if (sink.needs(1)) sink.add(1, alpha.to_double() == 1 ? g : g * alpha);
    });
  }
  return y;
}

Tensor sub(const Tensor& a, const Tensor& b, Scalar alpha) {
  check_defined("sub", {&a, &b});
  const DType dtype = result_dtype(a, b);
  check_alpha("sub", alpha, dtype);
  Tensor y = binary("sub", BinaryOp::sub, a, b, dtype, alpha.to_double());
  if (recording(a, b)) {
    record(y, "sub", {&a, &b}, [alpha](Sink& sink, const Tensor& g) {
      sink.add(0, g);
      if (sink.needs(1)) sink.add(1, alpha.to_double() == 1 ? -g : g * -alpha.to_double());
    });
  }
  return y;
}

Tensor mul(const Tensor& a, const Tensor& b) {
  check_defined("mul", {&a, &b});
  if (a.dtype() == DType::boolean && b.dtype() == DType::boolean) return logical_and(a, b);
  Tensor y = binary("mul", BinaryOp::mul, a, b);
  if (recording(a, b)) {
    const bool keep_a = b.requires_grad(), keep_b = a.requires_grad();
    record(y, "mul", {&a, &b},
           [a = keep_a ? Saved(a) : Saved(), b = keep_b ? Saved(b) : Saved()](Sink& sink, const Tensor& g) {
             if (sink.needs(0)) sink.add(0, g * b.get(sink));
             if (sink.needs(1)) sink.add(1, g * a.get(sink));
           });
  }
  return y;
}

Tensor div(const Tensor& a, const Tensor& b) {
  check_defined("div", {&a, &b});
  const DType dtype = is_floating(result_dtype(a, b)) ? result_dtype(a, b) : DType::float32;
  Tensor y = binary("div", BinaryOp::div, a, b, dtype);
  if (recording(a, b)) {
    const SavedOutput quotient_for_b = b.requires_grad() ? SavedOutput(y) : SavedOutput();
    record(y, "div", {&a, &b}, [y = quotient_for_b, b = Saved(b)](Sink& sink, const Tensor& g) {
      const Tensor quotient = g / b.get(sink);
      sink.add(0, quotient);
      if (sink.needs(1)) sink.add(1, -(quotient * y.get(sink)));
    });
  }
  return y;
}

Tensor pow(const Tensor& a, const Tensor& b) {
  Tensor y = binary("pow", BinaryOp::pow, a, b);
  if (recording(a, b)) {
    const SavedOutput power_for_b = b.requires_grad() ? SavedOutput(y) : SavedOutput();
    record(y, "pow", {&a, &b}, [y = power_for_b, a = Saved(a), b = Saved(b)](Sink& sink, const Tensor& g) {
      const Tensor& base = a.get(sink);
      const Tensor& exponent = b.get(sink);
      if (sink.needs(0)) {
        // b a^(b-1), and 0 (not 0 times infinity) where b is 0.
        sink.add(0, masked_fill(g * exponent * pow(base, exponent - 1), eq(exponent, 0), 0));
      }
      if (sink.needs(1)) {
        const Tensor flat = logical_and(eq(base, 0), ge(exponent, 0));
        sink.add(1, masked_fill(g * y.get(sink) * log(base), flat, 0));
      }
    });
  }
  return y;
}

namespace {

/// The gradient goes to the operand that was chosen, and half each where both are equal.
Tensor extremum(const char* operation, BinaryOp op, const Tensor& a, const Tensor& b,
                Tensor (*chosen)(const Tensor&, const Tensor&)) {
  Tensor y = binary(operation, op, a, b);
  if (recording(a, b)) {
    record(y, operation, {&a, &b}, [chosen, a = Saved(a), b = Saved(b)](Sink& sink, const Tensor& g) {
      const Tensor &left = a.get(sink), &right = b.get(sink);
      const Tensor shared = where(eq(left, right), g * 0.5, zeros_like(g));
      if (sink.needs(0)) sink.add(0, where(chosen(left, right), g, shared));
      if (sink.needs(1)) sink.add(1, where(chosen(right, left), g, shared));
    });
  }
  return y;
}

}  // namespace

Tensor maximum(const Tensor& a, const Tensor& b) { return extremum("maximum", BinaryOp::maximum, a, b, gt); }
Tensor minimum(const Tensor& a, const Tensor& b) { return extremum("minimum", BinaryOp::minimum, a, b, lt); }

Tensor operator-(const Tensor& a) { return neg(a); }

Tensor add(const Tensor& a, Scalar b, Scalar alpha) { return add(a, operand(b, a), alpha); }
Tensor sub(const Tensor& a, Scalar b, Scalar alpha) { return sub(a, operand(b, a), alpha); }
Tensor sub(Scalar a, const Tensor& b) { return sub(operand(a, b), b); }
Tensor mul(const Tensor& a, Scalar b) { return mul(a, operand(b, a)); }
Tensor div(const Tensor& a, Scalar b) { return div(a, operand(b, a)); }
Tensor div(Scalar a, const Tensor& b) { return div(operand(a, b), b); }
Tensor pow(const Tensor& a, Scalar b) {
  if (b.to_double() == 2) return square(a);
  return pow(a, operand(b, a));
}
Tensor pow(Scalar a, const Tensor& b) { return pow(operand(a, b), b); }

// --- comparisons -------------------------------------------------------------------------------------------------------

namespace {

Tensor compare(const char* operation, CompareOp op, const Tensor& a, const Tensor& b) {
  check_defined(operation, {&a, &b});
  const DType dtype = result_dtype(a, b);
  Tensor y = empty(result_shape(operation, a, b), DType::boolean);
  const no_grad scope;
  run_compare(operation, op, a.to(dtype), b.to(dtype), y);
  return y;
}

Tensor logical(const char* operation, BinaryOp op, const Tensor& a, const Tensor& b) {
  check_defined(operation, {&a, &b});
  if (a.dtype() != DType::boolean || b.dtype() != DType::boolean) {
    throw Error(operation, "needs two bool tensors, got " + describe(a) + " and " + describe(b));
  }
  return binary(operation, op, a, b, DType::boolean);
}

}  // namespace

Tensor eq(const Tensor& a, const Tensor& b) { return compare("eq", CompareOp::eq, a, b); }
Tensor ne(const Tensor& a, const Tensor& b) { return compare("ne", CompareOp::ne, a, b); }
Tensor lt(const Tensor& a, const Tensor& b) { return compare("lt", CompareOp::lt, a, b); }
Tensor le(const Tensor& a, const Tensor& b) { return compare("le", CompareOp::le, a, b); }
Tensor gt(const Tensor& a, const Tensor& b) { return compare("gt", CompareOp::gt, a, b); }
Tensor ge(const Tensor& a, const Tensor& b) { return compare("ge", CompareOp::ge, a, b); }
Tensor eq(const Tensor& a, Scalar b) { return eq(a, operand(b, a)); }
Tensor ne(const Tensor& a, Scalar b) { return ne(a, operand(b, a)); }
Tensor lt(const Tensor& a, Scalar b) { return lt(a, operand(b, a)); }
Tensor le(const Tensor& a, Scalar b) { return le(a, operand(b, a)); }
Tensor gt(const Tensor& a, Scalar b) { return gt(a, operand(b, a)); }
Tensor ge(const Tensor& a, Scalar b) { return ge(a, operand(b, a)); }

Tensor logical_and(const Tensor& a, const Tensor& b) { return logical("logical_and", BinaryOp::logical_and, a, b); }
Tensor logical_or(const Tensor& a, const Tensor& b) { return logical("logical_or", BinaryOp::logical_or, a, b); }
Tensor logical_xor(const Tensor& a, const Tensor& b) { return logical("logical_xor", BinaryOp::logical_xor, a, b); }
Tensor logical_not(const Tensor& a) {
  check_defined("logical_not", {&a});
  Tensor y = empty_like(a);
  run_unary("logical_not", UnaryOp::logical_not, a, y);
  return y;
}

Tensor isnan(const Tensor& x) { return ne(x, x); }
Tensor isinf(const Tensor& x) {
  check_defined("isinf", {&x});
  if (!is_floating(x.dtype())) return zeros(x.shape(), DType::boolean);
  const double infinity = std::numeric_limits<double>::infinity();
  return logical_or(eq(x, infinity), eq(x, -infinity));
}
Tensor isfinite(const Tensor& x) { return logical_not(logical_or(isnan(x), isinf(x))); }

// --- choice --------------------------------------------------------------------------------------------------------------

Tensor where(const Tensor& condition, const Tensor& a, const Tensor& b) {
  check_defined("where", {&a, &b});
  if (!condition.defined() || condition.dtype() != DType::boolean) {
    throw Error("where", "the condition must be bool, got " + describe(condition));
  }
  const DType dtype = result_dtype(a, b);
  const Shape shape = broadcast_shapes("where", condition.shape(), result_shape("where", a, b));
  Tensor y = empty(shape, dtype);
  {
    const no_grad scope;
    run_where(condition, a.to(dtype), b.to(dtype), y);
  }
  if (recording(a, b)) {
    record(y, "where", {&a, &b}, [condition = Saved(condition)](Sink& sink, const Tensor& g) {
      const Tensor zero = zeros({}, g.dtype());
      if (sink.needs(0)) sink.add(0, where(condition.get(sink), g, zero));
      if (sink.needs(1)) sink.add(1, where(condition.get(sink), zero, g));
    });
  }
  return y;
}

Tensor where(const Tensor& condition, const Tensor& a, Scalar b) { return where(condition, a, operand(b, a)); }
Tensor where(const Tensor& condition, Scalar a, const Tensor& b) { return where(condition, operand(a, b), b); }

Tensor masked_fill(const Tensor& x, const Tensor& mask, const Tensor& value) {
  check_defined("masked_fill", {&x, &value});
  if (value.rank() != 0) {
    throw Error("masked_fill", "the value must be one number of shape (), got " + describe(value) + "; see where");
  }
  return where(mask, value.to(x.dtype()), x);
}
Tensor masked_fill(const Tensor& x, const Tensor& mask, Scalar value) {
  if (!x.defined()) throw Error("masked_fill", "got " + describe(x));
  return masked_fill(x, mask, full({}, value, x.dtype()));
}

}  // namespace gradus
