// Adam (Kingma, Ba 2015) and AdamW (Loshchilov, Hutter 2019).
#pragma once
#include <gradus/optim/optimizer.h>

namespace gradus::optim {

struct AdamOptions {
  double lr = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = 0;  // added to the gradient
  bool amsgrad = false;     // divides by the largest second moment so far (Reddi, Kale, Kumar 2018)
  bool maximize = false;
};
struct AdamWOptions {
  double lr = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double eps = 1e-8;
  double weight_decay = 1e-2;  // shrinks the parameter by lr weight_decay
  bool amsgrad = false;
  bool maximize = false;
};
/// Throws for values out of range.
void check_options(const AdamOptions& options);
void check_options(const AdamWOptions& options);

/// g = gradient + weight_decay p;  m = beta1 m + (1 - beta1) g;  v = beta2 v + (1 - beta2) g^2;
/// p -= lr / (1 - beta1^t) m / (sqrt(v) / sqrt(1 - beta2^t) + eps), t counting the steps of the parameter.
class Adam final : public OptimizerWith<AdamOptions> {
 public:
  explicit Adam(std::span<const Tensor> parameters, const AdamOptions& options = {});

 private:
  StateNames state_names(std::size_t group) const override;
  void update(std::size_t group, std::int64_t steps, bool first, DType dtype,
              const OptimRun& run) const override;
};

/// p *= 1 - lr weight_decay, then Adam's step with the plain gradient.
class AdamW final : public OptimizerWith<AdamWOptions> {
 public:
  explicit AdamW(std::span<const Tensor> parameters, const AdamWOptions& options = {});

 private:
  StateNames state_names(std::size_t group) const override;
  void update(std::size_t group, std::int64_t steps, bool first, DType dtype,
              const OptimRun& run) const override;
};

}  // namespace gradus::optim
