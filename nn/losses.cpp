#include <gradus/autograd/activation.h>
#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/pointwise.h>
#include <gradus/autograd/reduce.h>
#include <gradus/nn/losses.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>

namespace gradus {
namespace {

Tensor reduced(const Tensor& loss, Reduction reduction) {
  switch (reduction) {
    case Reduction::none: return loss;
    case Reduction::mean: return mean(loss);
    case Reduction::sum: return sum(loss);
  }
  return loss;
}

/// Both operands floating and of shapes that broadcast.
void check_pair(const char* operation, const Tensor& input, const Tensor& target) {
  if (!input.defined() || !target.defined() || !is_floating(input.dtype()) || !is_floating(target.dtype())) {
    throw Error(operation,
                "needs floating input and target, got " + describe(input) + " and " + describe(target));
  }
  broadcast_shapes(operation, input.shape(), target.shape());
}

}  // namespace

Tensor mse_loss(const Tensor& input, const Tensor& target, Reduction reduction) {
  check_pair("mse_loss", input, target);
  return reduced(square(input - target), reduction);
}

Tensor l1_loss(const Tensor& input, const Tensor& target, Reduction reduction) {
  check_pair("l1_loss", input, target);
  return reduced(abs(input - target), reduction);
}

Tensor smooth_l1_loss(const Tensor& input, const Tensor& target, double beta, Reduction reduction) {
  check_pair("smooth_l1_loss", input, target);
  if (!(beta >= 0)) throw Error("smooth_l1_loss", "beta must not be negative, got " + std::to_string(beta));
  if (beta == 0) return l1_loss(input, target, reduction);
  const Tensor distance = abs(input - target);
  return reduced(where(lt(distance, beta), square(distance) * (0.5 / beta), distance - 0.5 * beta),
                 reduction);
}

Tensor kl_div(const Tensor& input, const Tensor& target, const KlDivOptions& options) {
  check_pair("kl_div", input, target);
  Tensor loss;
  if (options.log_target) {
    loss = exp(target) * (target - input);
  } else {
    const Tensor positive = gt(target, 0);
    // The logarithm is taken of 1 where the target is 0, so that no infinity comes into its gradient.
    loss = where(positive, target * log(where(positive, target, 1)), 0) - target * input;
  }
  if (options.batch_mean) return sum(loss) / static_cast<double>(loss.rank() > 0 ? loss.shape()[0] : 1);
  return reduced(loss, options.reduction);
}

Tensor bce_with_logits(const Tensor& logits, const Tensor& target, const BceOptions& options) {
  check_pair("bce_with_logits", logits, target);
  if (!(logits.shape() == target.shape())) {
    throw Error("bce_with_logits", "logits and target must have the same shape, got " + describe(logits) +
                                       " and " + describe(target));
  }
  // -(p y log sigmoid(x) + (1 - y) log sigmoid(-x)), and log sigmoid(-x) = log sigmoid(x) - x.
  const Tensor log_yes = logsigmoid(logits), log_no = log_yes - logits;
  const Tensor yes = options.pos_weight.defined() ? target * options.pos_weight : target;
  Tensor loss = -(yes * log_yes + (1 - target) * log_no);
  if (options.weight.defined()) loss = loss * options.weight;
  return reduced(loss, options.reduction);
}

}  // namespace gradus
