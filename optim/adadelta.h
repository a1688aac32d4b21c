// Adadelta (Zeiler 2012).
#pragma once
#include <gradus/optim/optimizer.h>

namespace gradus::optim {

struct AdadeltaOptions {
  double lr = 1.0;
  double rho = 0.9;
  double eps = 1e-6;
  double weight_decay = 0;
  bool maximize = false;
};
/// Throws for values out of range.
void check_options(const AdadeltaOptions& options);

/// g = gradient + weight_decay p;  v = rho v + (1 - rho) g^2;  d = sqrt(u + eps) / sqrt(v + eps) g;
/// u = rho u + (1 - rho) d^2;  p -= lr d.
class Adadelta final : public OptimizerWith<AdadeltaOptions> {
 public:
  explicit Adadelta(std::span<const Tensor> parameters, const AdadeltaOptions& options = {});

 private:
  StateNames state_names(std::size_t group) const override;
  void update(std::size_t group, std::int64_t steps, bool first, DType dtype,
              const OptimRun& run) const override;
};

}  // namespace gradus::optim
