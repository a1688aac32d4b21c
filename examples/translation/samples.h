// What a run shows of its validations, beside the figures in log.jsonl: what the model wrote, and how good
// the best is.
#pragma once
#include "training.h"

#include <string>

namespace translation {

/// FOLDER/samples/epoch-0003.txt: the translations of the validation text by the third epoch's model, line by
/// line.
void save_samples(const std::string& folder, std::int64_t epoch, const Validation& validation);

/// Those of this epoch and later ones go: a training goes on from before them.
void remove_samples(const std::string& folder, std::int64_t from_epoch);

/// FOLDER/scores.json: of the best epoch, whose weights are model.safetensors.
void save_scores(const std::string& folder, const TrainingState& state, scoring::Tokenizer bleu_tokenizer);

}  // namespace translation
