// Checks of derivatives: what the backward pass computes against differences of the function itself.
#pragma once
#include <gradus/tensor/tensor_class.h>

#include <memory>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

namespace gradus {

/// Looks at something that maps tensors to one tensor: f(std::vector<Tensor>) -> Tensor. It must outlive the
/// call only.
class TensorFunction {
 public:
  template <class F,
            class = std::enable_if_t<std::is_invocable_r_v<Tensor, const F&, const std::vector<Tensor>&>>>
  TensorFunction(const F& f)
      : function_(std::addressof(f)),
        call_([](const void* function, const std::vector<Tensor>& inputs) -> Tensor {
          return (*static_cast<const F*>(function))(inputs);
        }) {}
  Tensor operator()(const std::vector<Tensor>& inputs) const { return call_(function_, inputs); }

 private:
  const void* function_;
  Tensor (*call_)(const void* function, const std::vector<Tensor>& inputs);
};

struct GradcheckOptions {
  double eps = 1e-6;   // how far an element is moved to each side
  double atol = 1e-5;  // allowed: |numeric - analytic| <= atol + rtol |numeric|
  double rtol = 1e-3;
  /// An output of at most so many elements is checked one by one: the full Jacobian. Of a larger one a fixed
  /// weighted sum with uneven weights is.
  std::int64_t full_jacobian = 64;
};

struct GradcheckResult {
  bool passed = false;
  std::int64_t derivatives = 0;  // how many were compared
  // The derivative that is off the most, measured against what is allowed for it.
  std::size_t input = 0;     // which of the inputs
  std::string input_name;    // its name(), or ""
  Shape input_position;      // which element of it
  std::int64_t output = -1;  // which element of the output in row-major order; -1: the weighted sum of all
  double numeric = 0, analytic = 0;
  double error = 0;  // |numeric - analytic|
  std::string text;  // all of this in a sentence
  explicit operator bool() const { return passed; }
};

/// Compares the gradients of f with central differences (f(x + eps) - f(x - eps)) / (2 eps), for every
/// element of every input that requires a gradient; the others are constants.
///
///   auto result = gradcheck([](const auto& x) { return softplus(x[0]) * x[1]; }, {a, b});
///   auto result = gradcheck([&](const auto&) { return loss(model(x)); }, parameters(model));
///
/// Inputs are float64 leaves, and so is what f computes: differences are sharp only in double. They are moved
/// in place and put back. f must give the same values each time. Throws where these do not hold; wrong
/// gradients do not throw, they are reported.
GradcheckResult gradcheck(const TensorFunction& f, const std::vector<Tensor>& inputs,
                          const GradcheckOptions& options = {});

/// The same for the second derivatives: checks the map from the inputs and the gradient that arrives at the
/// output to the gradients of the inputs, as grad(..., {.create_graph = true}) computes it.
GradcheckResult gradgradcheck(const TensorFunction& f, const std::vector<Tensor>& inputs,
                              const GradcheckOptions& options = {});

}  // namespace gradus
