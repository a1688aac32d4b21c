#include <gradus/optim/adam.h>
#include <gradus/tensor/kernels/dispatch.h>
#include <gradus/tensor/kernels/optim.h>

#include <cmath>

namespace gradus::optim {
namespace {

template <class Options>
void check(const char* name, const Options& options) {
  check_at_least_zero(name, "lr", options.lr);
  check_at_least_zero(name, "eps", options.eps);
  check_at_least_zero(name, "weight_decay", options.weight_decay);
  check_below_one(name, "beta1", options.beta1);
  check_below_one(name, "beta2", options.beta2);
}

template <class Options>
std::array<const char*, 3> moments(const Options& options) {
  return {"exp_avg", "exp_avg_sq", options.amsgrad ? "max_exp_avg_sq" : nullptr};
}

/// What Adam and AdamW share; the two kinds of weight decay are off.
template <class Options>
AdamCoefficients coefficients(const Options& o, std::int64_t steps) {
  const auto t = static_cast<double>(steps);
  return {.sign = o.maximize ? -1.0 : 1.0,
          .beta1 = o.beta1,
          .beta2 = o.beta2,
          .eps = o.eps,
          .weight_decay = 0,
          .shrink = 1,
          .step_size = o.lr / (1 - std::pow(o.beta1, t)),
          .root_correction = 1 / std::sqrt(1 - std::pow(o.beta2, t))};
}

}  // namespace

void check_options(const AdamOptions& options) { check("Adam", options); }
void check_options(const AdamWOptions& options) { check("AdamW", options); }

Adam::Adam(std::span<const Tensor> parameters, const AdamOptions& options) : OptimizerWith("Adam") {
  add_group(parameters, options);
}

Optimizer::StateNames Adam::state_names(std::size_t group) const { return moments(options(group)); }

void Adam::update(std::size_t group, std::int64_t steps, bool, DType dtype, const OptimRun& run) const {
  AdamCoefficients c = coefficients(options(group), steps);
  c.weight_decay = options(group).weight_decay;
  kernels<OptimKernels>().adam[static_cast<int>(dtype)](run, c);
}

AdamW::AdamW(std::span<const Tensor> parameters, const AdamWOptions& options) : OptimizerWith("AdamW") {
  add_group(parameters, options);
}

Optimizer::StateNames AdamW::state_names(std::size_t group) const { return moments(options(group)); }

void AdamW::update(std::size_t group, std::int64_t steps, bool, DType dtype, const OptimRun& run) const {
  AdamCoefficients c = coefficients(options(group), steps);
  c.shrink = 1 - options(group).lr * options(group).weight_decay;
  kernels<OptimKernels>().adam[static_cast<int>(dtype)](run, c);
}

}  // namespace gradus::optim
