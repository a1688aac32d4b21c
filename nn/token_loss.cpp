// linear_cross_entropy: projection to the vocabulary, log-softmax, label smoothing and loss in one pass over
// blocks of rows.
#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/indexing.h>
#include <gradus/autograd/linalg.h>
#include <gradus/autograd/node.h>
#include <gradus/autograd/normalize.h>
#include <gradus/autograd/pointwise.h>
#include <gradus/autograd/reduce.h>
#include <gradus/nn/losses.h>
#include <gradus/tensor/blas.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/kernels/dispatch.h>
#include <gradus/tensor/kernels/softmax.h>
#include <gradus/tensor/parallel.h>

#include <algorithm>
#include <cmath>
#include <vector>

namespace gradus {
namespace {

/// Rows whose logits are held at once. Few, because logits are what takes most memory in a training step and
/// are best worked on while they are in the cache; but for each block of rows the gradient of the weight is
/// read and written once, which is to be little beside the products: that takes more rows the more features
/// there are. At most 64 MB of logits in float32.
std::int64_t block_rows(std::int64_t rows, std::int64_t features, std::int64_t classes) {
  const std::int64_t bound = (std::int64_t{1} << 24) / std::max<std::int64_t>(classes, 1);
  const std::int64_t most =
      std::max<std::int64_t>(64, std::min(bound, std::max<std::int64_t>(704, 2 * features)));
  const std::int64_t blocks = std::max<std::int64_t>(1, (rows + most - 1) / most);
  return std::max<std::int64_t>(1, (rows + blocks - 1) / blocks);
}

/// What a pass leaves behind: gradients of the mean loss, where they are wanted.
struct Gradients {
  Tensor hidden, weight, bias;
};

struct Sums {
  double loss = 0, nll = 0;
  std::int64_t count = 0;
};

/// What one row of logits adds to the sums.
struct RowLoss {
  double loss = 0, nll = 0;
};

/// The loss of a row of logits; with a `scale` the row becomes scale times its gradient.
template <class T>
RowLoss row_loss(std::int64_t classes, T* row, std::int64_t target, const TokenLossOptions& options,
                 T scale) {
  const SoftmaxFunctions<T>& functions = kernels<SoftmaxKernels>().of<T>();
  const T score = row[target], smoothing = static_cast<T>(options.label_smoothing);
  T shift, log_sum, sum = 0;
  if (scale != T(0)) {
    functions.cross_entropy(classes, row, scale, smoothing, &shift, &log_sum, &sum);
    row[target] -= scale * (1 - smoothing);
  } else {
    functions.log_sum_exp(classes, row, &shift, &log_sum);
    if (smoothing > 0) sum = functions.shifted_sum(classes, row, shift);
  }
  const double nll = log_sum - (score - shift),
               average = static_cast<double>(sum) / static_cast<double>(classes);
  if (smoothing == 0) return {nll, nll};
  return {(1 - options.label_smoothing) * nll + options.label_smoothing * (log_sum - average), nll};
}

/// The same with a penalty on confidence, beta: less beta H, where H = -sum p log p. Its gradient is
/// beta p (log p + H).
template <class T>
RowLoss penalized_row_loss(std::int64_t classes, T* row, std::int64_t target, const TokenLossOptions& options,
                           T scale) {
  const SoftmaxFunctions<T>& functions = kernels<SoftmaxKernels>().of<T>();
  std::vector<T> p(static_cast<std::size_t>(classes)), gradient(p.size());
  functions.forward(classes, row, nullptr, p.data());
  functions.log_forward(classes, row, gradient.data());
  double entropy = 0;
  for (std::size_t c = 0; c < p.size(); ++c) {
    if (p[c] > 0) entropy -= static_cast<double>(p[c]) * static_cast<double>(gradient[c]);
  }
  for (std::size_t c = 0; c < p.size(); ++c) {
    gradient[c] = p[c] > 0 ? p[c] * (gradient[c] + static_cast<T>(entropy)) : T(0);
  }
  RowLoss result = row_loss(classes, row, target, options, scale);
  result.loss -= options.confidence_penalty * entropy;
  if (scale == T(0)) return result;
  const T factor = scale * static_cast<T>(options.confidence_penalty);
  for (std::size_t c = 0; c < p.size(); ++c) row[c] += factor * gradient[c];
  return result;
}

/// Losses of the rows of a block of logits; with a `scale` the logits become scale times the gradients of
/// their sum.
template <class T>
void block_losses(const Tensor& logits, const std::int64_t* target, const TokenLossOptions& options,
                  double scale, double* losses, double* nll) {
  const std::int64_t classes = logits.shape()[1];
  const T factor = static_cast<T>(scale);
  const auto loss_of = options.confidence_penalty > 0 ? penalized_row_loss<T> : row_loss<T>;
  parallel_for(logits.shape()[0], std::max<std::int64_t>(1, 16384 / std::max<std::int64_t>(classes, 1)),
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t i = begin; i < end; ++i) {
                   T* row = logits.data<T>() + i * classes;
                   RowLoss result;
                   if (target[i] != options.ignore_index) {
                     result = loss_of(classes, row, target[i], options, factor);
                   } else if (factor != T(0)) {
                     std::fill_n(row, classes, T(0));
                   }
                   losses[i] = result.loss;
                   nll[i] = result.nll;
                 }
               });
}

