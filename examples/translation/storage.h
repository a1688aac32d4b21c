// A trained translator in a folder: config.json, the two vocabularies, the best weights, and the logs of the training.
#pragma once
#include "seq2seq.h"
#include "text.h"

#include <string>

namespace translation {

/// A model and what it takes to use it.
struct Translator {
  Language source, target;
  Seq2Seq model;
};

/// Makes the folder, or takes an empty one. Throws where it holds anything.
void make_output_folder(const std::string& folder);
/// Writes everything but the weights.
void save_settings(const std::string& folder, const Language& source, const Language& target,
                   const Seq2SeqOptions& options);
/// Writes the weights; the file is replaced as a whole.
void save_weights(const std::string& folder, const Seq2Seq& model);
/// Reads it back. Throws where a file is missing or damaged, and names it.
Translator load_translator(const std::string& folder);

/// Names of the options, as the command line and config.json write them.
const char* name_of(Context context);
const char* name_of(OutputLayer output);
Context context_named(const std::string& name);
OutputLayer output_named(const std::string& name);

}  // namespace translation
