#include "learner.h"

#include "r_drop.h"

#include <gradus/autograd/arithmetic.h>
#include <gradus/nn/model.h>
#include <gradus/optim/adam.h>
#include <gradus/optim/clip.h>
#include <gradus/tensor/error.h>

namespace translation {

using namespace gradus;

Tensor batch_loss(const TranslationModel& model, const Batch& batch, const Objective& objective) {
  if (objective.r_drop > 0) {
    const auto features = [&] {  // (N, features)
      return model.features(batch.source, batch.lengths, batch.previous, objective.teacher_forcing)
          .flatten(0, 1);
    };
    const Tensor first = features();
    return r_drop_loss(first, features(), model.output_layer(), batch.target.flatten(),
                       objective.label_smoothing, objective.r_drop);
  }
  return model
      .loss(
          batch.source, batch.lengths, batch.previous, batch.target,
          {.label_smoothing = objective.label_smoothing, .confidence_penalty = objective.confidence_penalty},
          objective.teacher_forcing)
      .loss;
}

void check_decay(double weight_decay, double l2) {
  if (weight_decay > 0 && l2 > 0) {
    throw Error(
        "train",
        "--weight-decay and --l2 are two ways to the same end: use either, and leave 0 for the other");
  }
}

namespace {

/// The optimiser with what decays in a group of its own, in front.
template <class Optimizer, class Options>
std::unique_ptr<optim::Optimizer> with_decay(std::span<const Tensor> parameters, Options options) {
  std::vector<Tensor> matrices, others;
  for (const Tensor& parameter : parameters) (parameter.rank() > 1 ? matrices : others).push_back(parameter);
  auto optimizer = std::make_unique<Optimizer>(matrices, options);
  options.weight_decay = 0;
  if (!others.empty()) optimizer->add_group(others, options);
  return optimizer;
}

std::unique_ptr<optim::Optimizer> make_optimizer(std::span<const Tensor> parameters,
                                                 const LearnerOptions& options) {
  check_decay(options.weight_decay, options.l2);
  const optim::AdamOptions adam{.lr = options.lr, .beta2 = options.beta2, .weight_decay = options.l2};
  if (options.l2 > 0) return with_decay<optim::Adam>(parameters, adam);
  if (options.weight_decay > 0) {
    return with_decay<optim::AdamW>(
        parameters,
        optim::AdamWOptions{.lr = options.lr, .beta2 = options.beta2, .weight_decay = options.weight_decay});
  }
  return std::make_unique<optim::Adam>(parameters, adam);
}

}  // namespace

Learner::Learner(const TranslationModel& model, const LearnerOptions& options)
    : model_(model),
      parameters_(parameters(model.view())),
      optimizer_(make_optimizer(parameters_, options)) {}

double Learner::gradients(std::span<const Batch> batches, const Objective& objective) {
  optimizer_->zero_grad();
  double tokens = 0, sum = 0;
  for (const Batch& batch : batches) tokens += static_cast<double>(batch.target_tokens);
  for (const Batch& batch : batches) {
    const Tensor loss = batch_loss(model_, batch, objective);
    if (batches.size() == 1) {
      loss.backward();
      return loss.item();
    }
    const double share = static_cast<double>(batch.target_tokens) / tokens;
    (loss * share).backward();
    sum += share * loss.item();
  }
  return sum;
}

StepResult Learner::step(std::span<const Batch> batches, const Objective& objective, double clip) {
  StepResult result;
  for (const Batch& batch : batches) result.target_tokens += batch.target_tokens;
  result.loss = gradients(batches, objective);
  result.gradient_norm = optim::clip_grad_norm_(parameters_, clip);
  if (result.finite()) optimizer_->step();
  return result;
}

StepResult Learner::step(const Batch& batch, double label_smoothing, double clip) {
  return step(std::span(&batch, 1), {.label_smoothing = label_smoothing}, clip);
}

std::vector<std::pair<std::string, double>> gradient_norms(const TranslationModel& model) {
  std::vector<std::pair<std::string, double>> norms;
  for (const auto& [name, parameter] : named_parameters(model.view())) {
    norms.emplace_back(name, optim::clip_grad_norm_(std::span(&parameter, 1), INFINITY));
  }
  return norms;
}

}  // namespace translation
