#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/batch_norm.h>
#include <gradus/autograd/modes.h>
#include <gradus/autograd/pointwise.h>
#include <gradus/autograd/reduce.h>
#include <gradus/tensor/error.h>

#include <string>

namespace gradus {
namespace {

void check(const Tensor& x, std::initializer_list<const Tensor*> parameters) {
  if (!x.defined() || x.rank() < 2 || !is_floating(x.dtype())) {
    throw Error("batch_norm", "needs a floating input (batch, channels, ...), got " + describe(x));
  }
  for (const Tensor* parameter : parameters) {
    if (parameter->defined() &&
        (!(parameter->shape() == Shape{x.size(1)}) || parameter->dtype() != x.dtype())) {
      throw Error("batch_norm", "weight, bias and running statistics must be " +
                                    std::string(name_of(x.dtype())) + " " + to_string(Shape{x.size(1)}) +
                                    ", got " + describe(*parameter));
    }
  }
}

// running = (1 - momentum) running + momentum batch, for a batch's statistic (1, channels, 1, ...).
void move_towards(const Tensor& running, const Tensor& batch, double momentum, double correction) {
  if (!running.defined()) return;
  const no_grad scope;
  Tensor(running).mul_(1 - momentum).add_(batch.reshape(running.shape()), momentum * correction);
}

}  // namespace

Tensor batch_norm(const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& running_mean,
                  const Tensor& running_variance, bool training, double momentum, double eps) {
  check(x, {&weight, &bias, &running_mean, &running_variance});
  if (!training && (!running_mean.defined() || !running_variance.defined()))
    throw Error("batch_norm", "outside of training it needs running statistics");
  Shape others, broadcast;  // all axes but the channels; (channels, 1, ...)
  for (int axis = 0; axis < x.rank(); ++axis) {
    if (axis != 1) others.push_back(axis);
    if (axis >= 1) broadcast.push_back(axis == 1 ? x.size(1) : 1);
  }
  Tensor y = x;
  if (x.numel() > 0 && training) {
    const std::int64_t values = x.numel() / x.size(1);
    if (values == 1) {
      throw Error("batch_norm", "training needs more than one value in every channel, got " + describe(x));
    }
    const Tensor average = mean(x, others, true);  // (1, channels, 1, ...)
    const Tensor centered = x - average;
    const Tensor variance = mean(square(centered), others, true);
    move_towards(running_mean, average, momentum, 1);
    move_towards(running_variance, variance, momentum,
                 static_cast<double>(values) / static_cast<double>(values - 1));
    y = centered * rsqrt(variance + eps);
  } else if (x.numel() > 0) {
    y = (x - running_mean.reshape(broadcast)) * rsqrt(running_variance.reshape(broadcast) + eps);
  }
  if (weight.defined()) y = y * weight.reshape(broadcast);
  return bias.defined() ? y + bias.reshape(broadcast) : y;
}

}  // namespace gradus
