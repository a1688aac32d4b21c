// The command line of `translate train`.
#pragma once
#include "training_setup.h"

namespace CLI {
class App;
}

namespace translation {

/// Adds the subcommand; parsing fills `command`, and command.options lists what the run keeps.
CLI::App* add_train(CLI::App& program, TrainCommand& command);

}  // namespace translation
