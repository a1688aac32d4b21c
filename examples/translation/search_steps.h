// What every search does at its steps.
#pragma once
#include "search.h"

#include <gradus/data/vocabulary.h>

#include <limits>

namespace translation {

/// Padding and begin are never written, and unknown only where it may. logits (rows, words).
inline void leave_out_specials(const Tensor& logits, Unknown unknown) {
  using gradus::Vocabulary;
  constexpr double never = -std::numeric_limits<double>::infinity();
  if (unknown == Unknown::left_out) {
    logits.slice(1, Vocabulary::pad, Vocabulary::begin + 1).fill_(never);
  } else {
    for (const std::int64_t id : {Vocabulary::pad, Vocabulary::begin}) logits.select(1, id).fill_(never);
  }
}

/// Sentences that are done leave the batch when they are a quarter of it: to take some out, the others are
/// copied.
inline bool worth_leaving(std::size_t done, std::size_t sentences) { return 4 * done >= sentences; }

/// The attention (rows, S) of one row over the source positions and the end.
inline std::vector<float> weights_over(const Tensor& weights, std::int64_t row,
                                       const std::vector<std::int64_t>& source) {
  return weights[row].slice(0, 0, static_cast<std::int64_t>(source.size()) + 1).to_vector<float>();
}

}  // namespace translation
