#include "training.h"

#include "progress.h"

#include <gradus/autograd/modes.h>
#include <gradus/data/bleu.h>
#include <gradus/nn/model.h>
#include <gradus/optim/clip.h>
#include <gradus/tensor/error.h>

#include <chrono>
#include <cmath>
#include <cstdio>

namespace translation {

using namespace gradus;

namespace {

double seconds_since(std::chrono::steady_clock::time_point start) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
}

/// The tokens with single spaces between them: what BLEU counts.
std::string as_tokens(const Tokenizer& tokenizer, const std::string& line) {
  std::string text;
  for (const std::string& token : tokenizer.tokenize(line)) text += (text.empty() ? "" : " ") + token;
  return text;
}

}  // namespace

Learner::Learner(const TranslationModel& model, double lr)
    : model_(model), parameters_(parameters(model.view())), adam_(parameters_, {.lr = lr}) {}

StepResult Learner::step(const Batch& batch, double label_smoothing, double clip) {
  adam_.zero_grad();
  const TokenLoss result =
      model_.loss(batch.source, batch.lengths, batch.previous, batch.target, label_smoothing);
  result.loss.backward();
  const double norm = optim::clip_grad_norm_(parameters_, clip);
  const double loss = result.loss.item();
  if (!std::isfinite(loss) || !std::isfinite(norm)) {
    throw Error("train", "the loss is " + std::to_string(loss) + " and the norm of the gradients " +
                             std::to_string(norm) + ": training has diverged; try a smaller learning rate");
  }
  adam_.step();
  return {loss, norm};
}

Validation validate(const TranslationModel& model, const Data& data) {
  const evaluating scope;
  Validation result;
  const std::vector<Example> examples = encode(data.valid, data.source, data.target);
  double sum = 0;
  std::int64_t tokens = 0;
  for (const auto& indices : make_batches(examples, {.batch_size = 64, .shuffle = false}, 0)) {
    const Batch batch = make_batch(examples, indices);
    const TokenLoss loss = model.loss(batch.source, batch.lengths, batch.previous, batch.target, 0);
    sum += loss.nll_sum;
    tokens += loss.count;
  }
  result.loss = sum / static_cast<double>(tokens);
  result.perplexity = std::exp(result.loss);
  std::vector<std::string> hypotheses, references;
  for (const std::string& line : translate_lines(model, data.source, data.target, data.valid.source)) {
    hypotheses.push_back(as_tokens(data.target.tokenizer, line));
  }
  for (const std::string& line : data.valid.target)
    references.push_back(as_tokens(data.target.tokenizer, line));
  result.bleu = corpus_bleu(hypotheses, {references}).score;
  return result;
}

TrainingResult train(const TranslationModel& model, const Data& data, const TrainingOptions& options,
                     const TrainingEvents& events) {
  Learner learner(model, options.lr);
  TrainingResult result;
  const auto start = std::chrono::steady_clock::now();
  double best_loss = INFINITY;
  bool out_of_steps = false;
  double lr = options.lr;  // once warmed up
  for (std::int64_t epoch = 1; epoch <= options.epochs && !out_of_steps; ++epoch) {
    const Batches batches = make_batches(
        data.train, {.batch_size = options.batch, .unit = options.batch_unit, .seed = options.seed},
        static_cast<std::uint64_t>(epoch));
    Progress progress("epoch " + std::to_string(epoch), static_cast<std::int64_t>(batches.size()));
    const auto epoch_start = std::chrono::steady_clock::now();
    double loss_sum = 0;
    std::int64_t done = 0, tokens = 0;
    for (const auto& indices : batches) {
      const Batch batch = make_batch(data.train, indices);
      const double warmth = static_cast<double>(result.steps + 1) /
                            static_cast<double>(std::max<std::int64_t>(options.warmup, 1));
      learner.set_lr(lr * std::min(warmth, 1.0));
      const StepResult step = learner.step(batch, options.label_smoothing, options.clip);
      ++result.steps;
      if (events.step) events.step(result.steps, step, learner.lr());
      loss_sum += step.loss;
      tokens += batch.target_tokens;
      ++done;
      if (events.progress) {
        char note[80];
        std::snprintf(note, sizeof note, "loss %.3f  %.0f tokens/s", loss_sum / static_cast<double>(done),
                      static_cast<double>(tokens) / seconds_since(epoch_start));
        progress.update(done, note);
      }
      out_of_steps = options.max_steps > 0 && result.steps >= options.max_steps;
      if (out_of_steps) break;
    }
    if (events.progress) progress.finish();

    const Validation validation = validate(model, data);
    const bool best = result.best_epoch == 0 || validation.bleu > result.best.bleu;
    if (best) {
      result.best = validation;
      result.best_epoch = epoch;
    }
    result.seconds = seconds_since(start);
    if (events.epoch) events.epoch(epoch, validation, best, result.seconds);
    if (validation.loss >= best_loss) lr *= options.lr_decay;
    best_loss = std::min(best_loss, validation.loss);
    if (epoch - result.best_epoch >= options.patience) break;
  }
  return result;
}

namespace {

/// The factor on the peak at a share of the way.
double one_cycle(double share) { return share < 0.15 ? 0.1 + 0.9 * share / 0.15 : (1.02 - share) / 0.87; }

}  // namespace

ShortTrainingResult train_shortly(const TranslationModel& model, std::span<const Example> examples,
                                  const ShortTraining& options) {
  Learner learner(model, options.peak_lr);
  std::vector<Batches> epochs;
  std::int64_t steps = 0;
  for (std::int64_t epoch = 0; epoch < options.epochs; ++epoch) {
    epochs.push_back(make_batches(examples, {.batch_size = options.batch, .seed = options.seed},
                                  static_cast<std::uint64_t>(epoch)));
    steps += static_cast<std::int64_t>(epochs.back().size());
  }
  Progress progress(options.title, steps);
  ShortTrainingResult result;
  const auto start = std::chrono::steady_clock::now();
  std::int64_t tokens = 0;
  for (const Batches& batches : epochs) {
    for (const auto& indices : batches) {
      const Batch batch = make_batch(examples, indices);
      learner.set_lr(options.peak_lr *
                     one_cycle(static_cast<double>(result.steps) / static_cast<double>(steps)));
      const StepResult step = learner.step(batch, 0, 1);
      result.loss = result.steps == 0 ? step.loss : 0.98 * result.loss + 0.02 * step.loss;
      tokens += batch.target_tokens;
      ++result.steps;
      result.seconds = seconds_since(start);
      char note[80];
      std::snprintf(note, sizeof note, "loss %.3f  %.0f tokens/s", result.loss,
                    static_cast<double>(tokens) / result.seconds);
      progress.update(result.steps, note);
    }
  }
  progress.finish();
  return result;
}

}  // namespace translation
