#include <gradus/autograd/batch_norm.h>
#include <gradus/autograd/modes.h>
#include <gradus/nn/batch_norm.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>

#include <string>

namespace gradus::nn {

BatchNorm::BatchNorm(std::int64_t channels, BatchNormOptions options)
    : eps(options.eps), momentum(options.momentum) {
  if (channels < 1) throw Error("BatchNorm", "needs at least one channel, got " + std::to_string(channels));
  running_mean = zeros({channels});
  running_var = ones({channels});
  num_batches_tracked = zeros({}, DType::int64);
  if (!options.affine) return;
  weight = ones({channels}).requires_grad_().set_name("weight");
  bias = zeros({channels}).requires_grad_().set_name("bias");
}

Tensor BatchNorm::operator()(const Tensor& x) const {
  const bool training = is_training();
  Tensor y = batch_norm(x, weight, bias, running_mean, running_var, training, momentum, eps);
  if (training) Tensor(num_batches_tracked).add_(1);
  return y;
}

}  // namespace gradus::nn
