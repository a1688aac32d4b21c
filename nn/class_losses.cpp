// nll_loss and cross_entropy.
#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/indexing.h>
#include <gradus/autograd/node.h>
#include <gradus/autograd/normalize.h>
#include <gradus/autograd/reduce.h>
#include <gradus/nn/losses.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/kernels/dispatch.h>
#include <gradus/tensor/kernels/softmax.h>
#include <gradus/tensor/parallel.h>

#include <algorithm>

namespace gradus {
namespace {

/// Classes moved to the last axis, everything else into rows.
struct Rows {
  Tensor scores;       // (rows, C)
  Tensor target;       // (rows,) int64
  Shape target_shape;  // of the result without reduction
};

Rows as_rows(const char* operation, const Tensor& scores, const Tensor& target,
             const ClassLossOptions& options) {
  const auto refuse = [&](const std::string& why) {
    throw Error(operation, "scores " + describe(scores) + " and target " + describe(target) + ": " + why);
  };
  if (!scores.defined() || !target.defined() || scores.rank() == 0 || !is_floating(scores.dtype())) {
    refuse("the scores must be floating, (N, C), (C,) or (N, C, ...)");
  }
  if (target.dtype() != DType::int64)
    refuse("the target must be int64 class numbers, or probabilities of the scores' shape");
  const int class_axis = scores.rank() == 1 ? 0 : 1;
  Shape expected = scores.shape();
  expected.erase(class_axis);
  if (!(target.shape() == expected))
    refuse("the target must have shape " + to_string(expected) + ", the scores' without the class axis");
  const std::int64_t classes = scores.shape()[class_axis];
  if (options.weight.defined() && !(options.weight.shape() == Shape{classes})) {
    refuse("the class weights must be " + to_string(Shape{classes}) + ", got " + describe(options.weight));
  }
  const Tensor numbers = target.contiguous();
  for (std::int64_t i = 0; i < numbers.numel(); ++i) {
    const std::int64_t number = numbers.data<std::int64_t>()[i];
    if (number != options.ignore_index && (number < 0 || number >= classes)) {
      refuse("target " + std::to_string(number) + " at position " + std::to_string(i) + " is outside [0, " +
             std::to_string(classes) + ")");
    }
  }
  Tensor rows = scores;
  if (scores.rank() > 2) {
    Shape order{0};
    for (int axis = 2; axis < scores.rank(); ++axis) order.push_back(axis);
    order.push_back(1);
    rows = scores.permute(order);
  }
  return {rows.reshape({target.numel(), classes}), target.flatten(), target.shape()};
}

/// Weight of every row, 0 where its target is ignored; (rows,).
Tensor row_weights(const Rows& rows, const ClassLossOptions& options) {
  const Tensor counted = ne(rows.target, options.ignore_index);
  const Tensor ones_or_zeros = counted.to(rows.scores.dtype());
  if (!options.weight.defined()) return ones_or_zeros;
  return index_select(options.weight.to(rows.scores.dtype()), 0, where(counted, rows.target, 0)) *
         ones_or_zeros;
}

Tensor reduced(const Tensor& loss, const Tensor& weights, Reduction reduction, const Shape& shape) {
  switch (reduction) {
    case Reduction::none: return loss.reshape(shape);
    case Reduction::sum: return sum(loss);
    case Reduction::mean: return sum(loss) / sum(weights);
  }
  return loss;
}

/// The loss of rows of log probabilities.
Tensor of_log_probabilities(const Rows& rows, const ClassLossOptions& options) {
  const Tensor counted = ne(rows.target, options.ignore_index);
  const Tensor weights = row_weights(rows, options);
  const Tensor chosen = gather(rows.scores, 1, where(counted, rows.target, 0).unsqueeze(1)).squeeze(1);
  // Chosen, not multiplied: an infinite score of an ignored row must not become NaN.
  const Tensor loss = where(counted, -chosen * weights, 0);
  const Tensor plain = reduced(loss, weights, options.reduction, rows.target_shape);
  if (options.label_smoothing == 0) return plain;
  const Tensor weighted =
      options.weight.defined() ? rows.scores * options.weight.to(rows.scores.dtype()) : rows.scores;
  const Tensor spread = where(counted, -sum(weighted, {1}), 0);
  const double classes = static_cast<double>(rows.scores.shape()[1]), smoothing = options.label_smoothing;
  return plain * (1 - smoothing) +
         reduced(spread, weights, options.reduction, rows.target_shape) * (smoothing / classes);
}

/// The target holds probabilities.
Tensor of_probabilities(const Tensor& logits, const Tensor& target, const ClassLossOptions& options) {
  if (logits.rank() == 0 || target.dtype() != logits.dtype()) {
    throw Error("cross_entropy",
                "logits and probabilities must be (N, C), (C,) or (N, C, ...) of one dtype, got " +
                    describe(logits) + " and " + describe(target));
  }
  const int class_axis = logits.rank() == 1 ? 0 : 1;
  const double classes = static_cast<double>(logits.shape()[class_axis]), smoothing = options.label_smoothing;
  const Tensor smoothed = smoothing > 0 ? target * (1 - smoothing) + smoothing / classes : target;
  Tensor terms = log_softmax(logits, class_axis) * smoothed;
  if (options.weight.defined()) {
    const Shape classes_alone{logits.shape()[class_axis]};
    if (!(options.weight.shape() == classes_alone)) {
      throw Error("cross_entropy", "the class weights must be " + to_string(classes_alone) + ", got " +
                                       describe(options.weight));
    }
    Shape shape = Shape::filled(logits.rank(), 1);
    shape[class_axis] = options.weight.numel();
    terms = terms * options.weight.to(logits.dtype()).reshape(shape);
  }
  const Tensor loss = -sum(terms, {class_axis});
  if (options.reduction == Reduction::none) return loss;
  const double count = static_cast<double>(loss.numel());
  return options.reduction == Reduction::sum ? sum(loss) : sum(loss) / count;
}

void check_smoothing(const char* operation, double smoothing) {
  if (!(smoothing >= 0 && smoothing <= 1)) {
    throw Error(operation, "label_smoothing must lie in [0, 1], got " + std::to_string(smoothing));
  }
}

/// What the backward pass needs of a row: its log sum exp in two parts (tensor/kernels/softmax.h).
struct RowSums {
  Tensor shift, log_sum;  // (rows,)
};

std::int64_t rows_per_tile(std::int64_t classes) { return std::max<std::int64_t>(1, 8192 / classes); }

/// Losses (rows,) of contiguous scores (rows, C); 0 where the target is ignored.
template <class T>
Tensor run_forward(const Tensor& scores, const Tensor& targets, const ClassLossOptions& options,
                   const RowSums& sums) {
  const std::int64_t count = scores.shape()[0], classes = scores.shape()[1];
  const std::int64_t* target = targets.data<std::int64_t>();
  const T smoothing = static_cast<T>(options.label_smoothing);
  const Tensor losses = zeros({count}, scores.dtype());
  parallel_for(count, rows_per_tile(classes), [&](std::int64_t begin, std::int64_t end) {
    const SoftmaxFunctions<T>& functions = kernels<SoftmaxKernels>().of<T>();
    for (std::int64_t i = begin; i < end; ++i) {
      if (target[i] == options.ignore_index) continue;
      const T* row = scores.data<T>() + i * classes;
      T &shift = sums.shift.data<T>()[i], &log_sum = sums.log_sum.data<T>()[i];
      functions.log_sum_exp(classes, row, &shift, &log_sum);
      T loss = log_sum - (row[target[i]] - shift);
      if (smoothing > 0) {
        const T average = functions.shifted_sum(classes, row, shift) / static_cast<T>(classes);
        loss = (1 - smoothing) * loss + smoothing * (log_sum - average);
      }
      losses.data<T>()[i] = loss;
    }
  });
  return losses;
}

/// scales (rows,) times (softmax - smoothed one-hot); 0 where the target is ignored.
template <class T>
Tensor run_backward(const Tensor& scores, const Tensor& targets, const ClassLossOptions& options,
                    const RowSums& sums, const Tensor& scales) {
  const std::int64_t count = scores.shape()[0], classes = scores.shape()[1];
  const std::int64_t* target = targets.data<std::int64_t>();
  const T smoothing = static_cast<T>(options.label_smoothing);
  const Tensor gradient = empty(scores.shape(), scores.dtype());
  parallel_for(count, rows_per_tile(classes), [&](std::int64_t begin, std::int64_t end) {
    const SoftmaxFunctions<T>& functions = kernels<SoftmaxKernels>().of<T>();
    for (std::int64_t i = begin; i < end; ++i) {
      T* to = gradient.data<T>() + i * classes;
      if (target[i] == options.ignore_index) {
        std::fill_n(to, classes, T(0));
        continue;
      }
      const T scale = scales.data<T>()[i];
      functions.cross_entropy_backward(classes, scores.data<T>() + i * classes, sums.shift.data<T>()[i],
                                       sums.log_sum.data<T>()[i], scale, smoothing, to);
      to[target[i]] -= scale * (1 - smoothing);
    }
  });
  return gradient;
}

/// The loss of rows of logits with class numbers and no class weights, by kernels.
Tensor fused(const Rows& rows, const ClassLossOptions& options) {
  const bool single = rows.scores.dtype() == DType::float32;
  const std::int64_t count = rows.scores.shape()[0];
  const RowSums sums{empty({count}, rows.scores.dtype()), empty({count}, rows.scores.dtype())};
  std::int64_t counted = 0;
  for (const std::int64_t number : rows.target.span<std::int64_t>())
    counted += number != options.ignore_index;
  const double divisor = options.reduction == Reduction::mean ? static_cast<double>(counted) : 1;
  Tensor result;
  {
    const no_grad scope;
    const auto run = single ? run_forward<float> : run_forward<double>;
    const Tensor losses = run(rows.scores.contiguous(), rows.target, options, sums);
    result = options.reduction == Reduction::none ? losses.view(rows.target_shape) : sum(losses) / divisor;
  }
  if (!recording(rows.scores)) return result;
  record(result, "cross_entropy", {&rows.scores},
         [scores = Saved(rows.scores), target = rows.target, shape = rows.target_shape, sums, options,
          divisor, single](Sink& sink, const Tensor& g) {
           const Tensor& input = scores.get(sink);
           if (sink.create_graph()) {
             return sink.replay(g, [&] {
               const Tensor loss = composed::cross_entropy(input, target, options);
               return options.reduction == Reduction::none ? loss.reshape(shape) : loss;
             });
           }
           const Tensor scales = options.reduction == Reduction::none
                                     ? g.reshape({target.numel()}).contiguous()
                                     : (g / divisor).expand({target.numel()}).contiguous();
           const auto run = single ? run_backward<float> : run_backward<double>;
           sink.add(0, run(input.contiguous(), target, options, sums, scales));
         });
  return result;
}

}  // namespace

Tensor nll_loss(const Tensor& log_probabilities, const Tensor& target, const ClassLossOptions& options) {
  ClassLossOptions plain = options;
  plain.label_smoothing = 0;
  return of_log_probabilities(as_rows("nll_loss", log_probabilities, target, options), plain);
}

Tensor cross_entropy(const Tensor& logits, const Tensor& target, const ClassLossOptions& options) {
  check_smoothing("cross_entropy", options.label_smoothing);
  const bool numbers = !target.defined() || target.dtype() == DType::int64;
  if (!numbers || options.weight.defined() || !logits.defined() || !is_floating(logits.dtype())) {
    return composed::cross_entropy(logits, target, options);
  }
  Rows rows = as_rows("cross_entropy", logits, target, options);
  if (rows.scores.shape()[1] == 0) return composed::cross_entropy(logits, target, options);
  rows.target = rows.target.contiguous();
  return fused(rows, options);
}

namespace composed {

Tensor cross_entropy(const Tensor& logits, const Tensor& target, const ClassLossOptions& options) {
  check_smoothing("cross_entropy", options.label_smoothing);
  if (logits.defined() && target.defined() && is_floating(target.dtype())) {
    if (!(logits.shape() == target.shape())) {
      throw Error("cross_entropy", "class probabilities must have the logits' shape: " + describe(target) +
                                       " beside " + describe(logits));
    }
    return of_probabilities(logits, target, options);
  }
  Rows rows = as_rows("cross_entropy", logits, target, options);
  rows.scores = log_softmax(rows.scores, 1);
  return of_log_probabilities(rows, options);
}

}  // namespace composed

}  // namespace gradus
