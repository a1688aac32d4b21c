#include <gradus/optim/sgd.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/kernels/dispatch.h>
#include <gradus/tensor/kernels/optim.h>

namespace gradus::optim {

void check_options(const SgdOptions& options) {
  check_at_least_zero("SGD", "lr", options.lr);
  check_at_least_zero("SGD", "momentum", options.momentum);
  check_at_least_zero("SGD", "weight_decay", options.weight_decay);
  if (options.nesterov && !(options.momentum > 0 && options.dampening == 0)) {
    throw Error("SGD", "nesterov needs a momentum above 0 and a dampening of 0");
  }
}

SGD::SGD(std::span<const Tensor> parameters, const SgdOptions& options) : OptimizerWith("SGD") {
  add_group(parameters, options);
}

Optimizer::StateNames SGD::state_names(std::size_t group) const {
  return {options(group).momentum > 0 ? "momentum_buffer" : nullptr, nullptr, nullptr};
}

void SGD::update(std::size_t group, std::int64_t, bool first, DType dtype, const OptimRun& run) const {
  const SgdOptions& o = options(group);
  const SgdCoefficients coefficients{o.maximize ? -1.0 : 1.0, o.lr, o.momentum, o.dampening, o.weight_decay,
                                     o.nesterov, first};
  kernels<OptimKernels>().sgd[static_cast<int>(dtype)](run, coefficients);
}

}  // namespace gradus::optim
