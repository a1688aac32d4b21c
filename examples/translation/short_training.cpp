#include "progress.h"
#include "training.h"

#include <gradus/tensor/error.h>

#include <chrono>
#include <cstdio>

namespace translation {

using namespace gradus;

namespace {

/// The factor on the peak at a share of the way.
double one_cycle(double share) { return share < 0.15 ? 0.1 + 0.9 * share / 0.15 : (1.02 - share) / 0.87; }

}  // namespace

ShortTrainingResult train_shortly(const TranslationModel& model, std::span<const Example> examples,
                                  const ShortTraining& options) {
  Learner learner(model, {.lr = options.peak_lr});
  std::vector<Batches> epochs;
  std::int64_t steps = 0;
  for (std::int64_t epoch = 0; epoch < options.epochs; ++epoch) {
    epochs.push_back(make_batches(examples, {.batch_size = options.batch, .seed = options.seed},
                                  static_cast<std::uint64_t>(epoch)));
    steps += static_cast<std::int64_t>(epochs.back().size());
  }
  Progress progress(options.title, static_cast<double>(steps));
  ShortTrainingResult result;
  const auto start = std::chrono::steady_clock::now();
  std::int64_t tokens = 0;
  for (const Batches& batches : epochs) {
    for (const auto& indices : batches) {
      const Batch batch = make_batch(examples, indices);
      learner.set_lr(options.peak_lr *
                     one_cycle(static_cast<double>(result.steps) / static_cast<double>(steps)));
      const StepResult step = learner.step(batch, 0, 1);
      if (!step.finite()) {
        throw Error("train", "the loss is " + std::to_string(step.loss) + " and the norm of the gradients " +
                                 std::to_string(step.gradient_norm) +
                                 ": training has diverged; try a smaller learning rate");
      }
      result.loss = result.steps == 0 ? step.loss : 0.98 * result.loss + 0.02 * step.loss;
      tokens += batch.target_tokens;
      ++result.steps;
      result.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
      char note[80];
      std::snprintf(note, sizeof note, "loss %.3f  %.0f tokens/s", result.loss,
                    static_cast<double>(tokens) / result.seconds);
      progress.update(static_cast<double>(result.steps), note);
    }
  }
  progress.finish();
  return result;
}

}  // namespace translation
