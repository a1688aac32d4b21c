#include <gradus/optim/schedule.h>
#include <gradus/tensor/error.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <numbers>
#include <string>

namespace gradus::optim {
namespace {

void check_step(const char* schedule, std::int64_t step) {
  if (step < 0) throw Error(schedule, "step " + std::to_string(step) + " is negative; steps count from 0");
}

void check_positive(const char* schedule, const char* argument, std::int64_t value) {
  if (value <= 0) {
    throw Error(schedule, argument + (" is " + std::to_string(value) + "; it must be at least 1"));
  }
}

/// From `high` at fraction 0 to `low` at fraction 1 along half a cosine.
double half_cosine(double high, double low, double fraction) {
  return low + (high - low) * (1 + std::cos(std::numbers::pi * fraction)) / 2;
}

}  // namespace

double ConstantLR::operator()(std::int64_t step) const {
  check_step("ConstantLR", step);
  return step < total_iters ? base_lr * factor : base_lr;
}

double StepLR::operator()(std::int64_t step) const {
  check_step("StepLR", step);
  check_positive("StepLR", "step_size", step_size);
  const std::int64_t reductions = step / step_size;
  return base_lr * std::pow(gamma, static_cast<double>(reductions));
}

double MultiStepLR::operator()(std::int64_t step) const {
  check_step("MultiStepLR", step);
  const auto reached =
      std::count_if(milestones.begin(), milestones.end(), [&](std::int64_t m) { return m <= step; });
  return base_lr * std::pow(gamma, static_cast<double>(reached));
}

double ExponentialLR::operator()(std::int64_t step) const {
  check_step("ExponentialLR", step);
  return base_lr * std::pow(gamma, static_cast<double>(step));
}

double CosineAnnealingLR::operator()(std::int64_t step) const {
  check_step("CosineAnnealingLR", step);
  check_positive("CosineAnnealingLR", "t_max", t_max);
  return half_cosine(base_lr, eta_min, static_cast<double>(step) / static_cast<double>(t_max));
}

double CosineAnnealingWarmRestarts::operator()(std::int64_t step) const {
  check_step("CosineAnnealingWarmRestarts", step);
  check_positive("CosineAnnealingWarmRestarts", "t_0", t_0);
  check_positive("CosineAnnealingWarmRestarts", "t_mult", t_mult);
  std::int64_t length = t_0;
  if (t_mult == 1) {
    step %= length;
  } else {
    while (step >= length) {
      step -= length;
      length *= t_mult;
    }
  }
  return half_cosine(base_lr, eta_min, static_cast<double>(step) / static_cast<double>(length));
}

double LinearLR::operator()(std::int64_t step) const {
  check_step("LinearLR", step);
  check_positive("LinearLR", "total_iters", total_iters);
  const double fraction = static_cast<double>(std::min(step, total_iters)) / static_cast<double>(total_iters);
  return base_lr * (start_factor + (end_factor - start_factor) * fraction);
}

double NoamLR::operator()(std::int64_t step) const {
  check_step("NoamLR", step);
  check_positive("NoamLR", "model_size", model_size);
  check_positive("NoamLR", "warmup", warmup);
  const auto n = static_cast<double>(step + 1);
  return factor / std::sqrt(static_cast<double>(model_size)) *
         std::min(1 / std::sqrt(n), n * std::pow(static_cast<double>(warmup), -1.5));
}

double InverseSqrtLR::operator()(std::int64_t step) const {
  check_step("InverseSqrtLR", step);
  check_positive("InverseSqrtLR", "warmup", warmup);
  const auto n = static_cast<double>(step + 1), peak = static_cast<double>(warmup);
  return base_lr * std::min(n / peak, std::sqrt(peak / n));
}

double OneCycleLR::operator()(std::int64_t step) const {
  check_step("OneCycleLR", step);
  check_positive("OneCycleLR", "total_steps", total_steps);
  if (step > total_steps) {
    throw Error("OneCycleLR",
                "step " + std::to_string(step) + " lies beyond total_steps " + std::to_string(total_steps));
  }
  if (!(pct_start >= 0 && pct_start <= 1)) {
    throw Error("OneCycleLR", "pct_start is " + std::to_string(pct_start) + "; it must lie in [0, 1]");
  }
  const double initial = max_lr / div_factor, lowest = initial / final_div_factor;
  const auto total = static_cast<double>(total_steps), at = static_cast<double>(step);
  const double peak = pct_start * total - 1;  // the step at which max_lr is reached
  const auto between = [&](double from, double to, double start, double end) {
    const double fraction = end > start ? (at - start) / (end - start) : 1;
    return anneal_strategy == Anneal::cos ? half_cosine(from, to, fraction) : from + (to - from) * fraction;
  };
  if (at <= peak) return between(initial, max_lr, 0, peak);
  if (!three_phase) return between(max_lr, lowest, peak, total - 1);
  const double back = 2 * pct_start * total - 2;
  if (at <= back) return between(max_lr, initial, peak, back);
  return between(initial, lowest, back, total - 1);
}

ReduceLROnPlateau::ReduceLROnPlateau(double base_lr, const Options& options) : options_(options) {
  if (!(options.factor < 1)) {
    throw Error("ReduceLROnPlateau", "factor is " + std::to_string(options.factor) + "; it must be below 1");
  }
  const double worst = std::numeric_limits<double>::infinity();
  state_ = {base_lr, options.mode == Options::Mode::min ? worst : -worst};
}

bool ReduceLROnPlateau::better(double metric) const {
  const bool min = options_.mode == Options::Mode::min;
  const double margin = min ? -options_.threshold : options_.threshold;
  const double bar = options_.threshold_mode == Options::ThresholdMode::rel ? state_.best * (1 + margin)
                                                                            : state_.best + margin;
  return min ? metric < bar : metric > bar;
}

double ReduceLROnPlateau::step(double metric) {
  if (better(metric)) {
    state_.best = metric;
    state_.bad_epochs = 0;
  } else {
    ++state_.bad_epochs;
  }
  if (state_.cooldown_left > 0) {
    --state_.cooldown_left;
    state_.bad_epochs = 0;
  }
  if (state_.bad_epochs > options_.patience) {
    const double lower = std::max(state_.lr * options_.factor, options_.min_lr);
    if (state_.lr - lower > options_.eps) state_.lr = lower;
    state_.cooldown_left = options_.cooldown;
    state_.bad_epochs = 0;
  }
  return state_.lr;
}

}  // namespace gradus::optim
