#include "training.h"

#include "progress.h"

#include <gradus/autograd/modes.h>
#include <gradus/nn/model.h>
#include <gradus/nn/named.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/random.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

namespace translation {

using namespace gradus;

namespace {

NamedTensors copies(const NamedTensors& tensors) {
  NamedTensors all;
  for (const auto& [name, tensor] : tensors) all.emplace_back(name, tensor.detach().clone());
  return all;
}

void copy_values(const NamedTensors& from, const NamedTensors& to) {
  const no_grad scope;
  for (std::size_t i = 0; i < to.size(); ++i) Tensor(to[i].second).copy_(from[i].second);
}

}  // namespace

const char* name_of(BestBy measure) { return measure == BestBy::bleu ? "bleu" : "loss"; }

BestBy best_by_named(const std::string& name) {
  return nn::named("measure of the best epoch", name, {BestBy::bleu, BestBy::loss});
}

// --- a training, step by step ------------------------------------------------------------------------------

Training::Training(const TranslationModel& model, const Data& data, const TrainingOptions& options)
    : model_(model),
      data_(data),
      options_(options),
      learner_(
          model,
          {.lr = options.lr, .beta2 = options.beta2, .weight_decay = options.weight_decay, .l2 = options.l2}),
      feed_(data, {.batch = options.batch,
                   .unit = options.batch_unit,
                   .accumulate = options.accumulate,
                   .epochs = options.epochs,
                   .subword_sampling = options.subword_sampling,
                   .reach = model.reach(),
                   .seed = options.seed}) {
  state_.lr = options.lr;
  if (options.ema > 0) average_ = copies(state_dict(model.view()));
  feed_.go_to(state_.epoch);
}

double Training::scheduled_lr() const {
  const double epochs = static_cast<double>(state_.epoch - 1) +
                        static_cast<double>(state_.batch) / static_cast<double>(batch_count());
  return learning_rate(options_.schedule, state_.lr, options_.warmup, state_.step + 1,
                       epochs / static_cast<double>(options_.epochs));
}

Objective Training::objective() const {
  return {.label_smoothing = options_.label_smoothing,
          .confidence_penalty = options_.confidence_penalty,
          .r_drop = options_.r_drop,
          .teacher_forcing = options_.teacher_forcing.ratio(state_.step)};
}

void Training::restore(const TrainingState& state, const NamedTensors& optimizer,
                       const NamedTensors& average) {
  learner_.load_optimizer_state(optimizer);
  for (auto& [name, mean] : average_) {
    const auto stored =
        std::find_if(average.begin(), average.end(), [&, &n = name](const auto& a) { return a.first == n; });
    if (stored == average.end())
      throw Error("train", "the checkpoint holds no running mean of '" + name + "'");
    mean = stored->second;
  }
  state_ = state;
  feed_.go_to(state_.epoch);
  if (state_.batch > batch_count()) {
    throw Error("train", "the checkpoint stands at batch " + std::to_string(state_.batch) + " of epoch " +
                             std::to_string(state_.epoch) + ", which has " + std::to_string(batch_count()));
  }
}

bool Training::goes_on() const {
  if (state_.batch == 0 && out_of_steps()) return false;
  return state_.epoch <= options_.epochs && state_.epoch - 1 - state_.best_epoch < options_.patience;
}

StepResult Training::step() {
  const RandomStream random = random_state();
  learner_.set_lr(scheduled_lr());
  StepResult result = learner_.step(feed_.step_batches(state_.batch), objective(), options_.clip);
  if (!options_.teacher_forcing.always()) result.teacher_forcing = objective().teacher_forcing;
  if (result.finite()) {
    state_.loss_sum += result.loss;
    ++state_.updates;
    update_average();
  } else if (options_.skip_bad_steps) {
    ++state_.skipped;
  } else {
    set_random_state(random);
    return result;
  }
  ++state_.step;
  state_.batch += feed_.step_size(state_.batch);
  return result;
}

void Training::update_average() {
  if (average_.empty()) return;
  // A shorter memory at first, so that the weights of the start are soon forgotten.
  const auto step = static_cast<double>(state_.step + 1);
  const double keep = std::min(options_.ema, step / (step + 10));
  const no_grad scope;
  const NamedTensors weights = state_dict(model_.view());
  for (std::size_t i = 0; i < weights.size(); ++i) {
    if (is_floating(weights[i].second.dtype()))
      average_[i].second.mul_(keep).add_(weights[i].second, 1 - keep);
  }
}

AverageInUse::AverageInUse(const Training& training) {
  if (training.average().empty()) return;
  weights_ = state_dict(training.model().view());
  kept_ = copies(weights_);
  copy_values(training.average(), weights_);
}

AverageInUse::~AverageInUse() { copy_values(kept_, weights_); }

bool Training::judge(const Validation& validation) {
  const double loss = std::isfinite(validation.loss) ? validation.loss : INFINITY;  // as a checkpoint has it
  const double gain = options_.best_by == BestBy::bleu
                          ? validation.bleu - state_.best.bleu
                          : state_.best.loss - loss;  // NaN where both are infinite
  // While the translations are all wrong, the loss alone says where it goes.
  const bool tie = options_.best_by == BestBy::bleu && gain == 0 && loss < state_.best.loss;
  const bool better = gain > options_.min_delta || tie;
  if (state_.best_epoch != 0 && !better) return false;
  state_.best = {loss, validation.bleu};
  state_.best_epoch = state_.epoch;
  state_.best_step = state_.step;
  return true;
}

void Training::next_epoch(const Validation& validation) {
  const bool is_worse = validation.loss >= state_.best_loss;
  if (options_.schedule == Schedule::plateau && is_worse) state_.lr *= options_.lr_decay;
  state_.best_loss = std::min(state_.best_loss, validation.loss);
  ++state_.epoch;
  state_.batch = 0;
  state_.loss_sum = 0;
  state_.updates = 0;
  feed_.go_to(state_.epoch);
}

double Training::gradients_of_next_step() {
  const RandomStream random = random_state();
  const double loss = learner_.gradients(feed_.step_batches(state_.batch), objective());
  set_random_state(random);
  return loss;
}

// --- all of it ---------------------------------------------------------------------------------------------

namespace {

/// The bar of a training: how much of it is done and how long the rest takes, validations included; the loss
/// of the epoch so far, and its speed.
class TrainingBar {
 public:
  explicit TrainingBar(const Training& training)
      : training_(training), progress_("training", done() + left(), done()) {}

