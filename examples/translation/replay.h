// A step of a training made again.
#pragma once
#include "training_setup.h"

#include <cstdint>
#include <iosfwd>
#include <string>

namespace translation {

struct ReplayCommand {
  std::string folder;
  std::int64_t step = 0;  // from 1
  int threads = 0;
};

/// Makes the step again, from the latest checkpoint before it or from the seed, and prints its loss and the
/// norms of its gradients beside those of log.jsonl. Writes nothing. Returns the status to leave with: 0, or
/// 1 where the loss differs by a bit. `training` is where the options of the run are put.
int run_replay(const ReplayCommand& command, TrainCommand& training, std::ostream& out);

}  // namespace translation
