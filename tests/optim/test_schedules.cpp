#include <gradus/optim/schedule.h>
#include <gradus/tensor/error.h>

#include <doctest/doctest.h>

#include <cmath>
#include <vector>

using namespace gradus;
using namespace gradus::optim;

namespace {

void check_close(double got, double expected) {
  CHECK(std::fabs(got - expected) <= 1e-12 + 1e-9 * std::fabs(expected));
}

/// The values at step 0, 1, 2, ...
template <class Schedule>
void check(const Schedule& schedule, const std::vector<double>& expected) {
  for (std::size_t step = 0; step < expected.size(); ++step) {
    CAPTURE(step);
    check_close(schedule(static_cast<std::int64_t>(step)), expected[step]);
  }
}

}  // namespace

// The numbers of the first test are PyTorch 1.13's.
TEST_CASE("schedules have PyTorch's values") {
  check(StepLR{.base_lr = 0.1, .step_size = 3, .gamma = 0.5},
        {0.1, 0.1, 0.1, 0.05, 0.05, 0.05, 0.025, 0.025, 0.025, 0.0125, 0.0125, 0.0125, 0.00625});
  check(MultiStepLR{.base_lr = 0.1, .milestones = {2, 5, 5, 9}, .gamma = 0.1},
        {0.1, 0.1, 0.010000000000000002, 0.010000000000000002, 0.010000000000000002, 0.00010000000000000005,
         0.00010000000000000005, 0.00010000000000000005, 0.00010000000000000005, 1.0000000000000006e-05,
         1.0000000000000006e-05, 1.0000000000000006e-05, 1.0000000000000006e-05});
  check(ExponentialLR{.base_lr = 0.1, .gamma = 0.9},
        {0.1, 0.09000000000000001, 0.08100000000000002, 0.07290000000000002, 0.06561000000000002,
         0.05904900000000002, 0.05314410000000002, 0.04782969000000002, 0.043046721000000024,
         0.03874204890000002, 0.03486784401000002, 0.03138105960900001, 0.028242953648100012});
  check(CosineAnnealingLR{.base_lr = 0.1, .t_max = 10, .eta_min = 0.001},
        {0.1, 0.09757729755661011, 0.0905463412215599, 0.07959536998847742, 0.0657963412215599, 0.0505,
         0.03520365877844011, 0.02140463001152259, 0.010453658778440109, 0.0034227024433899004, 0.001});
  check(LinearLR{.base_lr = 0.1, .start_factor = 0.25, .end_factor = 1.0, .total_iters = 4},
        {0.025, 0.043750000000000004, 0.06250000000000001, 0.08125000000000002, 0.10000000000000002,
         0.10000000000000002, 0.10000000000000002, 0.10000000000000002, 0.10000000000000002});
  check(CosineAnnealingWarmRestarts{.base_lr = 0.1, .t_0 = 4, .t_mult = 2, .eta_min = 0.01},
        {0.1, 0.08681980515339464, 0.05500000000000001, 0.023180194846605363, 0.1, 0.0965745789630079,
         0.08681980515339464, 0.07222075445642905, 0.05500000000000001, 0.03777924554357097,
         0.023180194846605363, 0.013425421036992097, 0.1, 0.09913533761814537, 0.0965745789630079,
         0.09241613255361454, 0.08681980515339464});
}

TEST_CASE("Noam by its formula, counted from 1 in the paper and from 0 here") {
  const NoamLR noam{.model_size = 512, .warmup = 4000};
  const std::vector<std::int64_t> steps = {1, 2, 5, 2000, 3999, 4000, 4001, 8000, 40000};
  const std::vector<double> expected = {1.746928107421711e-07, 3.493856214843422e-07, 8.734640537108554e-07,
                                        0.0003493856214843422, 0.0006985965501579421, 0.0006987712429686843,
                                        0.000698683912937353,  0.0004941058844013093, 0.00022097086912079613};
  for (std::size_t i = 0; i < steps.size(); ++i) {
    CHECK(noam(steps[i] - 1) == doctest::Approx(expected[i]).epsilon(1e-9));
  }
}

TEST_CASE("one cycle") {
  check(OneCycleLR{.max_lr = 0.1, .total_steps = 10},
        {0.004, 0.052, 0.1, 0.09504846320134738, 0.0811745653949763, 0.06112620219362893, 0.03887419780637107,
         0.0188258346050237, 0.004951936798652629, 4e-07});
  check(OneCycleLR{.max_lr = 1, .total_steps = 5, .anneal_strategy = Anneal::linear},
        {0.04, 0.8571434285714286, 0.5714302857142857, 0.2857171428571429, 4e-06});
  check(OneCycleLR{.max_lr = 0.1, .total_steps = 10, .pct_start = 0.4, .anneal_strategy = Anneal::linear,
                   .div_factor = 10, .final_div_factor = 100, .three_phase = true},
        {0.01, 0.04, 0.07, 0.1, 0.07, 0.04, 0.01, 0.0067, 0.0034, 0.0001});
  const OneCycleLR short_rise{.max_lr = 1, .total_steps = 10, .pct_start = 0.1};
  CHECK(short_rise(0) == 1);  // the rise has no step
}

