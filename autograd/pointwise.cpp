#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/pointwise.h>
#include <gradus/autograd/unary.h>
#include <gradus/tensor/create.h>

#include <cmath>
#include <numbers>

namespace gradus {

Tensor neg(const Tensor& x) {
  Tensor y = unary("neg", UnaryOp::neg, x, Integers::kept);
  if (recording(x)) record(y, "neg", {&x}, [](Sink& sink, const Tensor& g) { sink.add(0, -g); });
  return y;
}

Tensor abs(const Tensor& x) {
  Tensor y = unary("abs", UnaryOp::abs, x, Integers::kept);
  if (recording(x)) {
    record(y, "abs", {&x}, [x = Saved(x)](Sink& sink, const Tensor& g) { sink.add(0, g * sign(x.get(sink))); });
  }
  return y;
}

Tensor sign(const Tensor& x) { return flat_unary("sign", UnaryOp::sign, x, Integers::kept); }

Tensor square(const Tensor& x) {
  Tensor y = unary("square", UnaryOp::square, x, Integers::kept);
  if (recording(x)) {
    record(y, "square", {&x}, [x = Saved(x)](Sink& sink, const Tensor& g) { sink.add(0, g * x.get(sink) * 2); });
  }
  return y;
}

Tensor sqrt(const Tensor& x) {
  Tensor y = unary("sqrt", UnaryOp::sqrt, x);
  if (recording(x)) {
    record(y, "sqrt", {&x}, [y = SavedOutput(y)](Sink& sink, const Tensor& g) { sink.add(0, g / (y.get(sink) * 2)); });
  }
  return y;
}

Tensor rsqrt(const Tensor& x) {
  Tensor y = unary("rsqrt", UnaryOp::rsqrt, x);
  if (recording(x)) {
    record(y, "rsqrt", {&x}, [y = SavedOutput(y)](Sink& sink, const Tensor& g) {
      const Tensor root = y.get(sink);
      sink.add(0, g * (square(root) * root * -0.5));
    });
  }
  return y;
}

Tensor reciprocal(const Tensor& x) {
  Tensor y = unary("reciprocal", UnaryOp::reciprocal, x);
  if (recording(x)) {
    record(y, "reciprocal", {&x},
           [y = SavedOutput(y)](Sink& sink, const Tensor& g) { sink.add(0, -(g * square(y.get(sink)))); });
  }
  return y;
}

Tensor exp(const Tensor& x) {
  Tensor y = unary("exp", UnaryOp::exp, x);
  if (recording(x)) {
    record(y, "exp", {&x}, [y = SavedOutput(y)](Sink& sink, const Tensor& g) { sink.add(0, g * y.get(sink)); });
  }
  return y;
}

Tensor exp2(const Tensor& x) {
  Tensor y = unary("exp2", UnaryOp::exp2, x);
  if (recording(x)) {
    record(y, "exp2", {&x},
           [y = SavedOutput(y)](Sink& sink, const Tensor& g) { sink.add(0, g * y.get(sink) * std::numbers::ln2); });
  }
  return y;
}

Tensor expm1(const Tensor& x) {
  Tensor y = unary("expm1", UnaryOp::expm1, x);
  if (recording(x)) {
    record(y, "expm1", {&x},
           [y = SavedOutput(y)](Sink& sink, const Tensor& g) { sink.add(0, g * (y.get(sink) + 1)); });
  }
  return y;
}

Tensor log(const Tensor& x) {
  Tensor y = unary("log", UnaryOp::log, x);
  if (recording(x)) {
    record(y, "log", {&x}, [x = Saved(x)](Sink& sink, const Tensor& g) { sink.add(0, g / x.get(sink)); });
  }
  return y;
}

Tensor log2(const Tensor& x) {
  Tensor y = unary("log2", UnaryOp::log2, x);
  if (recording(x)) {
    record(y, "log2", {&x},
           [x = Saved(x)](Sink& sink, const Tensor& g) { sink.add(0, g / (x.get(sink) * std::numbers::ln2)); });
  }
  return y;
}

Tensor log10(const Tensor& x) {
  Tensor y = unary("log10", UnaryOp::log10, x);
  if (recording(x)) {
    record(y, "log10", {&x},
           [x = Saved(x)](Sink& sink, const Tensor& g) { sink.add(0, g / (x.get(sink) * std::numbers::ln10)); });
  }
  return y;
}

Tensor log1p(const Tensor& x) {
  Tensor y = unary("log1p", UnaryOp::log1p, x);
  if (recording(x)) {
    record(y, "log1p", {&x}, [x = Saved(x)](Sink& sink, const Tensor& g) { sink.add(0, g / (x.get(sink) + 1)); });
  }
  return y;
}

Tensor sin(const Tensor& x) {
  Tensor y = unary("sin", UnaryOp::sin, x);
  if (recording(x)) {
    record(y, "sin", {&x}, [x = Saved(x)](Sink& sink, const Tensor& g) { sink.add(0, g * cos(x.get(sink))); });
  }
  return y;
}

Tensor cos(const Tensor& x) {
  Tensor y = unary("cos", UnaryOp::cos, x);
  if (recording(x)) {
    record(y, "cos", {&x}, [x = Saved(x)](Sink& sink, const Tensor& g) { sink.add(0, -(g * sin(x.get(sink)))); });
  }
  return y;
}

Tensor tan(const Tensor& x) {
  Tensor y = unary("tan", UnaryOp::tan, x);
  if (recording(x)) {
    record(y, "tan", {&x},
           [y = SavedOutput(y)](Sink& sink, const Tensor& g) { sink.add(0, g * (square(y.get(sink)) + 1)); });
  }
  return y;
}

Tensor asin(const Tensor& x) {
  Tensor y = unary("asin", UnaryOp::asin, x);
  if (recording(x)) {
    record(y, "asin", {&x},
           [x = Saved(x)](Sink& sink, const Tensor& g) { sink.add(0, g * rsqrt(1 - square(x.get(sink)))); });
  }
  return y;
}

Tensor acos(const Tensor& x) {
  Tensor y = unary("acos", UnaryOp::acos, x);
  if (recording(x)) {
    record(y, "acos", {&x},
           [x = Saved(x)](Sink& sink, const Tensor& g) { sink.add(0, -(g * rsqrt(1 - square(x.get(sink))))); });
  }
  return y;
}

Tensor atan(const Tensor& x) {
  Tensor y = unary("atan", UnaryOp::atan, x);
  if (recording(x)) {
    record(y, "atan", {&x},
           [x = Saved(x)](Sink& sink, const Tensor& g) { sink.add(0, g / (square(x.get(sink)) + 1)); });
  }
  return y;
}

Tensor sinh(const Tensor& x) {
  Tensor y = unary("sinh", UnaryOp::sinh, x);
  if (recording(x)) {
    record(y, "sinh", {&x}, [x = Saved(x)](Sink& sink, const Tensor& g) { sink.add(0, g * cosh(x.get(sink))); });
  }
  return y;
}

Tensor cosh(const Tensor& x) {
  Tensor y = unary("cosh", UnaryOp::cosh, x);
  if (recording(x)) {
    record(y, "cosh", {&x}, [x = Saved(x)](Sink& sink, const Tensor& g) { sink.add(0, g * sinh(x.get(sink))); });
  }
  return y;
}

Tensor erf(const Tensor& x) {
  Tensor y = unary("erf", UnaryOp::erf, x);
  if (recording(x)) {
    record(y, "erf", {&x}, [x = Saved(x)](Sink& sink, const Tensor& g) {
      sink.add(0, g * exp(-square(x.get(sink))) * (2 * std::numbers::inv_sqrtpi));
    });
  }
  return y;
}

Tensor erfc(const Tensor& x) {
  Tensor y = unary("erfc", UnaryOp::erfc, x);
  if (recording(x)) {
    record(y, "erfc", {&x}, [x = Saved(x)](Sink& sink, const Tensor& g) {
      sink.add(0, g * exp(-square(x.get(sink))) * (-2 * std::numbers::inv_sqrtpi));
    });
  }
  return y;
}

Tensor floor(const Tensor& x) { return flat_unary("floor", UnaryOp::floor, x); }
Tensor ceil(const Tensor& x) { return flat_unary("ceil", UnaryOp::ceil, x); }
Tensor round(const Tensor& x) { return flat_unary("round", UnaryOp::round, x); }

Tensor clamp(const Tensor& x, double low, double high) {
  const double bounds[] = {low, high};
  Tensor y = unary("clamp", UnaryOp::clamp, x, Integers::kept, bounds);
  if (recording(x)) {
    record(y, "clamp", {&x}, [x = Saved(x), low, high](Sink& sink, const Tensor& g) {
      const Tensor& input = x.get(sink);
      sink.add(0, where(logical_and(ge(input, low), le(input, high)), g, 0));
    });
  }
  return y;
}

}  // namespace gradus