template <class T>
Sums run(const Tensor& hidden, const Tensor& weight, const Tensor& bias, const Tensor& target,
         const TokenLossOptions& options, const Gradients& gradients) {
  const std::int64_t rows = hidden.shape()[0], size = hidden.shape()[1], classes = weight.shape()[0];
  const std::int64_t block = block_rows(rows, size, classes);
  const Tensor buffer = empty({block, classes}, dtype_of<T>());
  const bool keep = gradients.hidden.defined() || gradients.weight.defined() || gradients.bias.defined();
  const Tensor losses = empty({block}, DType::float64), nll = empty({block}, DType::float64);
  const std::int64_t* all = target.data<std::int64_t>();
  Sums sums;
  sums.count = rows - std::count(all, all + rows, options.ignore_index);
  // The mean over nothing is NaN, but it depends on nothing: no gradient is computed then, and all are zeros.
  const double scale = keep && sums.count > 0 ? 1 / static_cast<double>(sums.count) : 0;
  for (std::int64_t first = 0; first < rows; first += block) {
    const std::int64_t count = std::min(block, rows - first);
    const T* from = hidden.data<T>() + first * size;
    if (bias.defined()) {
      gemm_bias(dtype_of<T>(), count, classes, size, {from, size}, {weight.raw_data(), size, true},
                bias.raw_data(), buffer.raw_data(), classes);
    } else {
      gemm(dtype_of<T>(), count, classes, size, 1, {from, size}, {weight.raw_data(), size, true}, 0,
           buffer.raw_data(), classes);
    }
    const Tensor logits = buffer.slice(0, 0, count);
    block_losses<T>(logits, all + first, options, scale, losses.data<double>(), nll.data<double>());
    for (std::int64_t i = 0; i < count; ++i) {
      sums.loss += losses.data<double>()[i];
      sums.nll += nll.data<double>()[i];
    }
    if (scale == 0) continue;
    if (gradients.hidden.defined()) {
      gemm(dtype_of<T>(), count, size, classes, 1, {buffer.raw_data(), classes}, {weight.raw_data(), size}, 0,
           gradients.hidden.data<T>() + first * size, size);
    }
    if (gradients.weight.defined()) {
      gemm(dtype_of<T>(), classes, size, count, 1, {buffer.raw_data(), classes, true}, {from, size},
           first == 0 ? 0 : 1, gradients.weight.raw_data(), size);
    }
    if (gradients.bias.defined()) Tensor(gradients.bias).add_(sum(logits, {0}));
  }
  return sums;
}

