// A trained translator in a folder: config.json, the two vocabularies and the best weights.
#pragma once
#include "json_object.h"
#include "model.h"
#include "run_options.h"
#include "text.h"

#include <gradus/tensor/safetensors.h>

#include <map>
#include <span>
#include <string>

namespace translation {

/// A model and what it takes to use it.
struct Translator {
  Language source, target;
  std::unique_ptr<TranslationModel> model;
};

/// What config.json says of a run.
struct Settings {
  std::string text;    // of the file
  std::string digest;  // of what never changes in the run: all but the options that may change
};
/// What a token of each language is: "words", "bpe" ...
struct TokenKinds {
  std::string source, target;
};
/// `texts`: the digests of the files that it learns from and is judged by.
Settings make_settings(const Language& source, const Language& target, const ModelOptions& model,
                       std::span<const RunOption> run, const std::map<std::string, std::string>& texts);
/// The same for a run that has not begun: a file for `translate train --config`.
std::string make_config(const TokenKinds& tokens, const ModelOptions& model, std::span<const RunOption> run);
/// Throws where the config says that it is of another format than those that are written here.
void check_format(const JsonObject& config);
/// "batch-unit" is "batch_unit" there.
std::string config_key(std::string option);

/// Writes everything but the weights; config.json, which makes the folder a run, comes last.
void save_settings(const std::string& folder, const Language& source, const Language& target,
                   const Settings& settings);
/// The two vocabularies of a run. Throws where a file is missing or damaged, and names it.
void load_languages(const std::string& folder, Language& source, Language& target);
/// The text of a run's config.json.
std::string load_config(const std::string& folder);
/// The text of a config anywhere. Throws where it cannot be read or is larger than any config.
std::string read_config(const std::string& path);
/// Writes the weights that `run` uses; the file is replaced as a whole.
void save_weights(const std::string& folder, const gradus::NamedTensors& weights);
/// Reads it back: from a run's folder, or with other weights than its best, from a safetensors file in that
/// folder. Throws where a file is missing or damaged, and names it.
Translator load_translator(const std::string& place);

}  // namespace translation
