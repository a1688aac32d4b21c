// What `translate train` and `run` do with their options.
#pragma once
#include "training_setup.h"

#include <iosfwd>
#include <string>

namespace translation {

/// Trains, or goes on with a run. Returns the status to leave with: 0, or 130 or 143 after a signal.
int run_training(TrainCommand& command);

struct RunCommand {
  std::string folder;
  std::int64_t beam = 1;
  int threads = 0;
};
/// Translates in batches as lines come in; the output has a line for every line of the input.
void run_translation(const RunCommand& command, std::istream& in, std::ostream& out);

}  // namespace translation
