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
  if (x.rank() < 2 || !is_floating(x.dtype())) {
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

}  // namespace

Tensor batch_norm(const Tensor& x, const Tensor& weight, const Tensor& bias, const Tensor& running_mean,
                  const Tensor& running_variance, bool training, double momentum, double eps) {
  check(x, {&weight, &bias, &running_mean, &running_variance});
  Shape others, broadcast;  // all axes but the channels; (channels, 1, ...)
  for (int axis = 0; axis < x.rank(); ++axis) {
    if (axis != 1) others.push_back(axis);
    if (axis >= 1) broadcast.push_back(axis == 1 ? x.size(1) : 1);
  }
  Tensor centered, variance;  // the variance (1, channels, 1, ...)
  if (training) {
    const std::int64_t values = x.size(1) > 0 ? x.numel() / x.size(1) : 0;
    if (values < 2) {
      throw Error("batch_norm", "training needs more than one value in every channel, got " + describe(x));
    }
    const Tensor average = mean(x, others, true);
    centered = x - average;
    variance = mean(square(centered), others, true);
    const no_grad scope;
    const double unbiased = static_cast<double>(values) / static_cast<double>(values - 1);
    if (running_mean.defined())
      Tensor(running_mean).mul_(1 - momentum).add_(average.reshape({x.size(1)}), momentum);
    if (running_variance.defined())
      Tensor(running_variance).mul_(1 - momentum).add_(variance.reshape({x.size(1)}), momentum * unbiased);
  } else {
    if (!running_mean.defined() || !running_variance.defined())
      throw Error("batch_norm", "outside of training it needs running statistics");
    centered = x - running_mean.reshape(broadcast);
    variance = running_variance.reshape(broadcast);
  }
  Tensor y = centered * rsqrt(variance + eps);
  if (weight.defined()) y = y * weight.reshape(broadcast);
  return bias.defined() ? y + bias.reshape(broadcast) : y;
}

}  // namespace gradus
