#include <gradus/optim/adagrad.h>
#include <gradus/tensor/kernels/dispatch.h>
#include <gradus/tensor/kernels/optim.h>

namespace gradus::optim {

void check_options(const AdagradOptions& options) {
  check_at_least_zero("Adagrad", "lr", options.lr);
  check_at_least_zero("Adagrad", "lr_decay", options.lr_decay);
  check_at_least_zero("Adagrad", "weight_decay", options.weight_decay);
  check_at_least_zero("Adagrad", "initial_accumulator_value", options.initial_accumulator_value);
  check_at_least_zero("Adagrad", "eps", options.eps);
}

Adagrad::Adagrad(std::span<const Tensor> parameters, const AdagradOptions& options)
    : OptimizerWith("Adagrad") {
  add_group(parameters, options);
}

Optimizer::StateNames Adagrad::state_names(std::size_t) const { return {"sum", nullptr, nullptr}; }

double Adagrad::initial_state(std::size_t group) const { return options(group).initial_accumulator_value; }

void Adagrad::update(std::size_t group, std::int64_t steps, bool, DType dtype, const OptimRun& run) const {
  const AdagradOptions& o = options(group);
  const double lr = o.lr / (1 + static_cast<double>(steps - 1) * o.lr_decay);
  kernels<OptimKernels>().adagrad[static_cast<int>(dtype)](
      run, {o.maximize ? -1.0 : 1.0, lr, o.eps, o.weight_decay});
}

}  // namespace gradus::optim
