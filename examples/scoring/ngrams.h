// How often n-grams occur in a text and in others: what BLEU and chrF are made of.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace scoring {

/// A text as numbers: those of its tokens, or its code points.
using Sequence = std::vector<std::uint32_t>;

/// The texts with a number for each token, equal for equal tokens.
std::vector<Sequence> number_tokens(const std::vector<std::vector<std::string>>& texts);

/// Of one order: `counts[t][g]` is how often n-gram g stands in text t. Every text has an entry for all
/// n-grams.
using NgramCounts = std::vector<std::vector<std::int64_t>>;

/// The counts of orders 1 to `max_order`.
std::vector<NgramCounts> count_ngrams(const std::vector<Sequence>& texts, int max_order);

/// The n-grams of order `order` in a text of `length`, repeated ones as often as they occur.
std::int64_t number_of_ngrams(std::size_t length, int order);

}  // namespace scoring
