// TER.
#pragma once
#include "segments.h"

#include <span>
#include <string>

namespace scoring {

struct TerOptions {
  bool case_sensitive = false;
  bool normalized = false;     // splits off punctuation; otherwise tokens are what stands between white space
  bool no_punct = false;       // leaves . , ? : ; ! " ( ) out
  bool asian_support = false;  // with normalized: Chinese and Japanese characters are tokens; with no_punct:
                               // leaves their punctuation out
};

struct TerScore {
  double score = 0;             // percent; may be above 100
  double edits = 0;             // of the reference that needs the fewest
  double reference_length = 0;  // tokens, the mean over the references

  /// Nothing stands behind the score.
  std::string details() const { return ""; }
};

/// The translation edit rate of Snover, Dorr, Schwartz, Micciulla and Makhoul, "A study of translation edit
/// rate with targeted human annotation" (2006): edits over the length of the reference, as sacreBLEU gives
/// it. Where the references are empty it is 100 if there are edits, else 0.
///
/// Statistics: edits, length of the reference.
class Ter {
 public:
  explicit Ter(const TerOptions& options = {}) : options_(options) {}

  std::string name() const { return "TER"; }
  std::string signature() const;
  Statistics statistics(const std::string& hypothesis, std::span<const std::string> references) const;
  /// Throws Error when `sum` has another size.
  TerScore score(const Statistics& sum) const;

  /// The tokens that are compared.
  std::vector<std::string> tokens(const std::string& segment) const;

 private:
  TerOptions options_;
};

}  // namespace scoring
