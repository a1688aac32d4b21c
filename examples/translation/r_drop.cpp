#include "r_drop.h"

#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/indexing.h>
#include <gradus/autograd/linalg.h>
#include <gradus/autograd/node.h>
#include <gradus/autograd/normalize.h>
#include <gradus/autograd/pointwise.h>
#include <gradus/autograd/reduce.h>
#include <gradus/tensor/create.h>

#include <algorithm>

namespace translation {

using namespace gradus;

namespace {

/// Rows whose logits are held at once, and with them some ten arrays of their size.
constexpr std::int64_t block_rows = 256;

struct Weights {
  double label_smoothing, alpha;
};

/// The sum over all rows in plain operations: features (n, features), weight (words, features), bias
/// (words,), targets (n,).
Tensor sum_of_losses(const Tensor& first, const Tensor& second, const Tensor& weight, const Tensor& bias,
                     const Tensor& target, const Weights& weights) {
  const Tensor p = log_softmax(linear(first, weight, bias), 1),  // (n, words)
      q = log_softmax(linear(second, weight, bias), 1);
  // Cross entropy of both; label smoothing spreads its share evenly over all words.
  const Tensor both = p + q;
  const Tensor likelihood = sum(gather(both, 1, target.unsqueeze(1))) * (1 - weights.label_smoothing) +
                            sum(both) * (weights.label_smoothing / static_cast<double>(weight.size(0)));
  // KL(P || Q) + KL(Q || P) = sum (P - Q) (log P - log Q).
  const Tensor divergence = sum((exp(p) - exp(q)) * (p - q));
  return divergence * (weights.alpha / 4) - likelihood * 0.5;
}

/// The sum block by block, and its gradients where they are wanted.
struct Blocks {
  double sum = 0;
  Tensor first, second, weight, bias;
};
Blocks run_blocks(const Tensor& first, const Tensor& second, const nn::Linear& output, const Tensor& target,
                  const Weights& weights, bool recorded) {
  Blocks result;
  const Tensor weight = output.weight.detach().requires_grad_(), bias = output.bias.detach().requires_grad_();
  result.first = empty(first.shape(), first.dtype());
  result.second = empty(second.shape(), second.dtype());
  for (std::int64_t from = 0; from < target.numel(); from += block_rows) {
    const std::int64_t to = std::min(from + block_rows, target.numel());
    const Tensor one = first.detach().slice(0, from, to).requires_grad_(),
                 other = second.detach().slice(0, from, to).requires_grad_();
    const Tensor loss = sum_of_losses(one, other, weight, bias, target.slice(0, from, to), weights);
    result.sum += loss.item();
    if (!recorded) continue;
    loss.backward();
    result.first.slice(0, from, to).copy_(one.grad());
    result.second.slice(0, from, to).copy_(other.grad());
  }
  result.weight = weight.grad();
  result.bias = bias.grad();
  return result;
}

/// The mean over all rows as one operation.
Tensor mean_of_losses(const Tensor& first, const Tensor& second, const nn::Linear& output,
                      const Tensor& target, const Weights& weights) {
  const bool recorded = recording(first, second, output.weight, output.bias);
  const Blocks blocks = run_blocks(first, second, output, target, weights, recorded);
  const auto count = static_cast<double>(target.numel());
  Tensor mean = full({}, blocks.sum / count, first.dtype());
  if (!recorded) return mean;
  record(
      mean, "r_drop_loss", {&first, &second, &output.weight, &output.bias},
      [first = Saved(first), second = Saved(second), weight = Saved(output.weight), bias = Saved(output.bias),
       target = Saved(target), weights, count, blocks](Sink& sink, const Tensor& gradient) {
        if (sink.create_graph()) {
          return sink.replay(gradient, [&] {
            return sum_of_losses(first.get(sink), second.get(sink), weight.get(sink), bias.get(sink),
                                 target.get(sink), weights) /
                   count;
          });
        }
        const double scale = gradient.item() / count;
        int input = 0;
        for (const Tensor* part : {&blocks.first, &blocks.second, &blocks.weight, &blocks.bias}) {
          if (sink.needs(input)) sink.add(input, *part * scale);
          ++input;
        }
      });
  return mean;
}

}  // namespace

Tensor r_drop_loss(const Tensor& first, const Tensor& second, const nn::Linear& output, const Tensor& target,
                   double label_smoothing, double alpha) {
  const Tensor counted = nonzero(target).flatten();  // where there is no padding
  return mean_of_losses(index_select(first, 0, counted), index_select(second, 0, counted), output,
                        index_select(target, 0, counted), {label_smoothing, alpha});
}

}  // namespace translation
