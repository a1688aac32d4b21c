// A trained translator in a folder: config.json, the two vocabularies, the best weights, and the logs of the training.
#pragma once
#include "model.h"
#include "text.h"

#include <string>

namespace translation {

/// A model and what it takes to use it.
struct Translator {
  Language source, target;
  std::unique_ptr<TranslationModel> model;
};

/// Makes the folder, or takes an empty one. Throws where it holds anything.
void make_output_folder(const std::string& folder);
/// Writes everything but the weights.
void save_settings(const std::string& folder, const Language& source, const Language& target,
                   const ModelOptions& options);
/// Writes the weights; the file is replaced as a whole.
void save_weights(const std::string& folder, const TranslationModel& model);
/// Reads it back. Throws where a file is missing or damaged, and names it.
Translator load_translator(const std::string& folder);

}  // namespace translation
