// What a model thinks of translations that are there already.
#pragma once
#include "model.h"
#include "text.h"

#include <cstdint>
#include <span>
#include <vector>

namespace translation {

/// Words of a target at most that can be scored, without the end: those that a search could write.
std::int64_t most_target_words();

/// The log-probability (to the base e) of every target word and of the end, given the source and the target
/// words before it: forced decoding. It is over all words, the specials included, so that <unk> has one as
/// well. The examples are read as one batch. A model and an ensemble are stepped through alike.
std::vector<std::vector<double>> forced_log_probabilities(const Predictor& predictor,
                                                          std::span<const Example> examples);

}  // namespace translation
