// Corpus BLEU.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace gradus {

/// What stands in for the precision of an order without a match (a zero would make the score zero).
enum class BleuSmoothing {
  none,
  exp,    // 100 / (2^k total) for the k-th such order
  floor,  // a count of `smooth_value` instead of 0
  add_k,  // `smooth_value` is added to count and total of all orders above 1, match or not
};

struct BleuOptions {
  int max_order = 4;
  BleuSmoothing smoothing = BleuSmoothing::exp;
  std::optional<double> smooth_value = std::nullopt;  // by default 0.1 for floor, 1 for add_k
  bool lowercase = false;                             // compares in lower case, that of `gradus::lowercase`
  bool effective_order = false;  // averages over the orders that the hypotheses reach: for single sentences
};

/// What a score is computed from; those of several parts of a corpus may be added up.
struct BleuStatistics {
  std::vector<std::int64_t> counts;    // by order: n-grams of the hypotheses that match, clipped
  std::vector<std::int64_t> totals;    // by order: n-grams of the hypotheses
  std::int64_t hypothesis_length = 0;  // tokens
  std::int64_t reference_length = 0;  // tokens; of several references the closest in length, then the shorter
};

struct BleuScore {
  double score = 0;                // 0 to 100
  std::vector<double> precisions;  // percent, by order, after smoothing
  std::vector<double> counts;      // as in the statistics; whole numbers unless add_k made them others
  std::vector<double> totals;
  double brevity_penalty = 1;
  std::int64_t hypothesis_length = 0;
  std::int64_t reference_length = 0;

  /// One line: `BLEU = 48.95 82.1/59.0/43.6/30.6 (BP = 0.971 ratio = 0.971 hyp_len = 67 ref_len = 69)`.
  std::string describe() const;
};

/// Matches of sentences with their references; both are split at white space (sacreBLEU's tokenizer `none`).
/// `references[k][i]` is the k-th reference of sentence i: for one reference each, write `{references}`.
/// Throws Error when there is no sentence or no set of references, a set has another number of sentences, an
/// option is out of range or a sentence is not valid UTF-8.
BleuStatistics bleu_statistics(const std::vector<std::string>& hypotheses,
                               const std::vector<std::vector<std::string>>& references,
                               const BleuOptions& options = {});

/// The score of given statistics: the brevity penalty times the geometric mean of the precisions (Papineni et
/// al., "BLEU: a method for automatic evaluation of machine translation", 2002), with the conventions of
/// sacreBLEU (Post, "A call for clarity in reporting BLEU scores", 2018), whose scores it gives. No match at
/// any order gives 0.
/// Throws Error when the statistics do not hold `max_order` orders, a count exceeds its total or an option is
/// out of range.
BleuScore bleu_score(const BleuStatistics& statistics, const BleuOptions& options = {});

/// The BLEU of a corpus of translations, on text as it stands: tokenise it first, the same way on both sides.
/// Arguments and errors are those of `bleu_statistics`.
BleuScore corpus_bleu(const std::vector<std::string>& hypotheses,
                      const std::vector<std::vector<std::string>>& references,
                      const BleuOptions& options = {});

}  // namespace gradus
