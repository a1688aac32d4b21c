#include <doctest/doctest.h>
#include <gradus/tensor/error.h>

#include <cmath>
#include <numeric>

#include "resampling.h"

using namespace scoring;
using gradus::Error;

namespace {

/// The mean of statistics {value, 1}.
double mean_of(const Statistics& sum) { return sum[0] / sum[1]; }

std::vector<Statistics> segments_of(const std::vector<double>& values) {
  std::vector<Statistics> segments;
  for (const double value : values) segments.push_back({value, 1});
  return segments;
}

}  // namespace

TEST_CASE("scoring: a resampled corpus has as many segments as the corpus") {
  const auto sizes =
      resampled_scores(segments_of({1, 2, 3}), [](const Statistics& sum) { return sum[1]; }, {});
  REQUIRE(sizes.size() == 1000);
  CHECK(std::count(sizes.begin(), sizes.end(), 3.0) == 1000);
}

// The mean of n values drawn from two equally frequent ones, 0 and 1, has the deviation 1 / (2 sqrt(n)); 95 %
// of a normal distribution lie within 1.96 deviations.
TEST_CASE("scoring: the interval is that of the normal distribution where it should be") {
  std::vector<double> values(400);
  std::fill(values.begin(), values.begin() + 200, 1.0);
  const auto scores = resampled_scores(segments_of(values), mean_of, {.resamples = 20000});
  const Confidence confidence = confidence_of(scores);
  CHECK(confidence.mean == doctest::Approx(0.5).epsilon(0.005));
  CHECK(confidence.half_width == doctest::Approx(1.96 / 40).epsilon(0.04));
}

// Of 80 scores two lie below the interval and two above: it goes from 2 to 77. Of 79 it is one on each side.
TEST_CASE("scoring: a fortieth on each side lies outside the interval") {
  std::vector<double> scores(80);
  std::iota(scores.rbegin(), scores.rend(), 0.0);
  const Confidence confidence = confidence_of(scores);
  CHECK(confidence.mean == 39.5);
  CHECK(confidence.half_width == 37.5);
  scores.pop_back();  // 79 ... 1
  CHECK(confidence_of(scores).half_width == 38);
}

TEST_CASE("scoring: the same seed draws the same, for every metric") {
  const auto segments = segments_of({1, 5, 2, 8, 3});
  const auto a = resampled_scores(segments, mean_of, {.resamples = 50});
  CHECK(a == resampled_scores(segments, mean_of, {.resamples = 50}));
  CHECK(a != resampled_scores(segments, mean_of, {.resamples = 50, .seed = 1}));
  const auto doubled =
      resampled_scores(segments, [](const Statistics& sum) { return 2 * mean_of(sum); }, {.resamples = 50});
  for (std::size_t i = 0; i < a.size(); ++i) CHECK(doubled[i] == 2 * a[i]);
}

// Differences 1, 2, 3, 6 with mean 3: less it -2, -1, 0, 3. One of 4 reaches 2.5: (1 + 1) / (4 + 1).
TEST_CASE("scoring: p values by hand") {
  const std::vector<double> baseline{10, 10, 10, 10}, scores{11, 8, 13, 16};
  CHECK(p_value(scores, baseline, 2.5) == doctest::Approx(0.4));
  CHECK(p_value(scores, baseline, -2.5) == doctest::Approx(0.4));
  CHECK(p_value(scores, baseline, 0) == doctest::Approx(0.6));
  CHECK(p_value(scores, baseline, 4) == doctest::Approx(0.2));
  CHECK(p_value(baseline, baseline, 0) == 1);
}

TEST_CASE("scoring: what cannot be resampled is refused") {
  CHECK_THROWS_AS(resampled_scores({}, mean_of, {}), Error);
  CHECK_THROWS_AS(resampled_scores(segments_of({1}), mean_of, {.resamples = 0}), Error);
  CHECK_THROWS_AS(resampled_scores(segments_of({1}), mean_of, {.resamples = 2'000'000}), Error);
}
