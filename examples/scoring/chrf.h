// chrF and chrF++.
#pragma once
#include "segments.h"

#include <span>
#include <string>

namespace scoring {

struct ChrfOptions {
  int char_order = 6;  // 1 to 100
  int word_order = 0;  // 0 to 100; 2: chrF++
  int beta = 2;        // recall counts so many times as much as precision; 1 to 1000
  bool lowercase = false;
  bool whitespace = false;  // white space counts as a character
  bool eps_smoothing =
      false;  // the mean of the F scores of all orders, those without n-grams with 1e-16 for 0
};

struct ChrfScore {
  double score = 0;  // 0 to 100

  /// Nothing stands behind the score.
  std::string details() const { return ""; }
};

/// The F score of character n-grams of Popović, "chrF: character n-gram F-score for automatic MT evaluation"
/// (2015), and with word n-grams of Popović, "chrF++: words helping character n-grams" (2017), as sacreBLEU
/// gives it: precision and recall are averaged over the orders of which both sides have n-grams, then made to
/// one F score. A word of two characters or more gives its last one off as a word of its own where that is
/// ASCII punctuation, else its first.
///
/// Statistics: by order, first of characters and then of words, the n-grams of the hypothesis (0 where the
/// reference has none of that order), those of the reference, and those that match. Of several references the
/// one with the best score for the segment counts, the first of equals.
class Chrf {
 public:
  /// Throws Error when an option is out of range.
  explicit Chrf(const ChrfOptions& options = {});

  /// "chrF2", with beta; with a "+" for each order of words: "chrF2++".
  std::string name() const;
  std::string signature() const;
  Statistics statistics(const std::string& hypothesis, std::span<const std::string> references) const;
  /// Throws Error when `sum` has another size.
  ChrfScore score(const Statistics& sum) const;

 private:
  ChrfOptions options_;
};

}  // namespace scoring
