// The two logs of a training run, one JSON object a line: what was learnt (the same in every run of one seed), and when.
#pragma once
#include "training.h"

#include <cstdio>
#include <memory>
#include <string>

namespace translation {

class TrainingLog {
 public:
  /// Opens log.jsonl and timing.jsonl in the folder.
  explicit TrainingLog(const std::string& folder);
  /// {"step", "loss", "lr", "gradient_norm"}
  void step(std::int64_t step, const StepResult& result, double lr);
  /// {"epoch", "valid_loss", "valid_perplexity", "valid_bleu"}, and {"epoch", "seconds"} in timing.jsonl.
  void epoch(std::int64_t epoch, const Validation& validation, double seconds);

 private:
  struct Close {
    void operator()(std::FILE* file) const { std::fclose(file); }
  };
  using File = std::unique_ptr<std::FILE, Close>;
  static File open(const std::string& path);
  void write(const File& file, const std::string& line);

  File log_, timing_;
};

}  // namespace translation
