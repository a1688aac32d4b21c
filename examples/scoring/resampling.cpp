#include "resampling.h"

#include <gradus/data/random_bits.h>
#include <gradus/tensor/error.h>

#include <algorithm>
#include <cmath>
#include <numeric>

namespace scoring {
namespace {

constexpr std::int64_t most_resamples = 1'000'000;

void check(std::size_t segments, const Resampling& resampling) {
  if (segments == 0) throw gradus::Error("resampling", "there are no segments to draw from");
  if (resampling.resamples >= 1 && resampling.resamples <= most_resamples) return;
  throw gradus::Error("resampling", "the number of resamples is " + std::to_string(resampling.resamples) +
                                        "; it has to be 1 to " + std::to_string(most_resamples));
}

double mean_of(const std::vector<double>& values) {
  return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(values.size());
}

}  // namespace

std::vector<double> resampled_scores(const std::vector<Statistics>& segments, const ScoreOf& score,
                                     const Resampling& resampling) {
  check(segments.size(), resampling);
  gradus::RandomBits random(resampling.seed);
  std::vector<double> scores;
  for (std::int64_t resample = 0; resample < resampling.resamples; ++resample) {
    Statistics sum(segments.front().size());
    for (std::size_t drawn = 0; drawn < segments.size(); ++drawn) {
      const Statistics& segment = segments[static_cast<std::size_t>(random.below(segments.size()))];
      for (std::size_t i = 0; i < sum.size(); ++i) sum[i] += segment[i];
    }
    scores.push_back(score(sum));
  }
  return scores;
}

Confidence confidence_of(std::vector<double> scores) {
  const double mean = mean_of(scores);
  std::sort(scores.begin(), scores.end());
  const std::size_t outside = scores.size() / 40;
  return {mean, (scores[scores.size() - 1 - outside] - scores[outside]) / 2};
}

double p_value(const std::vector<double>& scores, const std::vector<double>& baseline, double difference) {
  std::vector<double> differences(scores.size());
  std::transform(scores.begin(), scores.end(), baseline.begin(), differences.begin(),
                 [](double a, double b) { return std::abs(a - b); });
  const double mean = mean_of(differences);
  const auto reached = std::count_if(differences.begin(), differences.end(),
                                     [&](double d) { return d - mean >= std::abs(difference); });
  return static_cast<double>(reached + 1) / static_cast<double>(differences.size() + 1);
}

}  // namespace scoring
