#include <gradus/autograd/activation.h>
#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/pointwise.h>
#include <gradus/autograd/unary.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>

#include <cmath>
#include <numbers>
#include <string>

namespace gradus {
namespace {

/// op(gradient, output) by one kernel: the backward pass of the activations that every model uses.
Tensor backward_kernel(BinaryOp op, const Tensor& gradient, const Tensor& output) {
  Tensor result = empty(output.shape(), output.dtype());
  run_binary("activation backward", op, gradient, output, result);
  return result;
}

}  // namespace

Tensor relu(const Tensor& x) {
  Tensor y = unary("relu", UnaryOp::relu, x, Integers::kept);
  if (recording(x)) {
    record(y, "relu", {&x}, [y = SavedOutput(y)](Sink& sink, const Tensor& g) {
      const Tensor output = y.get(sink);
      sink.add(0, sink.create_graph() ? where(gt(output, 0), g, 0)
                                      : backward_kernel(BinaryOp::relu_backward, g, output));
    });
  }
  return y;
}

Tensor sigmoid(const Tensor& x) {
  Tensor y = unary("sigmoid", UnaryOp::sigmoid, x);
  if (recording(x)) {
    record(y, "sigmoid", {&x}, [y = SavedOutput(y)](Sink& sink, const Tensor& g) {
      const Tensor output = y.get(sink);
      sink.add(0, sink.create_graph() ? g * output * (1 - output)
                                      : backward_kernel(BinaryOp::sigmoid_backward, g, output));
    });
  }
  return y;
}

Tensor logsigmoid(const Tensor& x) {
  Tensor y = unary("logsigmoid", UnaryOp::logsigmoid, x);
  if (recording(x)) {
    record(y, "logsigmoid", {&x},
           [x = Saved(x)](Sink& sink, const Tensor& g) { sink.add(0, g * sigmoid(-x.get(sink))); });
  }
  return y;
}

Tensor tanh(const Tensor& x) {
  Tensor y = unary("tanh", UnaryOp::tanh, x);
  if (recording(x)) {
    record(y, "tanh", {&x}, [y = SavedOutput(y)](Sink& sink, const Tensor& g) {
      const Tensor output = y.get(sink);
      sink.add(0, sink.create_graph() ? g * (1 - square(output))
                                      : backward_kernel(BinaryOp::tanh_backward, g, output));
    });
  }
  return y;
}

Tensor silu(const Tensor& x) {
  Tensor y = unary("silu", UnaryOp::silu, x);
  if (recording(x)) {
    record(y, "silu", {&x}, [x = Saved(x)](Sink& sink, const Tensor& g) {
      const Tensor gate = sigmoid(x.get(sink));
      sink.add(0, g * gate * (x.get(sink) * (1 - gate) + 1));
    });
  }
  return y;
}

Tensor leaky_relu(const Tensor& x, double negative_slope) {
  Tensor y = unary("leaky_relu", UnaryOp::leaky_relu, x, Integers::to_float32, &negative_slope);
  if (recording(x)) {
    record(y, "leaky_relu", {&x}, [x = Saved(x), negative_slope](Sink& sink, const Tensor& g) {
      sink.add(0, where(gt(x.get(sink), 0), g, g * negative_slope));
    });
  }
  return y;
}

Tensor elu(const Tensor& x, double alpha) {
  Tensor y = unary("elu", UnaryOp::elu, x, Integers::to_float32, &alpha);
  if (recording(x)) {
    record(y, "elu", {&x}, [x = Saved(x), alpha](Sink& sink, const Tensor& g) {
      const Tensor& input = x.get(sink);
      // Cut at 0, so that a large positive x gives no infinity on the side that is not taken.
      sink.add(0, where(gt(input, 0), g, g * exp(clamp(input, -HUGE_VAL, 0)) * alpha));
    });
  }
  return y;
}

Tensor softplus(const Tensor& x, double beta, double threshold) {
  const double parameters[] = {beta, threshold};
  Tensor y = unary("softplus", UnaryOp::softplus, x, Integers::to_float32, parameters);
  if (recording(x)) {
    record(y, "softplus", {&x}, [x = Saved(x), beta, threshold](Sink& sink, const Tensor& g) {
      const Tensor scaled = x.get(sink) * beta;
      sink.add(0, where(gt(scaled, threshold), g, g * sigmoid(scaled)));
    });
  }
  return y;
}

Tensor gelu(const Tensor& x, std::string_view approximate) {
  if (approximate != "none" && approximate != "tanh") {
    throw Error("gelu", "approximate must be 'none' or 'tanh', not '" + std::string(approximate) + "'");
  }
  const bool by_tanh = approximate == "tanh";
  Tensor y = unary("gelu", by_tanh ? UnaryOp::gelu_tanh : UnaryOp::gelu, x);
  if (!recording(x)) return y;
  if (by_tanh) {
    record(y, "gelu", {&x}, [x = Saved(x)](Sink& sink, const Tensor& g) {
      const Tensor& input = x.get(sink);
      constexpr double root = std::numbers::sqrt2 * std::numbers::inv_sqrtpi, cubic = 0.044715;
      const Tensor curve = tanh((input + square(input) * input * cubic) * root);
      const Tensor slope = (square(input) * (3 * cubic) + 1) * root;
      sink.add(0, g * ((curve + 1) * 0.5 + input * (1 - square(curve)) * slope * 0.5));
    });
  } else {
    record(y, "gelu", {&x}, [x = Saved(x)](Sink& sink, const Tensor& g) {
      const Tensor& input = x.get(sink);
      const Tensor below = (erf(input * (1 / std::numbers::sqrt2)) + 1) * 0.5;
      const Tensor density = exp(square(input) * -0.5) * (std::numbers::inv_sqrtpi / std::numbers::sqrt2);
      sink.add(0, g * (below + input * density));
    });
  }
  return y;
}

}  // namespace gradus
