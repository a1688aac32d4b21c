#include "replay.h"

#include "checkpoint.h"
#include "log.h"

#include <gradus/nn/model.h>
#include <gradus/optim/clip.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/parallel.h>
#include <gradus/tensor/random.h>

#include <bit>
#include <charconv>
#include <ostream>

namespace translation {

using namespace gradus;

namespace {

std::string digits(double value) {
  if (std::isnan(value)) return "nan";  // of either sign
  char text[40];
  return {text, std::to_chars(text, text + sizeof text, value, std::chars_format::general, 17).ptr};
}

/// Of one NaN, any NaN is the same.
bool same(double a, double b) {
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b) ||
         (std::isnan(a) && std::isnan(b));
}

/// log.jsonl has null for all that are no finite numbers.
double as_logged(double value) { return std::isfinite(value) ? value : NAN; }

/// Puts the training at the latest checkpoint of at most `steps` steps; says where.
std::string start(Training& training, const std::string& folder, const std::string& run, std::int64_t steps) {
  std::optional<Checkpoint> checkpoint = latest_checkpoint(folder, {.run = run, .most_steps = steps});
  if (!checkpoint) return "the seed";
  load_state_dict(training.model().view(), checkpoint->weights);
  training.restore(checkpoint->state, checkpoint->optimizer, checkpoint->average);
  set_random_state(checkpoint->random);
  return checkpoint_path(folder, checkpoint->state.step);
}

void advance(Training& training, std::int64_t steps) {
  while (true) {
    if (training.epoch_done()) {
      const AverageInUse scope(training);
      const Validation validation = *validate(training.model(), training.data());
      training.judge(validation);
      training.next_epoch(validation);
    } else if (training.state().step < steps) {
      training.step();
    } else {
      return;
    }
  }
}

}  // namespace

int run_replay(const ReplayCommand& command, TrainCommand& options, std::ostream& out) {
  if (command.threads != 0) set_num_threads(command.threads);
  if (command.step < 1) throw Error("replay", "--step counts from 1, got " + std::to_string(command.step));
  const std::string config = load_config(command.folder);
  take_stored_options(options.options, config, command.folder);
  options.out = command.folder;
  options.training.skip_bad_steps = true;  // a step that was left out is left out again
  const LoggedStep logged = logged_step(command.folder, command.step);
  const Setup setup = set_up(options, true);
  check_texts(options, setup, config);
  Training training(*setup.model, setup.data, setup.training);
  const std::string from = start(training, command.folder, setup.settings.digest, command.step - 1);
  advance(training, command.step - 1);
  out << "step " << command.step << ", epoch " << training.state().epoch << ", made again from " << from
      << "\n";
  out << "sentences       " << lines_of(options, setup.data, training.next_examples()) << "\n";

  const double loss = training.gradients_of_next_step();
  const auto norms = gradient_norms(*setup.model);
  const double norm = optim::clip_grad_norm_(parameters(setup.model->view()), INFINITY);
  const auto compare = [&out](const char* what, double now, double before) {
    const bool equal = same(as_logged(now), before);
    out << what << digits(now) << "  log.jsonl: " << digits(before)
        << (equal ? ", the same bit for bit\n" : ", NOT the same\n");
    return equal;
  };
  const bool equal = compare("loss            ", loss, logged.loss);
  compare("gradient norm   ", norm, logged.gradient_norm);
  for (const auto& [name, value] : norms) out << "  " << digits(value) << "  " << name << "\n";
  return equal ? 0 : 1;
}

}  // namespace translation
