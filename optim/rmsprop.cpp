#include <gradus/optim/rmsprop.h>
#include <gradus/tensor/kernels/dispatch.h>
#include <gradus/tensor/kernels/optim.h>

namespace gradus::optim {

void check_options(const RMSpropOptions& options) {
  check_at_least_zero("RMSprop", "lr", options.lr);
  check_at_least_zero("RMSprop", "alpha", options.alpha);
  check_at_least_zero("RMSprop", "eps", options.eps);
  check_at_least_zero("RMSprop", "weight_decay", options.weight_decay);
  check_at_least_zero("RMSprop", "momentum", options.momentum);
}

RMSprop::RMSprop(std::span<const Tensor> parameters, const RMSpropOptions& options)
    : OptimizerWith("RMSprop") {
  add_group(parameters, options);
}

Optimizer::StateNames RMSprop::state_names(std::size_t group) const {
  return {"square_avg", options(group).momentum > 0 ? "momentum_buffer" : nullptr,
          options(group).centered ? "grad_avg" : nullptr};
}

void RMSprop::update(std::size_t group, std::int64_t, bool, DType dtype, const OptimRun& run) const {
  const RMSpropOptions& o = options(group);
  kernels<OptimKernels>().rmsprop[static_cast<int>(dtype)](
      run, {o.maximize ? -1.0 : 1.0, o.lr, o.alpha, o.eps, o.weight_decay, o.momentum});
}

}  // namespace gradus::optim
