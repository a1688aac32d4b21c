// The two logs of a training run, one JSON object a line: what was learnt (the same bytes in every run of one
// seed, however often it was interrupted), and when.
#pragma once
#include "training.h"

#include <cstdint>
#include <string>
#include <vector>

namespace translation {

/// A file that grows by whole lines, each given to the system at once: a killed process leaves all of them.
class GrowingFile {
 public:
  /// Goes on behind the first `bytes` bytes and drops what follows; all of it stays with -1. Throws where
  /// there are fewer.
  GrowingFile(const std::string& path, std::int64_t bytes);
  GrowingFile(const GrowingFile&) = delete;
  GrowingFile& operator=(const GrowingFile&) = delete;

  void add_line(std::string line);
  /// Waits until it is on the disk.
  void sync();
  std::int64_t size() const { return size_; }

 private:
  [[noreturn]] void fail(const std::string& step) const;
  /// Closed also where the constructor throws.
  struct Descriptor {
    int number = -1;
    ~Descriptor();
  };
  std::string path_;
  Descriptor file_;
  std::int64_t size_ = 0;
};

/// The bytes of log.jsonl in a folder; 0 where there is none.
std::int64_t log_size(const std::string& folder);

class TrainingLog {
 public:
  /// Opens log.jsonl, cut back to `bytes` bytes, and timing.jsonl, which gets {"start": time, "step"}.
  TrainingLog(const std::string& folder, std::int64_t bytes, std::int64_t step);
  /// {"step", "loss", "lr", "gradient_norm"}; "teacher_forcing" where the result has it; and "skipped", the
  /// number of steps without an update, where this is one.
  void step(const TrainingState& state, const StepResult& result, double lr);
  /// {"epoch", "valid_loss", "valid_perplexity", "valid_word_perplexity", "valid_bleu"}, and {"epoch",
  /// "step", "seconds"} in timing.jsonl.
  void epoch(const TrainingState& state, const Validation& validation, double seconds);
  /// {"checkpoint": step, "seconds"} in timing.jsonl.
  void checkpoint(std::int64_t step, double seconds);
  /// Brings log.jsonl to the disk: its length.
  std::int64_t sync();

 private:
  GrowingFile log_, timing_;
};

/// A step's line of log.jsonl.
struct LoggedStep {
  double loss, gradient_norm;  // nan where they were no finite numbers
};
/// Throws where the log has no such step.
LoggedStep logged_step(const std::string& folder, std::int64_t step);

/// An epoch's line of log.jsonl, and the number of steps that were taken by then.
struct LoggedEpoch {
  std::int64_t epoch, step;
  double bleu;  // of the validation
};
std::vector<LoggedEpoch> logged_epochs(const std::string& folder);

}  // namespace translation
