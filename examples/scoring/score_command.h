// What `translate score` does with its options.
#pragma once
#include "bleu.h"
#include "chrf.h"
#include "resampling.h"
#include "ter.h"

#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

namespace scoring {

struct ScoreCommand {
  std::vector<std::string>
      hypotheses;  // files of one system each, the first the baseline; none: standard input
  std::vector<std::string> references;       // files
  std::vector<std::string> metrics{"bleu"};  // of bleu, chrf, chrf++ (chrf with word order 2), ter
  BleuOptions bleu;
  ChrfOptions chrf;
  TerOptions ter;
  bool sentence = false;                   // scores of every line
  bool json = false;                       // all digits
  bool force = false;                      // no warning of text that is tokenised already
  std::optional<std::int64_t> confidence;  // resamples for confidence intervals
  std::uint64_t seed = 12345;
};

/// Prints to `out` the scores of the systems against the references, a line for each metric, or JSON: an
/// object keyed by metric, an array of them for several systems or for lines. Several systems are compared
/// with the first by paired bootstrap resampling. Warnings go to `warnings`. Throws Error where files cannot
/// be read or have different numbers of lines, and for options that do not agree.
void run_score(const ScoreCommand& command, std::ostream& out, std::ostream& warnings);

}  // namespace scoring
