// What the options of `translate train` must not say.
#pragma once
#include "training_setup.h"

namespace translation {

/// One vocabulary for both languages is asked for.
bool has_joint_vocabulary(const TrainCommand& command);

/// Throws where a number is out of its range, or options do not go together; those of the model alone are
/// make_model's. `training` are the options of the command with all their names understood.
void check_options(const TrainCommand& command, const TrainingOptions& training);

}  // namespace translation
