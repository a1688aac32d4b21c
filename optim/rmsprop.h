// RMSprop (Hinton's lecture 6.5, 2012).
#pragma once
#include <gradus/optim/optimizer.h>

namespace gradus::optim {

struct RMSpropOptions {
  double lr = 1e-2;
  double alpha = 0.99;
  double eps = 1e-8;
  double weight_decay = 0;
  double momentum = 0;
  bool centered = false;  // divides by the estimated deviation instead of the root of the mean square
  bool maximize = false;
};
/// Throws for values out of range.
void check_options(const RMSpropOptions& options);

/// g = gradient + weight_decay p;  v = alpha v + (1 - alpha) g^2;  with centered u = alpha u + (1 - alpha) g
/// and w = v - u^2, else w = v;  b = momentum b + g / (sqrt(w) + eps);  p -= lr b.
class RMSprop final : public OptimizerWith<RMSpropOptions> {
 public:
  explicit RMSprop(std::span<const Tensor> parameters, const RMSpropOptions& options = {});

 private:
  StateNames state_names(std::size_t group) const override;
  void update(std::size_t group, std::int64_t steps, bool first, DType dtype,
              const OptimRun& run) const override;
};

}  // namespace gradus::optim