  void begin_epoch() {
    start_ = std::chrono::steady_clock::now();
    tokens_ = 0;
  }
  void update(std::int64_t tokens) {
    tokens_ += tokens;
    const TrainingState& state = training_.state();
    const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start_;
    char note[120];
    std::snprintf(note, sizeof note, "epoch %lld of %lld  loss %.3f  %.0f tokens/s",
                  static_cast<long long>(state.epoch), static_cast<long long>(training_.options().epochs),
                  state.loss_sum / static_cast<double>(std::max<std::int64_t>(state.updates, 1)),
                  static_cast<double>(tokens_) / seconds.count());
    progress_.update(done(), note);
  }
  void finish() { progress_.finish(); }

 private:
  /// In epochs; one may have some batches more than another.
  double done() const {
    const TrainingState& state = training_.state();
    return static_cast<double>(state.epoch - 1) +
           static_cast<double>(state.batch) / static_cast<double>(training_.batch_count());
  }
  double left() const {
    const TrainingOptions& options = training_.options();
    const double of_epochs = static_cast<double>(options.epochs) - done();
    if (options.max_steps == 0) return of_epochs;
    const auto batches = static_cast<double>(options.max_steps - training_.state().step) *
                         static_cast<double>(options.accumulate);
    return std::min(of_epochs, batches / static_cast<double>(training_.batch_count()));
  }

  const Training& training_;
  Progress progress_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  std::int64_t tokens_ = 0;
};

void store(const TrainingEvents& events) {
  if (events.checkpoint) events.checkpoint();
}

/// Takes the steps that are left of the epoch. An ending where the training ends among them.
std::optional<Ending> take_steps(Training& training, const TrainingEvents& events, TrainingBar& bar) {
  bar.begin_epoch();
  const std::int64_t every = training.options().checkpoint_every;
  while (!training.epoch_done() && !training.out_of_steps()) {
    if (events.stop && events.stop()) {
      bar.finish();
      store(events);
      return Ending::interrupted;
    }
    const StepResult result = training.step();
    if (!result.finite() && !training.options().skip_bad_steps) {
      bar.finish();
      return Ending::bad_step;
    }
    if (events.step) events.step(result);
    bar.update(result.target_tokens);
    if (every > 0 && training.state().step % every == 0) store(events);
  }
  bar.finish();
  return {};
}

/// Validates, and tells of it. Nothing where it was interrupted.
std::optional<Validation> judged(Training& training, const TrainingEvents& events) {
  const AverageInUse scope(training);
  const std::optional<Validation> validation = validate(training.model(), training.data(), events.stop);
  if (!validation) return {};
  const bool best = training.judge(*validation);
  if (events.epoch) events.epoch(*validation, best);
  return validation;
}

}  // namespace

Ending train(Training& training, const TrainingEvents& events) {
  TrainingBar bar(training);
  while (training.goes_on()) {
    if (const std::optional<Ending> ending = take_steps(training, events, bar)) return *ending;
    // Out of steps: the validation that follows is no part of what a longer training would do.
    if (!training.epoch_done()) store(events);
    const std::optional<Validation> validation = judged(training, events);
    if (!validation) {
      store(events);
      return Ending::interrupted;
    }
    if (!training.epoch_done()) return Ending::finished;
    training.next_epoch(*validation);
    store(events);
  }
  return Ending::finished;
}

}  // namespace translation
