// The training step: what is made small, and one update of the weights.
#pragma once
#include "model.h"
#include "text.h"

#include <gradus/optim/optimizer.h>

#include <cmath>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace translation {

/// What a step makes small.
struct Objective {
  double label_smoothing = 0;
  double confidence_penalty = 0;  // taken off for each nat of a prediction's entropy
  double r_drop = 0;              // weight of the divergence between two passes with dropout; 0: one pass
  double teacher_forcing = 1;     // probability that a recurrent decoder reads the word of the reference
};

/// The objective of a batch, (): a mean over its target tokens.
Tensor batch_loss(const TranslationModel& model, const Batch& batch, const Objective& objective);

struct LearnerOptions {
  double lr = 1e-3;
  double beta2 = 0.999;     // of Adam: how long the squares of gradients are remembered
  double weight_decay = 0;  // share of lr by which matrices shrink in a step (AdamW); biases and norms do not
  double l2 = 0;            // added times the matrix to its gradient, which Adam then scales; not both
};
/// Throws Error where matrices would shrink in both ways.
void check_decay(double weight_decay, double l2);

struct StepResult {
  double loss = 0;           // the objective, a mean over the target tokens
  double gradient_norm = 0;  // before clipping
  std::int64_t target_tokens = 0;
  std::optional<double> teacher_forcing = {};  // the probability, where the training has one below 1
  bool finite() const { return std::isfinite(loss) && std::isfinite(gradient_norm); }
};

/// Takes the training steps of a model: what every training here and the benchmark are made of.
class Learner {
 public:
  Learner(const TranslationModel& model, const LearnerOptions& options);
  /// Forward and backward for each of the batches, clipping to a norm, one update. Without the update where
  /// the loss or a gradient is no finite number. Several batches give what one of all their sentences would,
  /// but for rounding and dropout: the mean is over the target tokens of all of them.
  StepResult step(std::span<const Batch> batches, const Objective& objective, double clip);
  StepResult step(const Batch& batch, double label_smoothing, double clip);
  /// Forward and backward alone: the loss. The gradients stand in the parameters.
  double gradients(std::span<const Batch> batches, const Objective& objective);
  double lr() const { return optimizer_->lr(); }
  void set_lr(double lr) { optimizer_->set_lr(lr); }
  gradus::NamedTensors optimizer_state() const { return optimizer_->state_dict(); }
  void load_optimizer_state(const gradus::NamedTensors& state) { optimizer_->load_state_dict(state); }

 private:
  const TranslationModel& model_;
  std::vector<Tensor> parameters_;
  std::unique_ptr<gradus::optim::Optimizer> optimizer_;
};

/// The norm of every parameter's gradient, in order of declaration; nan or inf where one holds such a number.
/// Spoils gradients that are not finite.
std::vector<std::pair<std::string, double>> gradient_norms(const TranslationModel& model);

}  // namespace translation
