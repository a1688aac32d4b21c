// What `translate train` does with its options.
#pragma once
#include "training_setup.h"

namespace translation {

/// Trains, or goes on with a run. Returns the status to leave with: 0, or 130 or 143 after a signal.
int run_training(TrainCommand& command);

}  // namespace translation
