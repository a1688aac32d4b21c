// The edits that TER counts.
#pragma once
#include "ngrams.h"

#include <cstdint>

namespace scoring {

/// The edits that make a hypothesis its reference, where a row of words that is moved counts as one: shifts
/// found greedily, each the one that saves most, plus the edit distance that remains. Snover, Dorr, Schwartz,
/// Micciulla and Makhoul, "A study of translation edit rate with targeted human annotation" (2006), section
/// 3, with the limits of their program tercom as sacreBLEU has them: a row has at most 10 words and moves by
/// at most 50; after 1000 candidates for shifts the search ends. Without a reference every word of the
/// hypothesis counts.
std::int64_t count_edits(const Sequence& hypothesis, const Sequence& reference);

}  // namespace scoring
