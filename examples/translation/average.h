// The mean of the weights of several checkpoints of one training.
#pragma once
#include <cstdint>
#include <iosfwd>
#include <string>

namespace translation {

struct AverageCommand {
  std::string folder = "", out = "";
  std::int64_t last = 0, best = 0;  // how many; one of them
};

/// Writes the mean of the weights (with --ema of their running means, which the validations judge) of the
/// `last` latest checkpoints of a run, or of the `best` ones at the ends of epochs by their validation BLEU,
/// as a safetensors file, and names them on `text`. Sums are made in float64.
void run_average(const AverageCommand& command, std::ostream& text);

}  // namespace translation
