// How sure a score is, and a difference of scores: bootstrap resampling (Koehn, "Statistical significance
// tests for machine translation evaluation", 2004).
#pragma once
#include "segments.h"

#include <cstdint>
#include <functional>
#include <vector>

namespace scoring {

/// The score of a sum of statistics.
using ScoreOf = std::function<double(const Statistics&)>;

struct Resampling {
  std::int64_t resamples = 1000;  // 1 to 1,000,000
  std::uint64_t seed = 12345;     // the default of sacreBLEU, whose random numbers are others
};

/// The mean of the scores of resampled corpora, and half the interval that holds 95 % of them.
struct Confidence {
  double mean = 0;
  double half_width = 0;
};

/// The scores of corpora of as many segments, drawn with replacement from all: one for each resample. The
/// r-th draws the same segments for every metric and system, given the number of segments and the seed.
/// Throws Error where there is no segment or the number of resamples is out of range.
std::vector<double> resampled_scores(const std::vector<Statistics>& segments, const ScoreOf& score,
                                     const Resampling& resampling);

/// What the scores of resampled corpora say of one system: a fortieth of them lies below the interval, and as
/// many above (Koehn 2004, section 3).
Confidence confidence_of(std::vector<double> scores);

/// The probability that the scores of two systems differ by as much as `difference` though the systems are
/// equal: the share of resampled corpora on which the absolute difference, less its mean over all, reaches
/// the absolute `difference` of the real scores, with 1 added to both counts. Riezler and Maxwell, "On some
/// pitfalls in automatic evaluation and significance testing for MT" (2005), figure 2.
double p_value(const std::vector<double>& scores, const std::vector<double>& baseline, double difference);

}  // namespace scoring
