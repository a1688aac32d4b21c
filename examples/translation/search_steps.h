// What every search does at its steps.
#pragma once
#include "search.h"

#include <gradus/data/vocabulary.h>

#include <limits>

namespace translation {

/// Words of a translation at most, the end included.
inline std::int64_t longest_translation(const SourceBatch& batch) { return 2 * batch.source.size(1) + 10; }

/// Padding, unknown and begin are never written. logits (rows, words).
inline void leave_out_specials(const Tensor& logits) {
  logits.slice(1, gradus::Vocabulary::pad, gradus::Vocabulary::begin + 1)
      .fill_(-std::numeric_limits<double>::infinity());
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
