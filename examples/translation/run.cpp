#include "run.h"

#include "checkpoint.h"
#include "progress.h"
#include "samples.h"

#include <gradus/nn/model.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/origin.h>
#include <gradus/tensor/random.h>

#include <cstdio>

namespace translation {

using namespace gradus;

Run::Run(const TrainCommand& command, const Setup& setup)
    : command_(command), setup_(setup), training_(*setup.model, setup.data, setup.training) {}

double Run::seconds() const {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
}

void Run::take_up() {
  std::optional<Checkpoint> checkpoint = latest_checkpoint(
      command_.out, {.run = setup_.settings.digest, .most_log_bytes = log_size(command_.out)});
  if (checkpoint) {
    load_state_dict(setup_.model->view(), checkpoint->weights);
    training_.restore(checkpoint->state, checkpoint->optimizer, checkpoint->average);
    set_random_state(checkpoint->random);
    best_ = std::move(checkpoint->best);
    remove_old_checkpoints(command_.out, command_.keep_checkpoints, state().step, state().best_step);
    if (!best_.empty()) save_best();  // the files may be of a later moment than the checkpoint
  }
  if (!checkpoint) check_has_nothing_to_lose();
  remove_samples(command_.out, state().epoch);
  log_.emplace(command_.out, checkpoint ? checkpoint->log_bytes : 0, state().step);
}

/// A second epoch begins behind the checkpoint of the first: where that is gone, somebody took it away.
void Run::check_has_nothing_to_lose() const {
  if (log_size(command_.out) == 0) return;
  const auto epochs = static_cast<long long>(logged_epochs(command_.out).size());
  if (epochs < 2) return;
  throw Error("train", "the run in '" + path_text(command_.out) + "' has learnt for " +
                           std::to_string(epochs) +
                           " epochs, and its checkpoints are gone: put one back into '" +
                           path_text(command_.out) + "/checkpoints', or begin anew in another folder");
}

Ending Run::go(const Interruption& interruption) {
  TrainingEvents events;
  events.step = [this](const StepResult& result) { log_->step(state(), result, training_.learner().lr()); };
  events.epoch = [this](const Validation& validation, bool best) { end_epoch(validation, best); };
  events.checkpoint = [this] { store(); };
  events.stop = [&interruption] { return interruption.requested(); };
  return train(training_, events);
}

void Run::check_weights() const {
  const std::string broken = first_broken_weight(setup_.model->view());
  if (broken.empty()) return;
  throw Error("train", "after step " + std::to_string(state().step) + " the weight '" + broken +
                           "' holds a number that is not finite: nothing is saved of it, and what was saved "
                           "before is kept. Try a smaller --lr or --clip in a new folder");
}

void Run::end_epoch(const Validation& validation, bool best) {
  check_weights();
  log_->epoch(state(), validation, seconds());
  if (best) {
    best_.clear();
    for (const auto& [name, tensor] : state_dict(setup_.model->view()))
      best_.emplace_back(name, tensor.clone());
    save_best();
  }
  save_samples(command_.out, state().epoch, validation);
  std::fprintf(stderr, "epoch %-3lld valid loss %.3f  perplexity %.2f, per word %.2f  BLEU %.2f%s  (%s)\n",
               static_cast<long long>(state().epoch), validation.loss, validation.perplexity,
               validation.word_perplexity, validation.bleu, best ? " *" : "",
               duration_text(seconds()).c_str());
}

void Run::save_best() const {
  save_weights(command_.out, best_);
  save_scores(command_.out, state(), setup_.data.bleu_tokenizer);
}

void Run::store() {
  check_weights();
  save_checkpoint(checkpoint_path(command_.out, state().step),
                  {.state = state(),
                   .random = random_state(),
                   .log_bytes = log_->sync(),
                   .run = setup_.settings.digest,
                   .weights = state_dict(setup_.model->view()),
                   .optimizer = training_.learner().optimizer_state(),
                   .best = best_,
                   .average = training_.average()});
  log_->checkpoint(state().step, seconds());
  remove_old_checkpoints(command_.out, command_.keep_checkpoints, state().step, state().best_step);
}

void Run::report_bad_step() {
  const std::string broken = first_broken_weight(setup_.model->view());
  if (broken.empty()) store();
  const double loss = training_.gradients_of_next_step();
  std::string gradients = "all gradients are finite";
  for (const auto& [name, norm] : gradient_norms(*setup_.model)) {
    if (std::isfinite(norm)) continue;
    gradients = "the first gradient that is no finite number is that of '" + name + "'";
    break;
  }
  const std::int64_t first = state().batch + 1, last = state().batch + training_.next_size();
  throw Error(
      "train",
      "step " + std::to_string(state().step + 1) + " (epoch " + std::to_string(state().epoch) + ", batch " +
          std::to_string(first) + (last == first ? "" : " to " + std::to_string(last)) + "): the loss is " +
          std::to_string(loss) + ", and " + gradients + "; the sentences of the step are the lines " +
          lines_of(command_, setup_.data, training_.next_examples()) +
          (broken.empty()
               ? "; the state before this step is kept. "
               : "; the weight '" + broken + "' was no finite number before it, so that nothing is saved. ") +
          "Try a smaller --lr or --clip in a new folder" +
          (broken.empty() ? ", or leave such steps out: translate train --out " + path_text(command_.out) +
                                " --resume --skip-bad-steps"
                          : ""));
}

}  // namespace translation
