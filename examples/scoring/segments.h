// What the scores of sacreBLEU have in common: counts per segment that add up to those of a corpus.
//
// A metric is a type with
//
//   std::string name() const;       - "BLEU", "chrF2++", "TER"
//   std::string signature() const;  - its options as sacreBLEU writes them: "case:mixed|eff:no|tok:13a"
//   Statistics statistics(hypothesis, references) const;  - of one segment, with one reference or more
//   Score score(const Statistics& sum) const;             - with a member `score`
#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace scoring {

/// The counts of a segment, or their sum over segments. What they count is known to the metric.
using Statistics = std::vector<double>;

/// A translation for every line of a text.
using Lines = std::vector<std::string>;

/// Throws Error where there is no line to score, no reference, or a reference with another number of lines.
void check_lines(const Lines& hypotheses, const std::vector<Lines>& references);

/// The references of a segment that say something: an empty line among others stands for one that there is
/// not, as in sacreBLEU. Where all are empty, the first. Throws Error where there is none.
std::vector<std::string> present(std::span<const std::string> references);

/// references[k][index] for every k.
std::vector<std::string> of_segment(const std::vector<Lines>& references, std::size_t index);

/// How many references the segments have, for the signature: "2", or "var" where not all have as many.
std::string number_of_references(const std::vector<Lines>& references);

/// The sum over all segments, in their order. All have equal sizes.
Statistics sum_of(const std::vector<Statistics>& segments);

/// A segment as all metrics take it: without the white space at its end (and with that at its start), in
/// lower case if asked for. Throws Error when it is not valid UTF-8.
std::string prepare_segment(std::string_view segment, bool lowercase);

/// A number with so many digits after the point.
std::string fixed(double value, int digits);

/// The statistics of every segment. `references[k][i]` is the k-th reference of segment i: for one reference
/// each, write `{references}`. Throws Error as `check_lines` does, and names the line that cannot be scored.
template <class Metric>
std::vector<Statistics> segment_statistics(const Metric& metric, const Lines& hypotheses,
                                           const std::vector<Lines>& references) {
  check_lines(hypotheses, references);
  std::vector<Statistics> segments;
  segments.reserve(hypotheses.size());
  for (std::size_t i = 0; i < hypotheses.size(); ++i)
    segments.push_back(metric.statistics(hypotheses[i], of_segment(references, i)));
  return segments;
}

/// The score of a corpus: that of the sum of the statistics of its segments.
template <class Metric>
auto corpus_score(const Metric& metric, const Lines& hypotheses, const std::vector<Lines>& references) {
  return metric.score(sum_of(segment_statistics(metric, hypotheses, references)));
}

}  // namespace scoring