void check(const Tensor& hidden, const Tensor& weight, const Tensor& bias, const Tensor& target,
           const TokenLossOptions& options) {
  const auto refuse = [](const std::string& why) { throw Error("linear_cross_entropy", why); };
  if (!hidden.defined() || !weight.defined() || !target.defined()) {
    refuse("got an undefined tensor among hidden " + describe(hidden) + ", weight " + describe(weight) +
           " and target " + describe(target));
  }
  if (hidden.rank() != 2 || weight.rank() != 2 || hidden.shape()[1] != weight.shape()[1] ||
      hidden.dtype() != weight.dtype() || !is_floating(hidden.dtype())) {
    refuse("needs hidden (N, H) and weight (C, H) of one floating dtype, got " + describe(hidden) + " and " +
           describe(weight));
  }
  if (bias.defined() && (!(bias.shape() == Shape{weight.shape()[0]}) || bias.dtype() != weight.dtype())) {
    refuse("the bias must be " + to_string(Shape{weight.shape()[0]}) + ", got " + describe(bias));
  }
  if (target.dtype() != DType::int64 || !(target.shape() == Shape{hidden.shape()[0]})) {
    refuse("the target must be int64 " + to_string(Shape{hidden.shape()[0]}) + ", got " + describe(target));
  }
  if (!(options.label_smoothing >= 0 && options.label_smoothing <= 1)) {
    refuse("label_smoothing must lie in [0, 1], got " + std::to_string(options.label_smoothing));
  }
  if (!(options.confidence_penalty >= 0 && std::isfinite(options.confidence_penalty))) {
    refuse("confidence_penalty must be a number from 0 on, got " +
           std::to_string(options.confidence_penalty));
  }
  const Tensor numbers = target.contiguous();
  for (std::int64_t i = 0; i < numbers.numel(); ++i) {
    const std::int64_t number = numbers.data<std::int64_t>()[i];
    if (number != options.ignore_index && (number < 0 || number >= weight.shape()[0])) {
      refuse("target " + std::to_string(number) + " at position " + std::to_string(i) + " is outside [0, " +
             std::to_string(weight.shape()[0]) + ")");
    }
  }
}

}  // namespace

TokenLoss linear_cross_entropy(const Tensor& hidden, const Tensor& weight, const Tensor& bias,
                               const Tensor& target, const TokenLossOptions& options) {
  check(hidden, weight, bias, target, options);
  const bool recorded = recording(hidden, weight, bias);
  Gradients gradients;
  Sums sums;
  TokenLoss result;
  {
    const no_grad scope;
    if (recorded && hidden.requires_grad()) gradients.hidden = zeros(hidden.shape(), hidden.dtype());
    if (recorded && weight.requires_grad()) gradients.weight = zeros(weight.shape(), weight.dtype());
    if (recorded && bias.requires_grad()) gradients.bias = zeros(bias.shape(), bias.dtype());
    const auto pass = hidden.dtype() == DType::float32 ? run<float> : run<double>;
    sums = pass(hidden.contiguous(), weight.contiguous(), bias.defined() ? bias.contiguous() : bias,
                target.contiguous(), options, gradients);
    result.loss = full({}, sums.loss / static_cast<double>(sums.count), hidden.dtype());
  }
  result.nll_sum = sums.nll;
  result.count = sums.count;
  if (!recorded) return result;
  record(result.loss, "linear_cross_entropy", {&hidden, &weight, &bias},
         [hidden = Saved(hidden), weight = Saved(weight), bias = Saved(bias), target = Saved(target), options,
          gradients](Sink& sink, const Tensor& g) {
           if (sink.create_graph()) {
             return sink.replay(g, [&] {
               return composed::linear_cross_entropy(hidden.get(sink), weight.get(sink), bias.get(sink),
                                                     target.get(sink), options);
             });
           }
           const double scale = g.item();  // 1 where the loss is what backward() starts from
           const auto scaled = [scale](const Tensor& gradient) {
             return scale == 1 ? gradient : gradient * scale;
           };
           if (sink.needs(0)) sink.add(0, scaled(gradients.hidden));
           if (sink.needs(1)) sink.add(1, scaled(gradients.weight));
           if (sink.needs(2)) sink.add(2, scaled(gradients.bias));
         });
  return result;
}

namespace composed {

Tensor linear_cross_entropy(const Tensor& hidden, const Tensor& weight, const Tensor& bias,
                            const Tensor& target, const TokenLossOptions& options) {
  const Tensor logits = composed::linear(hidden, weight, bias);
  const Tensor loss = composed::cross_entropy(
      logits, target, {.ignore_index = options.ignore_index, .label_smoothing = options.label_smoothing});
  if (options.confidence_penalty == 0) return loss;
  const Tensor log_p =
      index_select(log_softmax(logits, 1), 0, nonzero(ne(target, options.ignore_index)).flatten());
  const Tensor entropy =
      -sum(exp(log_p) * log_p) / static_cast<double>(log_p.size(0));  // the mean of all rows
  return loss - entropy * options.confidence_penalty;
}

}  // namespace composed

}  // namespace gradus
