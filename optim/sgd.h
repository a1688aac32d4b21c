// Stochastic gradient descent.
#pragma once
#include <gradus/optim/optimizer.h>

namespace gradus::optim {

struct SgdOptions {
  double lr = 1e-3;
  double momentum = 0;
  double dampening = 0;
  double weight_decay = 0;
  bool nesterov = false;  // needs momentum and no dampening
  bool maximize = false;
};
/// Throws for values out of range.
void check_options(const SgdOptions& options);

/// g = gradient + weight_decay p;  b = momentum b + (1 - dampening) g, b = g in the first step;
/// p -= lr b, with nesterov p -= lr (g + momentum b) (Sutskever et al. 2013).
class SGD final : public OptimizerWith<SgdOptions> {
 public:
  explicit SGD(std::span<const Tensor> parameters, const SgdOptions& options = {});

 private:
  StateNames state_names(std::size_t group) const override;
  void update(std::size_t group, std::int64_t steps, bool first, DType dtype,
              const OptimRun& run) const override;
};

}  // namespace gradus::optim
