// Adagrad (Duchi, Hazan, Singer 2011).
#pragma once
#include <gradus/optim/optimizer.h>

namespace gradus::optim {

struct AdagradOptions {
  double lr = 1e-2;
  double lr_decay = 0;
  double weight_decay = 0;
  double initial_accumulator_value = 0;
  double eps = 1e-10;
  bool maximize = false;
};
/// Throws for values out of range.
void check_options(const AdagradOptions& options);

/// g = gradient + weight_decay p;  s = s + g^2;  p -= lr / (1 + (t - 1) lr_decay) g / (sqrt(s) + eps), t
/// counting the steps of the parameter.
class Adagrad final : public OptimizerWith<AdagradOptions> {
 public:
  explicit Adagrad(std::span<const Tensor> parameters, const AdagradOptions& options = {});

 private:
  StateNames state_names(std::size_t group) const override;
  double initial_state(std::size_t group) const override;
  void update(std::size_t group, std::int64_t steps, bool first, DType dtype,
              const OptimRun& run) const override;
};

}  // namespace gradus::optim
