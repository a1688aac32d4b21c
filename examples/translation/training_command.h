// What `translate train`, `run` and `score` do with their options.
#pragma once
#include "training.h"

#include <iosfwd>
#include <string>

namespace translation {

struct TrainCommand {
  std::string source, target, valid_source, valid_target, out;
  std::string source_tokens = "words", target_tokens = "words";
  gradus::VocabularyOptions vocabulary{.min_frequency = 2};
  gradus::LengthFilter filter{.max_length = 100};
  // Names of options, as the command line gives them.
  std::string model = "gru", attention = "additive", normalizer = "softmax", pattern = "full", timing = "before", context = "last",
              output = "deep", norm = "pre", norm_kind = "layer", feed_forward = "relu", positions = "sinusoidal", tie = "target";
  ModelOptions shape;
  TrainingOptions training;
  std::string batch_unit = "sentences";
  int threads = 0;
};
void run_training(const TrainCommand& command);

struct RunCommand {
  std::string folder;
  std::int64_t beam = 1;
  int threads = 0;
};
/// Translates in batches as lines come in; the output has a line for every line of the input.
void run_translation(const RunCommand& command, std::istream& in, std::ostream& out);

/// Prints the BLEU of the lines of `in` against those of a file.
void run_scoring(const std::string& reference, std::istream& in, std::ostream& out);

}  // namespace translation