TEST_CASE("constant factor, inverse square root, warm-up into another schedule") {
  check(ConstantLR{.base_lr = 0.3, .total_iters = 2}, {0.1, 0.1, 0.3, 0.3});
  check(InverseSqrtLR{.base_lr = 1, .warmup = 4},
        {0.25, 0.5, 0.75, 1, std::sqrt(4.0 / 5), std::sqrt(4.0 / 6)});
  CHECK(InverseSqrtLR{.base_lr = 1, .warmup = 4}(15) == doctest::Approx(0.5));
  check(Warmup<StepLR>{.steps = 4, .after = {.base_lr = 0.8, .step_size = 2, .gamma = 0.5}},
        {0, 0.2, 0.4, 0.6, 0.8, 0.8, 0.4, 0.4, 0.2});
  check(Warmup<StepLR>{.steps = 2, .start_factor = 0.5, .after = {.base_lr = 0.8, .step_size = 9}},
        {0.4, 0.6, 0.8});
  check(Warmup<StepLR>{.steps = 0, .after = {.base_lr = 0.8, .step_size = 9}}, {0.8, 0.8});
}

TEST_CASE("cosine beyond its end rises again, restarts of equal length repeat") {
  const CosineAnnealingLR cosine{.base_lr = 1, .t_max = 4};
  check_close(cosine(5), cosine(3));
  check_close(cosine(8), 1);
  const CosineAnnealingWarmRestarts restarts{.base_lr = 1, .t_0 = 4};
  check_close(restarts(4), 1);
  check_close(restarts(4001), restarts(1));
}

TEST_CASE("impossible arguments throw") {
  CHECK_THROWS_AS(StepLR({.base_lr = 1, .step_size = 0})(1), Error);
  CHECK_THROWS_AS(CosineAnnealingLR({.base_lr = 1, .t_max = 0})(1), Error);
  CHECK_THROWS_AS(CosineAnnealingWarmRestarts({.base_lr = 1, .t_0 = 0})(1), Error);
  CHECK_THROWS_AS(CosineAnnealingWarmRestarts({.base_lr = 1, .t_0 = 1, .t_mult = 0})(1), Error);
  CHECK_THROWS_AS(LinearLR({.base_lr = 1, .total_iters = 0})(1), Error);
  CHECK_THROWS_AS(NoamLR({.model_size = 0, .warmup = 1})(1), Error);
  CHECK_THROWS_AS(InverseSqrtLR({.base_lr = 1, .warmup = 0})(1), Error);
  CHECK_THROWS_AS(OneCycleLR({.max_lr = 1, .total_steps = 5})(6), Error);
  CHECK_THROWS_AS(OneCycleLR({.max_lr = 1, .total_steps = 5, .pct_start = 2})(1), Error);
  CHECK_THROWS_AS(ExponentialLR({.base_lr = 1, .gamma = 0.9})(-1), Error);
  CHECK_THROWS_AS(ReduceLROnPlateau(0.1, {.factor = 1}), Error);
}

TEST_CASE("reduce on plateau") {
  ReduceLROnPlateau plateau(0.1, {.factor = 0.5, .patience = 2, .threshold = 0.01});
  const std::vector<double> metrics = {10, 9, 8.99, 8.98, 8.97, 8.96, 5, 5, 5, 5, 5, 5};
  const std::vector<double> expected = {0.1,  0.1,  0.1,  0.1,   0.1,   0.05, 0.05,
                                        0.05, 0.05, 0.05, 0.025, 0.025, 0.025};
  CHECK(plateau.lr() == expected[0]);
  for (std::size_t i = 0; i < metrics.size(); ++i) check_close(plateau.step(metrics[i]), expected[i + 1]);
}

TEST_CASE("reduce on plateau: maximum, absolute threshold, cooldown, lowest rate, state") {
  using Options = ReduceLROnPlateau::Options;
  const Options options{.mode = Options::Mode::max, .factor = 0.1, .patience = 0, .threshold = 0.5,
                        .threshold_mode = Options::ThresholdMode::abs, .cooldown = 2, .min_lr = 0.005};
  ReduceLROnPlateau plateau(1, options);
  check_close(plateau.step(1), 1);      // better than nothing
  check_close(plateau.step(1.4), 0.1);  // not better by 0.5
  check_close(plateau.step(1.4), 0.1);  // cooling down
  const ReduceLROnPlateau::State state = plateau.state();
  ReduceLROnPlateau resumed(1, options);
  resumed.set_state(state);
  check_close(resumed.step(1.4), 0.1);
  check_close(resumed.step(1.6), 0.1);                 // better
  check_close(resumed.step(1.6), 0.01);
  check_close(resumed.step(std::nan("")), 0.01);       // cooling down
  check_close(resumed.step(std::nan("")), 0.01);
  check_close(resumed.step(std::nan("")), 0.005);      // NaN is no improvement; not below the lowest rate
}
