#include <gradus/autograd/engine.h>
#include <gradus/autograd/gradcheck.h>
#include <gradus/autograd/joining.h>
#include <gradus/autograd/modes.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>

#include <cmath>
#include <cstdio>
#include <limits>

namespace gradus {
namespace {

/// Uneven numbers of both signs between 0.5 and 1.5: the multiples of the golden ratio, cut to their
/// fractions.
Tensor uneven_weights(const Shape& shape) {
  const Tensor weights = empty(shape, DType::float64);
  std::int64_t i = 0;
  for (double& weight : weights.span<double>()) {
    const double fraction = std::fmod(static_cast<double>(++i) * 0.6180339887498949, 1.0);
    weight = i % 3 == 0 ? -0.5 - fraction : 0.5 + fraction;
  }
  return weights;
}

/// The inputs that are differentiated; throws where one cannot be.
std::vector<std::size_t> check_inputs(const char* operation, const std::vector<Tensor>& inputs) {
  std::vector<std::size_t> chosen;
  for (std::size_t i = 0; i < inputs.size(); ++i) {
    if (!inputs[i].requires_grad()) continue;
    const std::string which = "input " + std::to_string(i) + ", " + describe(inputs[i]) + ", ";
    if (inputs[i].dtype() != DType::float64) {
      throw Error(operation,
                  which +
                      "is not float64: differences are too coarse for a check in any other dtype; use "
                      "to(DType::float64), or clone(model, DType::float64)");
    }
    if (!inputs[i].is_leaf())
      throw Error(operation, which + "was computed; give the leaf that it comes from");
    if (inputs[i].layout().overlaps_itself()) {
      throw Error(operation, which +
                                 "has elements that share memory, so that they cannot be moved one by one; "
                                 "use contiguous()");
    }
    chosen.push_back(i);
  }
  if (chosen.empty())
    throw Error(operation, "no input requires a gradient, so that there is nothing to check");
  return chosen;
}

Tensor call(const char* operation, const TensorFunction& f, const std::vector<Tensor>& inputs) {
  Tensor y = f(inputs);
  if (!y.defined()) throw Error(operation, "the function returned an undefined tensor");
  if (y.dtype() != DType::float64) {
    throw Error(operation,
                "the function returned " + describe(y) + "; it must compute in float64 throughout");
  }
  return y;
}

/// Where the element with that row-major number stands.
Shape position_of(std::int64_t number, const Shape& shape) {
  Shape position = shape;
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    position[axis] = number % shape[axis];
    number /= shape[axis];
  }
  return position;
}

double& element(const Tensor& tensor, const Shape& position) {
  std::int64_t offset = 0;
  for (int axis = 0; axis < tensor.rank(); ++axis) offset += position[axis] * tensor.strides()[axis];
  return tensor.data<double>()[offset];
}

/// The check, row by row: a row of the Jacobian is what one cotangent of the output gives.
class Check {
 public:
  Check(const char* operation, const TensorFunction& f, const std::vector<Tensor>& inputs,
        const GradcheckOptions& options)
      : operation_(operation),
        f_(f),
        inputs_(inputs),
        options_(options),
        chosen_(check_inputs(operation, inputs)) {}

  GradcheckResult run() {
    const enable_grad scope;
    const Tensor y = call(operation_, f_, inputs_);
    reference_ = y.to_vector<double>();
    if (call(operation_, f_, inputs_).to_vector<double>() != reference_ && !has_nan(reference_)) {
      throw Error(operation_,
                  "the function gives different values for the same inputs; is it random (dropout)?");
    }
    choose_cotangents(y);
    analytic_rows(y);
    result_.passed = true;
    for (std::size_t k = 0; k < chosen_.size(); ++k) compare_input(k);
    describe_result();
    return result_;
  }

 private:
  static bool has_nan(const std::vector<double>& values) {
    for (const double value : values) {
      if (std::isnan(value)) return true;
    }
    return false;
  }

  void choose_cotangents(const Tensor& y) {
    full_ = y.numel() <= options_.full_jacobian;
    if (!full_) {
      cotangents_ = {uneven_weights(y.shape())};
      return;
    }
    for (std::int64_t i = 0; i < y.numel(); ++i) {
      Tensor unit = zeros(y.shape(), DType::float64);
      unit.span<double>()[static_cast<std::size_t>(i)] = 1;
      cotangents_.push_back(std::move(unit));
    }
  }

  void analytic_rows(const Tensor& y) {
    std::vector<Tensor> leaves;
    for (const std::size_t i : chosen_) leaves.push_back(inputs_[i]);
    for (const Tensor& cotangent : cotangents_) {
      std::vector<Tensor> gradients(leaves.size());
      if (y.requires_grad()) {
        gradients = grad(std::span(&y, 1), leaves, std::span(&cotangent, 1), {.retain_graph = true});
      }
      std::vector<std::vector<double>> row;
      for (std::size_t k = 0; k < leaves.size(); ++k) {
        row.push_back(gradients[k].defined()
                          ? gradients[k].to_vector<double>()
                          : std::vector<double>(static_cast<std::size_t>(leaves[k].numel())));
      }
      analytic_.push_back(std::move(row));
    }
  }

