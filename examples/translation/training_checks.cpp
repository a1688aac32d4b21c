#include "training_checks.h"

#include <gradus/tensor/error.h>
#include <gradus/tensor/origin.h>

#include <cmath>
#include <cstdio>

namespace translation {

using namespace gradus;

namespace {

[[noreturn]] void refuse(const std::string& what) { throw Error("train", what); }

void require(bool holds, const char* rule, double value) {
  if (!holds) refuse(std::string(rule) + ", got " + std::to_string(value));
}

void check_numbers(const TrainCommand& command, const TrainingOptions& options) {
  const auto at_least = [](std::int64_t least, std::int64_t value, const char* name) {
    if (value >= least) return;
    refuse(std::string(name) + (least == 1 ? " must be positive" : " must not be negative") + ", got " +
           std::to_string(value));
  };
  at_least(1, options.batch, "--batch");
  at_least(1, options.accumulate, "--accumulate");
  at_least(1, options.epochs, "--epochs");
  at_least(0, options.max_steps, "--max-steps");
  at_least(0, options.warmup, "--warmup");
  at_least(1, options.patience, "--patience");
  at_least(0, options.checkpoint_every, "--checkpoint-every");
  at_least(1, command.keep_checkpoints, "--keep-checkpoints");
  at_least(0, command.vocabulary.min_frequency, "--min-frequency");
  at_least(0, command.vocabulary.max_size, "--max-vocabulary");
  at_least(0, command.filter.max_length, "--max-length");

  const auto finite = [](double least, double value, const char* rule) {
    require(std::isfinite(value) && value >= least, rule, value);
  };
  require(std::isfinite(options.lr) && options.lr > 0, "--lr must be a positive number", options.lr);
  finite(0, options.weight_decay, "--weight-decay must be a number from 0 on");
  finite(0, options.l2, "--l2 must be a number from 0 on");
  finite(0, options.confidence_penalty, "--confidence-penalty must be a number from 0 on");
  finite(0, options.min_delta, "--min-delta must be a number from 0 on");
  finite(0, options.r_drop, "--r-drop must be a number from 0 on");
  require(std::isfinite(options.clip) && options.clip > 0,
          "--clip must be a positive number (a large one clips nothing)", options.clip);
  require(options.lr_decay > 0 && options.lr_decay <= 1, "--lr-decay must lie in (0, 1]", options.lr_decay);

  const double ratio = command.filter.max_ratio;
  require(ratio == 0 || (std::isfinite(ratio) && ratio >= 1),
          "--max-ratio must be 0 (no limit) or a number from 1 on", ratio);

  const auto share = [](double value, const char* rule) { require(value >= 0 && value < 1, rule, value); };
  share(options.label_smoothing, "--label-smoothing must lie in [0, 1)");
  share(options.beta2, "--beta2 must lie in [0, 1)");
  share(options.ema, "--ema must lie in [0, 1)");
  share(options.subword_sampling, "--subword-sampling must lie in [0, 1)");
}

/// Tells of what was asked for on the command line, and only another kind of model would heed.
void tell_unheeded(const TrainCommand& command) {
  for (const RunOption& option : command.options) {
    const bool heeded = option.models.empty() || option.models.find(command.model) != option.models.npos;
    if (heeded || !option.given) continue;
    std::fprintf(stderr, "translate: --%s is for --model %s, and changes nothing of a %s\n",
                 option.name.c_str(), option.models.c_str(), command.model.c_str());
  }
}

void check_tokens(const TrainCommand& command, const TrainingOptions& options) {
  const std::string &source = command.source_tokens, &target = command.target_tokens;
  for (const std::string& tokens : {source, target}) {
    if (tokens != "words" && tokens != "characters" && !is_subword_kind(tokens))
      refuse("tokens are words, characters, bpe or unigram, not '" + printable(tokens) + "'");
  }
  for (const auto& [subwords, tokens] :
       {std::pair(command.source_subwords, source), std::pair(command.target_subwords, target)}) {
    if (!subwords.empty() && !is_subword_kind(tokens)) {
      refuse("the model of subwords '" + path_text(subwords) +
             "' is for bpe or unigram tokens, and the tokens are " + tokens);
    }
  }
  if (options.subword_sampling > 0 && !is_subword_kind(source) && !is_subword_kind(target)) {
    refuse("--subword-sampling is for --source-tokens or --target-tokens bpe or unigram, got " + source +
           " and " + target);
  }
  if (!has_joint_vocabulary(command)) return;
  if (source != target) {
    refuse("one vocabulary (--joint-vocabulary, --tie all) needs one kind of token for both languages, got " +
           source + " and " + target);
  }
  if (command.target_subwords != command.source_subwords && !command.target_subwords.empty()) {
    refuse("one vocabulary (--joint-vocabulary, --tie all) needs one model of subwords, got '" +
           path_text(command.source_subwords) + "' and '" + path_text(command.target_subwords) + "'");
  }
}

/// What a step makes small, and how weights shrink.
void check_objective(const TrainCommand& command, const TrainingOptions& options) {
  check_decay(options.weight_decay, options.l2);
  const bool own_words =
      options.teacher_forcing.decay != TeacherDecay::none || !options.teacher_forcing.always();
  if (own_words && command.model == "transformer") {
    refuse(
        "--teacher-forcing is for rnn, gru and lstm, which write word by word while they learn: a "
        "transformer learns "
        "from all words of a sentence at once, and has none of its own to read");
  }
  check(options.teacher_forcing);
  if (options.r_drop == 0) return;
  if (options.confidence_penalty > 0) {
    refuse("--r-drop and --confidence-penalty are not made to go together; leave one of the two out");
  }
  if (own_words) {
    refuse(
        "--r-drop compares two readings of the same words, and with --teacher-forcing below 1 each reading "
        "has words "
        "of its own; leave one of the two out");
  }
  ModelOptions model = command.shape;
  model.kind = model_kind_named(command.model);
  if (!has_dropout(model)) refuse("--r-drop compares two readings with different dropout, and there is none");
}

}  // namespace

bool has_joint_vocabulary(const TrainCommand& command) {
  return command.joint_vocabulary || command.tie == "all";
}

void check_options(const TrainCommand& command, const TrainingOptions& training) {
  tell_unheeded(command);
  check_numbers(command, training);
  check_tokens(command, training);
  check_objective(command, training);
}

}  // namespace translation
