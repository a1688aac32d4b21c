// BLEU.
#pragma once
#include "segments.h"
#include "tokenizers.h"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace scoring {

/// What stands in for the precision of an order without a match, which would make the score zero (Chen and
/// Cherry, "A systematic comparison of smoothing techniques for sentence-level BLEU", 2014).
enum class Smoothing {
  none,
  exp,    // 100 / (2^k total) for the k-th such order: their method 3
  floor,  // a count of `smooth_value` instead of 0: method 1
  add_k,  // `smooth_value` is added to count and total of all orders above 1, match or not: method 2
};

struct BleuOptions {
  Tokenizer tokenizer = Tokenizer::v13a;
  bool lowercase = false;
  int max_order = 4;  // 1 to 100
  Smoothing smoothing = Smoothing::exp;
  std::optional<double> smooth_value =
      std::nullopt;              // by default 0.1 for floor, 1 for add_k; others have none
  bool effective_order = false;  // averages over the orders that the hypotheses reach: for single sentences
};

struct BleuScore {
  double score = 0;  // 0 to 100
  std::vector<double>
      counts;  // by order: n-grams of the hypotheses that match, clipped; plus what add_k adds
  std::vector<double> totals;      // by order: n-grams of the hypotheses
  std::vector<double> precisions;  // percent, by order, after smoothing
  double brevity_penalty = 1;
  std::int64_t hypothesis_length = 0;  // tokens
  std::int64_t reference_length = 0;  // tokens; of several references the closest in length, then the shorter

  /// What stands behind the score: `82.1/59.0/43.6/30.6 (BP = 0.971 ratio = 0.971 hyp_len = 67 ref_len =
  /// 69)`.
  std::string details() const;
};

/// The metric of Papineni, Roukos, Ward and Zhu, "BLEU: a method for automatic evaluation of machine
/// translation" (2002): the brevity penalty times the geometric mean of the clipped n-gram precisions, with
/// the conventions of sacreBLEU (Post 2018), whose scores it gives. No match at any order gives 0.
///
/// Statistics: the lengths of hypothesis and reference, the counts by order, the totals by order.
class Bleu {
 public:
  /// Throws Error when an option is out of range.
  explicit Bleu(const BleuOptions& options = {});

  std::string name() const { return "BLEU"; }
  std::string signature() const;
  Statistics statistics(const std::string& hypothesis, std::span<const std::string> references) const;
  /// Throws Error when `sum` has another size or a count exceeds its total.
  BleuScore score(const Statistics& sum) const;

 private:
  std::size_t smooth(BleuScore& result) const;

  BleuOptions options_;
};

}  // namespace scoring
