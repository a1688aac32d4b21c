#include "samples.h"

#include "bleu.h"

#include <gradus/tensor/atomic_file.h>

#include <nlohmann/json.hpp>

#include <cstdio>
#include <filesystem>

namespace translation {

namespace fs = std::filesystem;

namespace {

std::string samples_path(const std::string& folder, std::int64_t epoch) {
  char name[64];
  std::snprintf(name, sizeof name, "epoch-%04lld.txt", static_cast<long long>(epoch));
  return (fs::path(folder) / "samples" / name).string();
}

}  // namespace

void save_samples(const std::string& folder, std::int64_t epoch, const Validation& validation) {
  std::string text;
  for (const std::string& translation : validation.translations) text += translation + "\n";
  gradus::write_file_atomically(samples_path(folder, epoch), text);
}

void remove_samples(const std::string& folder, std::int64_t from_epoch) {
  std::error_code none;  // one that cannot be removed is written over later
  for (std::int64_t epoch = from_epoch; fs::remove(samples_path(folder, epoch), none); ++epoch) {
  }
}

void save_scores(const std::string& folder, const TrainingState& state, scoring::Tokenizer bleu_tokenizer) {
  const scoring::Bleu bleu({.tokenizer = bleu_tokenizer});
  const nlohmann::ordered_json scores{
      {"epoch", state.best_epoch},     {"step", state.best_step},
      {"valid_loss", state.best.loss}, {"valid_perplexity", std::exp(state.best.loss)},
      {"valid_bleu", state.best.bleu}, {"bleu_signature", bleu.signature()}};
  gradus::write_file_atomically((fs::path(folder) / "scores.json").string(), scores.dump(2) + "\n");
}

}  // namespace translation
