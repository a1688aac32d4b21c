// Losses. Names, arguments and formulas are PyTorch's.
#pragma once
#include <gradus/tensor/tensor_class.h>

#include <cstdint>

namespace gradus {

enum class Reduction { none, mean, sum };

/// (input - target)^2.
Tensor mse_loss(const Tensor& input, const Tensor& target, Reduction reduction = Reduction::mean);
/// |input - target|.
Tensor l1_loss(const Tensor& input, const Tensor& target, Reduction reduction = Reduction::mean);
/// 0.5 d^2 / beta where d = |input - target| < beta, d - 0.5 beta elsewhere.
Tensor smooth_l1_loss(const Tensor& input, const Tensor& target, double beta = 1,
                      Reduction reduction = Reduction::mean);

struct KlDivOptions {
  Reduction reduction = Reduction::mean;  // the mean is over all elements; see batch_mean
  bool batch_mean = false;                // the sum divided by the first size: the mathematical definition
  bool log_target = false;                // the target holds logarithms
};
/// target (log target - input), input holding logarithms; 0 where target is 0 and input is finite.
Tensor kl_div(const Tensor& input, const Tensor& target, const KlDivOptions& options = {});

struct BceOptions {
  Tensor weight = {};      // of each element, broadcast
  Tensor pos_weight = {};  // factor on the positive part, broadcast
  Reduction reduction = Reduction::mean;
};
/// Binary cross entropy of sigmoid(logits) against targets in [0, 1], without overflow.
Tensor bce_with_logits(const Tensor& logits, const Tensor& target, const BceOptions& options = {});

struct ClassLossOptions {
  Tensor weight = {};  // (C,): of each class
  std::int64_t ignore_index = -100;
  Reduction reduction = Reduction::mean;  // divided by the weights of the targets that count
  double label_smoothing = 0;             // cross_entropy only; in [0, 1]
};
/// -weight[target] log_probabilities[target], for log probabilities (N, C), (C,) or (N, C, d1, ...) and int64
/// targets (N,), () or (N, d1, ...).
Tensor nll_loss(const Tensor& log_probabilities, const Tensor& target, const ClassLossOptions& options = {});
/// nll_loss of log_softmax(logits). With label smoothing e the target is (1 - e) one-hot + e / C (Szegedy et
/// al. 2016). The target may also hold class probabilities, of the logits' shape and dtype. The mean over no
/// target at all is NaN.
Tensor cross_entropy(const Tensor& logits, const Tensor& target, const ClassLossOptions& options = {});

struct TokenLossOptions {
  std::int64_t ignore_index = -100;
  double label_smoothing = 0;
  /// What is taken off the loss for each unit (nat) of the entropy of the predicted distribution, from 0 on
  /// (Pereyra et al. 2017, section 3).
  double confidence_penalty = 0;
};
struct TokenLoss {
  Tensor loss;             // (): mean over the targets that count, with label smoothing and penalty
  double nll_sum = 0;      // sum of their negative log-likelihoods, without these
  std::int64_t count = 0;  // how many they are
};
/// cross_entropy(linear(hidden, weight, bias), target), with a penalty on confidence if wanted, made for
/// large vocabularies: the logits are computed in blocks of rows and never held as a whole, and the gradients
/// are left behind in the same pass where they are wanted. hidden (N, H), weight (C, H), bias (C,) or
/// undefined, target (N,) int64.
TokenLoss linear_cross_entropy(const Tensor& hidden, const Tensor& weight, const Tensor& bias,
                               const Tensor& target, const TokenLossOptions& options = {});

namespace composed {
// The same in plain operations.
Tensor cross_entropy(const Tensor& logits, const Tensor& target, const ClassLossOptions& options = {});
Tensor linear_cross_entropy(const Tensor& hidden, const Tensor& weight, const Tensor& bias,
                            const Tensor& target, const TokenLossOptions& options = {});
}  // namespace composed

}  // namespace gradus
