// Training a translator: the step, the passes over the data, and when to stop.
#pragma once
#include "batch_feed.h"
#include "learner.h"
#include "schedule.h"
#include "search.h"

#include <cmath>
#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace translation {

/// What epochs are compared by.
enum class BestBy { bleu, loss };
const char* name_of(BestBy measure);
BestBy best_by_named(const std::string& name);

struct TrainingOptions {
  std::int64_t batch = 64;  // sentences, or padded tokens
  gradus::BatchUnit batch_unit = gradus::BatchUnit::sentences;
  std::int64_t accumulate = 1;  // batches that one step learns from together
  std::int64_t epochs = 30;
  std::int64_t max_steps = 0;  // 0: no limit
  double lr = 1e-3;
  double beta2 = 0.999;  // of Adam: how long the squares of gradients are remembered
  Schedule schedule = Schedule::plateau;
  std::int64_t warmup = 0;  // steps over which the learning rate rises from 0
  double lr_decay = 0.5;    // of Schedule::plateau
  double ema = 0;           // how long the running mean of the weights remembers; 0: there is none
  double weight_decay = 0;  // see LearnerOptions
  double l2 = 0;
  double label_smoothing = 0.1;
  double confidence_penalty = 0;  // see Objective
  double r_drop = 0;
  TeacherForcing teacher_forcing = {};
  double clip = 1;
  BestBy best_by = BestBy::bleu;
  double min_delta = 0;         // an epoch is better if it is so by more than this
  std::int64_t patience = 5;    // epochs that are not better before it stops
  double subword_sampling = 0;  // how freely words are cut anew in every epoch; 0: always the same way
  std::uint64_t seed = 1;
  bool skip_bad_steps = false;          // go on after a loss or gradient that is no finite number
  std::int64_t checkpoint_every = 500;  // steps; 0: after an epoch alone
};

/// How good the model is on sentences that it does not learn from.
struct Validation {
  double loss = 0;  // mean negative log-likelihood of a target token, end included, without label smoothing
  double perplexity = 0;  // e^loss, with the reference as the decoder's input
  /// The same by words instead of tokens, whatever a token is: e^(the sum over all tokens / (pieces of the
  /// references' text between white space + one end for each sentence)). Models with other tokens compare by
  /// it.
  double word_perplexity = 0;
  double bleu = 0;                             // of greedy translations
  std::vector<std::string> translations = {};  // these, line by line
};

/// Nothing where `stop` asked for an end in between.
std::optional<Validation> validate(const TranslationModel& model, const Data& data,
                                   const std::function<bool()>& stop = {});

/// Where a training stands between two steps: all that decides how it goes on, beside the weights, the
/// optimiser's state and the random numbers.
struct TrainingState {
  std::int64_t step = 0;   // steps that are taken
  std::int64_t epoch = 1;  // the pass over the data that runs
  std::int64_t batch = 0;  // batches of it that are done; their order depends on the seed and the epoch alone
  double lr = 0;           // once warmed up
  double best_loss = INFINITY;  // of all validations: decides on the learning rate
  std::int64_t best_epoch = 0;  // by options().best_by: decides on the end; 0: none yet
  std::int64_t best_step = 0;   // taken by then
  struct {
    double loss = 0, bleu = 0;
  } best;                    // the best epoch's
  std::int64_t skipped = 0;  // steps without an update
  double loss_sum = 0;       // over the updates of this epoch
  std::int64_t updates = 0;  // in this epoch
};

/// A training that can be left between any two steps and taken up again.
class Training {
 public:
  /// The three must outlive it.
  Training(const TranslationModel& model, const Data& data, const TrainingOptions& options);

  const TranslationModel& model() const { return model_; }
  const Data& data() const { return data_; }
  const TrainingOptions& options() const { return options_; }
  const TrainingState& state() const { return state_; }
  const Learner& learner() const { return learner_; }
  /// The running mean of the weights, where there is one: what validations judge and what is kept as the
  /// best.
  const gradus::NamedTensors& average() const { return average_; }
  /// Goes on from there; the weights and the random numbers are the caller's to put back.
  void restore(const TrainingState& state, const gradus::NamedTensors& optimizer,
               const gradus::NamedTensors& average);

  /// False once the epochs, the steps or the patience are used up.
  bool goes_on() const;
  bool out_of_steps() const { return options_.max_steps > 0 && state_.step >= options_.max_steps; }
  /// All batches of the epoch are done.
  bool epoch_done() const { return state_.batch == batch_count(); }
  std::int64_t batch_count() const { return feed_.batch_count(); }
  /// The share of its tokens that is padding.
  double padding() const { return feed_.padding(); }
  /// How many batches the step that comes next learns from.
  std::int64_t next_size() const { return feed_.step_size(state_.batch); }
  /// Their examples, as indices.
  std::vector<std::int64_t> next_examples() const { return feed_.step_examples(state_.batch); }

  /// Takes the step of the next batches, options().accumulate of them. Where its loss or gradients are no
  /// finite numbers the weights stay as they are; then it counts as skipped with options().skip_bad_steps,
  /// and all is as before the step without.
  StepResult step();
  /// Takes the figures of this epoch; true where they are the best so far.
  bool judge(const Validation& validation);
  /// Goes to the next epoch, with the learning rate that these figures ask for.
  void next_epoch(const Validation& validation);

  /// Forward and backward of the next step alone: its loss. The gradients stand in the parameters; random
  /// numbers are put back.
  double gradients_of_next_step();

 private:
  double scheduled_lr() const;
  Objective objective() const;
  void update_average();

  const TranslationModel& model_;
  const Data& data_;
  const TrainingOptions& options_;
  Learner learner_;
  TrainingState state_;
  gradus::NamedTensors average_;
  BatchFeed feed_;
};

/// While it lives, the model has the running mean of its weights, where there is one.
class AverageInUse {
 public:
  explicit AverageInUse(const Training& training);
  ~AverageInUse();
  AverageInUse(const AverageInUse&) = delete;
  AverageInUse& operator=(const AverageInUse&) = delete;

 private:
  gradus::NamedTensors weights_, kept_;
};

/// What happens during training, for whoever shows or stores it. Empty ones are left out.
struct TrainingEvents {
  std::function<void(const StepResult& result)> step;
  std::function<void(const Validation& validation, bool best)> epoch;
  std::function<void()> checkpoint;  // the moment to store everything
  std::function<bool()> stop;        // asked between two steps, and between two batches of a validation
};

enum class Ending {
  finished,     // the epochs, the steps or the patience are used up
  interrupted,  // `stop` asked for it; checkpoint() was called
  bad_step  // the next batch gives a loss or gradients that are not finite; the state is the one before it
};

/// Trains on to the end, with a bar on standard error. The caller keeps the best weights in `events.epoch`.
Ending train(Training& training, const TrainingEvents& events);

/// A training whose length is known from the start: the learning rate rises to its peak and falls to nearly
/// nothing, so that even a short one ends well (Smith, Topin 2018).
struct ShortTraining {
  std::int64_t epochs = 10;
  std::int64_t batch = 64;  // sentences
  double peak_lr = 4e-3;
  std::uint64_t seed = 1;
  std::string title = "training";  // of the progress bar
};
struct ShortTrainingResult {
  std::int64_t steps = 0;
  double loss = 0;  // running mean at the end
  double seconds = 0;
};
/// Throws where the loss or the gradients are no finite numbers.
ShortTrainingResult train_shortly(const TranslationModel& model, std::span<const Example> examples,
                                  const ShortTraining& options);

}  // namespace translation
