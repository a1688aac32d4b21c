// A training in its folder: what is stored when, and how it is taken up again.
#pragma once
#include "interruption.h"
#include "log.h"
#include "training_setup.h"

#include <chrono>
#include <optional>

namespace translation {

class Run {
 public:
  /// Both must outlive it.
  Run(const TrainCommand& command, const Setup& setup);

  /// Goes on from the latest checkpoint, or from the start where there is none.
  void take_up();
  Ending go(const Interruption& interruption);
  /// After Ending::bad_step: keeps the state before the next batch, and throws an Error that says what is
  /// wrong with that.
  [[noreturn]] void report_bad_step();

  const Training& training() const { return training_; }
  const TrainingState& state() const { return training_.state(); }
  double seconds() const;

 private:
  void check_weights() const;
  void end_epoch(const Validation& validation, bool best);
  void save_best() const;
  void store();
  void check_has_nothing_to_lose() const;

  const TrainCommand& command_;
  const Setup& setup_;
  Training training_;
  gradus::NamedTensors best_;  // weights; they are in model.safetensors and in every checkpoint
  std::optional<TrainingLog> log_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace translation
