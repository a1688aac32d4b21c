// What `translate train` is asked for, and what that makes: data, a model, settings.
#pragma once
#include "run_options.h"
#include "storage.h"
#include "training.h"

#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace translation {

struct TrainCommand {
  TrainCommand() = default;
  TrainCommand(const TrainCommand&) = delete;  // `options` points into it
  TrainCommand& operator=(const TrainCommand&) = delete;

  std::string source, target, valid_source, valid_target, out;
  std::string config;  // a file of options; "": none
  std::string source_tokens = "words", target_tokens = "words";
  std::string source_subwords, target_subwords;  // models of SentencePiece's to use; "": learnt from the text
  bool joint_vocabulary = false;
  gradus::VocabularyOptions vocabulary{.min_frequency = 2};
  gradus::LengthFilter filter{.max_length = 100};
  // Names of options, as the command line gives them.
  std::string model = "gru", attention = "additive", normalizer = "softmax", pattern = "full",
              timing = "before", context = "last", output = "deep", norm = "pre", norm_kind = "layer",
              feed_forward = "relu", positions = "sinusoidal", tie = "target";
  ModelOptions shape;
  TrainingOptions training;
  std::string batch_unit = "sentences", schedule = "plateau", bleu_tokenizer = "auto", best_by = "bleu",
              teacher_forcing_decay = "none";
  int threads = 0;
  std::int64_t keep_checkpoints = 3;
  bool resume = false;
  std::vector<RunOption> options;  // those that the run keeps
};

/// All that the options make before the first step, the same in every process that goes on with a run or
/// repeats it.
struct Setup {
  TrainingOptions training;
  Data data;
  std::map<std::string, std::string>
      texts;  // digests of the four files of text, by the option that names them
  Settings settings;
  std::unique_ptr<TranslationModel> model;  // with its initial weights, from the seed
};
/// With a schedule that depends on it the number of epochs decides on every step: it may not change.
void fix_what_the_schedule_needs(TrainCommand& command, Schedule schedule);

/// Reads the text and makes the model. The vocabularies are made from the text, or read from the folder of a
/// run that `goes_on`. The paths of the text become absolute. Throws for options that make no sense.
Setup set_up(TrainCommand& command, bool goes_on);

/// The options as the text of a config: a file for --config.
std::string config_of(const TrainCommand& command);

/// Throws where a text is not the one that `config`, the text of config.json, was written for.
void check_texts(const TrainCommand& command, const Setup& setup, const std::string& config);

/// The lines of the training text, from 1, that hold these examples, "3, 17, 20 of FILE", in their order.
std::string lines_of(const TrainCommand& command, const Data& data, std::span<const std::int64_t> examples);

}  // namespace translation
