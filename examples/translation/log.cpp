#include "log.h"

#include <gradus/tensor/error.h>

#include <nlohmann/json.hpp>

#include <cerrno>
#include <cstring>

namespace translation {

using json = nlohmann::ordered_json;

TrainingLog::TrainingLog(const std::string& folder)
    : log_(open(folder + "/log.jsonl")), timing_(open(folder + "/timing.jsonl")) {}

TrainingLog::File TrainingLog::open(const std::string& path) {
  File file(std::fopen(path.c_str(), "wb"));
  if (!file) throw gradus::Error("train", "'" + path + "' cannot be written: " + std::strerror(errno));
  return file;
}

void TrainingLog::write(const File& file, const std::string& line) {
  if (std::fputs((line + "\n").c_str(), file.get()) < 0) {
    throw gradus::Error("train", std::string("the log cannot be written: ") + std::strerror(errno));
  }
}

void TrainingLog::step(std::int64_t step, const StepResult& result, double lr) {
  write(log_, json{{"step", step}, {"loss", result.loss}, {"lr", lr}, {"gradient_norm", result.gradient_norm}}.dump());
}

void TrainingLog::epoch(std::int64_t epoch, const Validation& validation, double seconds) {
  write(log_, json{{"epoch", epoch},
                   {"valid_loss", validation.loss},
                   {"valid_perplexity", validation.perplexity},
                   {"valid_bleu", validation.bleu}}.dump());
  write(timing_, json{{"epoch", epoch}, {"seconds", seconds}}.dump());
  std::fflush(log_.get());
  std::fflush(timing_.get());
}

}  // namespace translation
