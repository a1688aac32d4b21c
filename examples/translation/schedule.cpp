#include "schedule.h"

#include <gradus/nn/named.h>
#include <gradus/tensor/error.h>

#include <algorithm>
#include <cmath>
#include <sstream>

namespace translation {

using gradus::Error;

// --- the learning rate -------------------------------------------------------------------------------------

const char* name_of(Schedule schedule) {
  switch (schedule) {
    case Schedule::plateau: return "plateau";
    case Schedule::inverse_sqrt: return "inverse-sqrt";
    case Schedule::linear: return "linear";
  }
  return "?";
}

Schedule schedule_named(const std::string& name) {
  return gradus::nn::named("schedule", name, {Schedule::plateau, Schedule::inverse_sqrt, Schedule::linear});
}

double learning_rate(Schedule schedule, double lr, std::int64_t warmup, std::int64_t step, double progress) {
  const auto number = static_cast<double>(step);
  const auto rise = static_cast<double>(std::max<std::int64_t>(warmup, 1));
  if (number < rise) return lr * number / rise;
  switch (schedule) {
    case Schedule::plateau: return lr;
    case Schedule::inverse_sqrt: return lr * std::sqrt(rise / number);
    case Schedule::linear: return lr * (1 - progress);
  }
  return lr;
}

// --- teacher forcing ---------------------------------------------------------------------------------------

const char* name_of(TeacherDecay decay) {
  switch (decay) {
    case TeacherDecay::none: return "none";
    case TeacherDecay::linear: return "linear";
    case TeacherDecay::exponential: return "exponential";
    case TeacherDecay::inverse_sigmoid: return "inverse-sigmoid";
  }
  return "?";
}

TeacherDecay teacher_decay_named(const std::string& name) {
  return gradus::nn::named(
      "decay of teacher forcing", name,
      {TeacherDecay::none, TeacherDecay::linear, TeacherDecay::exponential, TeacherDecay::inverse_sigmoid});
}

double TeacherForcing::ratio(std::int64_t steps) const {
  if (always()) return 1;
  const auto i = static_cast<double>(steps);
  const auto at_least_lowest = [this](double value) { return std::max(lowest, value); };
  switch (decay) {
    case TeacherDecay::none: return lowest;
    case TeacherDecay::linear: return at_least_lowest(1 - constant * i);
    case TeacherDecay::exponential: return at_least_lowest(std::pow(constant, i));
    case TeacherDecay::inverse_sigmoid:
      return at_least_lowest(constant / (constant + std::exp(i / constant)));
  }
  return 1;
}

void check(const TeacherForcing& options) {
  const auto refuse = [](const std::string& what, double value) {
    std::ostringstream text;
    text << what << ", got " << value;
    throw Error("train", text.str());
  };
  if (!(options.lowest >= 0 && options.lowest <= 1))
    refuse("--teacher-forcing must lie in [0, 1]", options.lowest);
  const double k = options.constant;
  switch (options.decay) {
    case TeacherDecay::none:
      if (k != 0) refuse("--teacher-forcing-constant is for a --teacher-forcing-decay other than none", k);
      return;
    case TeacherDecay::linear:
      if (!(k > 0 && k <= 1)) refuse("the linear decay needs a --teacher-forcing-constant in (0, 1]", k);
      break;
    case TeacherDecay::exponential:
      if (!(k > 0 && k < 1)) refuse("the exponential decay needs a --teacher-forcing-constant in (0, 1)", k);
      break;
    case TeacherDecay::inverse_sigmoid:
      if (!(k >= 1 && std::isfinite(k)))
        refuse("the inverse sigmoid decay needs a --teacher-forcing-constant of 1 or more", k);
      break;
  }
  if (options.always()) {
    refuse("--teacher-forcing-decay goes down to --teacher-forcing, which must be below 1 for it",
           options.lowest);
  }
}

}  // namespace translation