  /// f with one element moved by `step`.
  std::vector<double> moved(const Tensor& input, const Shape& position, double step) {
    double& x = element(input, position);
    const double before = x;
    x = before + step;
    try {
      // Read before the element is put back: the result may be a view of the input.
      std::vector<double> values = call(operation_, f_, inputs_).to_vector<double>();
      x = before;
      if (values.size() != reference_.size()) {
        throw Error(operation_, "the shape of the function's result depends on the values of the inputs");
      }
      return values;
    } catch (...) {
      x = before;
      throw;
    }
  }

  void compare_input(std::size_t k) {
    const Tensor& input = inputs_[chosen_[k]];
    for (std::int64_t i = 0; i < input.numel(); ++i) {
      const Shape position = position_of(i, input.shape());
      const std::vector<double> above = moved(input, position, options_.eps);
      const std::vector<double> below = moved(input, position, -options_.eps);
      for (std::size_t row = 0; row < cotangents_.size(); ++row) {
        const std::span<const double> weights = cotangents_[row].span<double>();
        double numeric = 0;
        if (full_) {
          numeric = (above[row] - below[row]) / (2 * options_.eps);
        } else {
          for (std::size_t o = 0; o < above.size(); ++o) numeric += weights[o] * (above[o] - below[o]);
          numeric /= 2 * options_.eps;
        }
        compare(k, position, full_ ? static_cast<std::int64_t>(row) : -1, numeric,
                analytic_[row][k][static_cast<std::size_t>(i)]);
      }
    }
  }

  void compare(std::size_t k, const Shape& position, std::int64_t output, double numeric, double analytic) {
    const double error = std::abs(numeric - analytic);
    const double allowed = options_.atol + options_.rtol * std::abs(numeric);
    // A derivative that is not a number is worse than any other.
    const double excess = error == 0             ? 0
                          : std::isfinite(error) ? error / allowed
                                                 : std::numeric_limits<double>::infinity();
    ++result_.derivatives;
    if (!(excess <= 1)) result_.passed = false;
    if (excess <= worst_) return;
    worst_ = excess;
    result_.input = chosen_[k];
    result_.input_name = inputs_[chosen_[k]].name();
    result_.input_position = position;
    result_.output = output;
    result_.numeric = numeric;
    result_.analytic = analytic;
    result_.error = error;
  }

  void describe_result() {
    result_.text = std::string(operation_) + (result_.passed ? " passed, " : " failed, ") +
                   std::to_string(result_.derivatives) + " derivatives compared";
    if (result_.derivatives == 0) return;
    char numbers[160];
    std::snprintf(numbers, sizeof numbers, "numeric %.10g, analytic %.10g, difference %.3g, allowed %.3g",
                  result_.numeric, result_.analytic, result_.error,
                  options_.atol + options_.rtol * std::abs(result_.numeric));
    result_.text += "; the worst is that of " +
                    (result_.output < 0 ? std::string("the weighted sum of the output")
                                        : "output element " + std::to_string(result_.output)) +
                    " by input " + std::to_string(result_.input) +
                    (result_.input_name.empty() ? "" : " '" + result_.input_name + "'") + " at " +
                    to_string(result_.input_position) + ": " + numbers;
  }

  const char* operation_;
  const TensorFunction& f_;
  const std::vector<Tensor>& inputs_;
  const GradcheckOptions& options_;
  const std::vector<std::size_t> chosen_;
  std::vector<double> reference_;                           // the output
  bool full_ = false;                                       // cotangents are the unit vectors
  std::vector<Tensor> cotangents_;                          // of the output's shape, one per row
  std::vector<std::vector<std::vector<double>>> analytic_;  // by row, chosen input, element
  double worst_ = -1;
  GradcheckResult result_;
};

}  // namespace

GradcheckResult gradcheck(const TensorFunction& f, const std::vector<Tensor>& inputs,
                          const GradcheckOptions& options) {
  return Check("gradcheck", f, inputs, options).run();
}

GradcheckResult gradgradcheck(const TensorFunction& f, const std::vector<Tensor>& inputs,
                              const GradcheckOptions& options) {
  const std::vector<std::size_t> chosen = check_inputs("gradgradcheck", inputs);
  std::vector<Tensor> all_inputs = inputs;
  {
    const no_grad scope;
    all_inputs.push_back(uneven_weights(call("gradgradcheck", f, inputs).shape()));
  }
  all_inputs.back().requires_grad_().set_name("gradient of the output");

  const auto gradients = [&](const std::vector<Tensor>& x) {
    const std::vector<Tensor> arguments(x.begin(), x.end() - 1);
    const Tensor y = call("gradgradcheck", f, arguments);
    std::vector<Tensor> leaves, flat;
    for (const std::size_t i : chosen) leaves.push_back(arguments[i]);
    std::vector<Tensor> found(leaves.size());
    if (y.requires_grad()) {
      found = grad(std::span(&y, 1), leaves, std::span(&x.back(), 1), {.create_graph = true});
    }
    for (std::size_t k = 0; k < leaves.size(); ++k) {
      flat.push_back((found[k].defined() ? found[k] : zeros_like(leaves[k])).reshape({-1}));
    }
    return cat(flat, 0);
  };
  return Check("gradgradcheck", gradients, all_inputs, options).run();
}

}  // namespace gradus
