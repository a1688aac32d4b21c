// What changes from step to step of a training: the learning rate, and how often the decoder is given the
// right words.
#pragma once
#include <cstdint>
#include <string>

namespace translation {

/// How the learning rate goes on once it has risen over the warm-up.
enum class Schedule {
  plateau,       // multiplied by lr_decay after an epoch without a better validation loss
  inverse_sqrt,  // lr sqrt(warmup / step) (Vaswani et al. 2017)
  linear         // lr (1 - progress): as if it had fallen from the first step on, to 0 at the end
};
const char* name_of(Schedule schedule);
Schedule schedule_named(const std::string& name);

/// The learning rate of a step, counted from 1, that is `lr` at the peak. `progress` in [0, 1] is the share
/// of all epochs that lies before the step.
double learning_rate(Schedule schedule, double lr, std::int64_t warmup, std::int64_t step, double progress);

/// How the probability that a recurrent decoder reads a word of the reference goes down with the step i,
/// counted from 0 (scheduled sampling: Bengio et al. 2015, section 2.4). k is TeacherForcing::constant.
enum class TeacherDecay {
  none,            // the lowest from the start
  linear,          // 1 - k i
  exponential,     // k^i
  inverse_sigmoid  // k / (k + e^(i / k))
};
const char* name_of(TeacherDecay decay);
TeacherDecay teacher_decay_named(const std::string& name);

struct TeacherForcing {
  double lowest = 1;  // 1: always the reference
  TeacherDecay decay = TeacherDecay::none;
  double constant = 0;

  bool always() const { return lowest == 1; }
  /// The probability in the step behind `steps` others, never below the lowest.
  double ratio(std::int64_t steps) const;
};
/// Throws where the values are none that the formulas allow.
void check(const TeacherForcing& options);

}  // namespace translation
