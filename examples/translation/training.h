// Training a translator: the step, the passes over the data, and when to stop.
#pragma once
#include "model.h"
#include "search.h"
#include "text.h"

#include <gradus/optim/adam.h>

#include <functional>
#include <span>
#include <string>
#include <vector>

namespace translation {

struct StepResult {
  double loss = 0;           // mean over the target tokens, with label smoothing
  double gradient_norm = 0;  // before clipping
};

/// Takes the training steps of a model: what every training here and the benchmark are made of.
class Learner {
 public:
  Learner(const TranslationModel& model, double lr);
  /// Forward, backward, clipping to a norm, update. Throws where the loss or the gradients are no finite numbers.
  StepResult step(const Batch& batch, double label_smoothing, double clip);
  double lr() const { return adam_.lr(); }
  void set_lr(double lr) { adam_.set_lr(lr); }

 private:
  const TranslationModel& model_;
  std::vector<Tensor> parameters_;
  gradus::optim::Adam adam_;
};

struct TrainingOptions {
  std::int64_t batch = 64;      // sentences, or padded tokens
  gradus::BatchUnit batch_unit = gradus::BatchUnit::sentences;
  std::int64_t epochs = 30;
  std::int64_t max_steps = 0;   // 0: no limit
  double lr = 1e-3;
  std::int64_t warmup = 0;      // steps over which the learning rate rises from 0
  double lr_decay = 0.5;        // factor on the learning rate after an epoch without a better validation loss
  double label_smoothing = 0.1;
  double clip = 1;
  std::int64_t patience = 5;    // epochs without a better BLEU before it stops
  std::uint64_t seed = 1;
};

/// How good the model is on sentences that it does not learn from.
struct Validation {
  double loss = 0;        // mean negative log-likelihood of a target token, end included, without label smoothing
  double perplexity = 0;  // e^loss, with the reference as the decoder's input
  double bleu = 0;        // of greedy translations, on tokens
};

/// What happens during training, for whoever shows or stores it. `epoch` counts from 1.
struct TrainingEvents {
  std::function<void(std::int64_t step, const StepResult& result, double lr)> step;
  std::function<void(std::int64_t epoch, const Validation& validation, bool best, double seconds)> epoch;
  bool progress = true;  // a bar on standard error
};

struct Data {
  Language source, target;
  std::vector<Example> train;
  gradus::ParallelCorpus valid;
};

struct TrainingResult {
  std::int64_t steps = 0;
  std::int64_t best_epoch = 0;
  Validation best;
  double seconds = 0;
};

Validation validate(const TranslationModel& model, const Data& data);

/// Trains until the epochs or steps are used up or the patience ends. The caller keeps the best weights in `events.epoch`.
TrainingResult train(const TranslationModel& model, const Data& data, const TrainingOptions& options, const TrainingEvents& events);

/// A training whose length is known from the start: the learning rate rises to its peak and falls to nearly nothing, so
/// that even a short one ends well (Smith, Topin 2018).
struct ShortTraining {
  std::int64_t epochs = 10;
  std::int64_t batch = 64;     // sentences
  double peak_lr = 4e-3;
  std::uint64_t seed = 1;
  std::string title = "training";  // of the progress bar
};
struct ShortTrainingResult {
  std::int64_t steps = 0;
  double loss = 0;             // running mean at the end
  double seconds = 0;
};
ShortTrainingResult train_shortly(const TranslationModel& model, std::span<const Example> examples, const ShortTraining& options);

}  // namespace translation
