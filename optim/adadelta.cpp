#include <gradus/optim/adadelta.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/kernels/dispatch.h>
#include <gradus/tensor/kernels/optim.h>

namespace gradus::optim {

void check_options(const AdadeltaOptions& options) {
  check_at_least_zero("Adadelta", "lr", options.lr);
  check_at_least_zero("Adadelta", "rho", options.rho);
  if (options.rho > 1) throw Error("Adadelta", "rho is above 1; it must lie in [0, 1]");
  check_at_least_zero("Adadelta", "eps", options.eps);
  check_at_least_zero("Adadelta", "weight_decay", options.weight_decay);
}

Adadelta::Adadelta(std::span<const Tensor> parameters, const AdadeltaOptions& options)
    : OptimizerWith("Adadelta") {
  add_group(parameters, options);
}

Optimizer::StateNames Adadelta::state_names(std::size_t) const {
  return {"square_avg", "acc_delta", nullptr};
}

void Adadelta::update(std::size_t group, std::int64_t, bool, DType dtype, const OptimRun& run) const {
  const AdadeltaOptions& o = options(group);
  kernels<OptimKernels>().adadelta[static_cast<int>(dtype)](
      run, {o.maximize ? -1.0 : 1.0, o.lr, o.rho, o.eps, o.weight_decay});
}

}  // namespace gradus::optim
