// Lesson 1: what automatic differentiation does, on one small expression of numbers.
//
//   f(a, b) = tanh(a b + sin(a))
//
// While f is computed, Gradus writes down every operation. The record is a graph: each operation points to
// those that made its inputs. The backward pass walks it from f to a and b and multiplies derivatives on the
// way (the chain rule). Here a is used twice, so its gradient is the sum over two ways.
#include <gradus/gradus.h>

#include <cstdio>
#include <string>
#include <vector>

using namespace gradus;

namespace {

/// A number of the expression, under the name and formula that a person would write.
struct Value {
  const char* name;
  const char* formula;
  Tensor tensor;
};

/// The values from the inputs to the result, which is the last one.
std::vector<Value> expression(const Tensor& a, const Tensor& b) {
  const Tensor product = a * b;
  const Tensor sine = sin(a);
  const Tensor total = product + sine;
  const Tensor f = tanh(total);
  return {{"a", "input", a},     {"b", "input", b},     {"p", "a * b", product},
          {"s", "sin(a)", sine}, {"t", "p + s", total}, {"f", "tanh(t)", f}};
}

/// The same function for plain numbers: nothing is recorded.
double f_of(double a, double b) {
  no_grad scope;
  return expression(tensor(a, DType::float64), tensor(b, DType::float64)).back().tensor.item();
}

std::string label(const Node& node, const std::vector<Value>& values) {
  for (const Value& value : values) {
    if (node_of(value.tensor) != &node) continue;
    char text[64];
    std::snprintf(text, sizeof text, "%s = %.4f  (%s)", value.name, value.tensor.item(), node.operation);
    return text;
  }
  return node.operation;
}

/// One line for a node, and below it, moved to the right, what it was computed from.
void draw(const Node& node, const std::vector<Value>& values, const std::string& indent = "  ") {
  for (std::uint32_t i = 0; i < node.input_count; ++i) {
    const Node* input = node.inputs[i].get();
    if (!input) continue;  // a constant: no gradient goes there
    const bool last = i + 1 == node.input_count;
    std::printf("%s%s%s\n", indent.c_str(), last ? "└─ " : "├─ ", label(*input, values).c_str());
    draw(*input, values, indent + (last ? "   " : "│  "));
  }
}

}  // namespace

int main() {
  // The forward pass. Only what depends on a tensor that requires a gradient is recorded.
  Tensor a = tensor(0.5, DType::float64).requires_grad_();
  Tensor b = tensor(-1.5, DType::float64).requires_grad_();
  const std::vector<Value> values = expression(a, b);
  const Tensor& f = values.back().tensor;

  std::printf("The graph of f = tanh(a b + sin(a)), from the result down to the inputs:\n\n");
  std::printf("  %s\n", label(*node_of(f), values).c_str());
  draw(*node_of(f), values);

  // The backward pass. Inputs keep their gradients by themselves; the values between are asked to. A pass
  // frees the graph as it goes; this one leaves it for the second derivative below.
  for (Value value : values) value.tensor.retain_grad();
  f.backward({}, {.retain_graph = true});

  std::printf("\nThe backward pass fills in the gradients, from the last line up:\n\n");
  std::printf("  value  formula     value      df/d(value)\n");
  for (const Value& value : values) {
    std::printf("  %-5s  %-8s  %9.6f    %9.6f\n", value.name, value.formula, value.tensor.item(),
                value.tensor.grad().item());
  }

  // The same by finite differences: move one input a little to both sides and see how f follows.
  const double x = a.item(), y = b.item(), h = 1e-5;
  const double by_a = (f_of(x + h, y) - f_of(x - h, y)) / (2 * h);
  const double by_b = (f_of(x, y + h) - f_of(x, y - h)) / (2 * h);
  std::printf("\nThe same by finite differences, (f(x + h) - f(x - h)) / 2h with h = %g:\n\n", h);
  std::printf("  df/da  %9.6f    differs by %.0e\n", by_a, by_a - a.grad().item());
  std::printf("  df/db  %9.6f    differs by %.0e\n", by_b, by_b - b.grad().item());

  // A gradient is a tensor like any other. With create_graph the backward pass is recorded too, so that its
  // result can be differentiated in turn.
  const Tensor slope = grad(f, a, {}, {.create_graph = true});
  const Tensor second = grad(slope, a);
  const double by_difference = (f_of(x + h, y) - 2 * f_of(x, y) + f_of(x - h, y)) / (h * h);
  std::printf("\nAnd once more, the derivative of the derivative:\n\n");
  std::printf("  d2f/da2  %.5f    by finite differences  %.5f\n", second.item(), by_difference);
}
