// Schedules: the learning rate as a function of the step.
//
//   optim::CosineAnnealingLR schedule{.base_lr = 1e-3, .t_max = 10'000};
//   ...
//   adam.set_lr(schedule(step));     // step 0, 1, 2, ...: the number of optimiser steps done before this one
//   adam.step();
//
// Whether a step is a batch or an epoch is the caller's choice. Each is the formula of the PyTorch scheduler
// of the same name. Impossible arguments throw when the schedule is asked.
#pragma once
#include <cstdint>
#include <limits>
#include <vector>

namespace gradus::optim {

/// base_lr * factor for the first total_iters steps, base_lr after them.
struct ConstantLR {
  double base_lr;
  double factor = 1.0 / 3;
  std::int64_t total_iters = 5;
  double operator()(std::int64_t step) const;
};

/// base_lr * gamma^(step / step_size), the quotient rounded down.
struct StepLR {
  double base_lr;
  std::int64_t step_size;
  double gamma = 0.1;
  double operator()(std::int64_t step) const;
};

/// base_lr * gamma^(number of milestones that are reached); a milestone that stands twice counts twice.
struct MultiStepLR {
  double base_lr;
  std::vector<std::int64_t> milestones;
  double gamma = 0.1;
  double operator()(std::int64_t step) const;
};

/// base_lr * gamma^step.
struct ExponentialLR {
  double base_lr;
  double gamma;
  double operator()(std::int64_t step) const;
};

/// eta_min + (base_lr - eta_min) (1 + cos(pi step / t_max)) / 2 (Loshchilov, Hutter 2017). Goes up again
/// after t_max.
struct CosineAnnealingLR {
  double base_lr;
  std::int64_t t_max;
  double eta_min = 0;
  double operator()(std::int64_t step) const;
};

/// Half a cosine over t_0 steps, then from the start over t_0 t_mult steps, then over t_0 t_mult^2, ...
struct CosineAnnealingWarmRestarts {
  double base_lr;
  std::int64_t t_0;
  std::int64_t t_mult = 1;
  double eta_min = 0;
  double operator()(std::int64_t step) const;
};

/// base_lr times a factor that goes from start_factor to end_factor in total_iters steps and stays there.
struct LinearLR {
  double base_lr;
  double start_factor = 1.0 / 3;
  double end_factor = 1;
  std::int64_t total_iters = 5;
  double operator()(std::int64_t step) const;
};

/// Rises linearly from start_factor * after(0) to after(0) in `steps` steps, then goes on with after(step -
/// steps): Warmup<CosineAnnealingLR> schedule{.steps = 400, .after = {.base_lr = 1e-3, .t_max = 10'000}}.
template <class Schedule>
struct Warmup {
  std::int64_t steps;
  double start_factor = 0;
  Schedule after;
  double operator()(std::int64_t step) const {
    if (step >= steps) return after(step - steps);
    return LinearLR{after(0), start_factor, 1, steps}(step);
  }
};

/// factor * model_size^-0.5 * min(n^-0.5, n * warmup^-1.5) with n = step + 1 ("Attention Is All You Need",
/// equation 3).
struct NoamLR {
  std::int64_t model_size;
  std::int64_t warmup;
  double factor = 1;
  double operator()(std::int64_t step) const;
};

/// Rises linearly to base_lr in `warmup` steps, then falls with the inverse square root: base_lr * min(n /
/// warmup, sqrt(warmup / n)) with n = step + 1.
struct InverseSqrtLR {
  double base_lr;
  std::int64_t warmup;
  double operator()(std::int64_t step) const;
};

enum class Anneal { cos, linear };

/// From max_lr / div_factor up to max_lr in pct_start of all steps, then down to max_lr / (div_factor
/// final_div_factor) (Smith, Topin 2018). With three_phase first down to max_lr / div_factor in as many steps
/// as up. Asking beyond total_steps throws.
struct OneCycleLR {
  double max_lr;
  std::int64_t total_steps;
  double pct_start = 0.3;
  Anneal anneal_strategy = Anneal::cos;
  double div_factor = 25;
  double final_div_factor = 1e4;
  bool three_phase = false;
  double operator()(std::int64_t step) const;
};

struct ReduceLROnPlateauOptions {
  enum class Mode { min, max } mode = Mode::min;
  double factor = 0.1;
  std::int64_t patience = 10;  // this many epochs without an improvement are let pass
  double threshold = 1e-4;
  enum class ThresholdMode { rel, abs } threshold_mode = ThresholdMode::rel;
  std::int64_t cooldown = 0;  // epochs after a reduction in which none are counted
  double min_lr = 0;
  double eps = 1e-8;          // a smaller change of the learning rate is not made
};

/// The one schedule that depends on what happens: multiplies the learning rate by `factor` when a metric has
/// stopped improving: adam.set_lr(plateau.step(valid_loss)) after each epoch.
class ReduceLROnPlateau {
 public:
  using Options = ReduceLROnPlateauOptions;
  /// All that changes: what a checkpoint keeps.
  struct State {
    double lr;
    double best;
    std::int64_t bad_epochs = 0;
    std::int64_t cooldown_left = 0;
  };

  explicit ReduceLROnPlateau(double base_lr, const Options& options = {});
  /// Takes the metric of an epoch, returns the learning rate from now on.
  double step(double metric);
  double lr() const { return state_.lr; }
  const State& state() const { return state_; }
  void set_state(const State& state) { state_ = state; }

 private:
  bool better(double metric) const;
  Options options_;
  State state_;
};

}  // namespace gradus::optim
