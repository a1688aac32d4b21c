// The edit distance inside TER.
#pragma once
#include "ngrams.h"

#include <cstdint>
#include <vector>

namespace scoring {

/// One step on the way from a hypothesis to its reference.
enum class Edit : std::uint8_t {
  keep,        // the next words of both are equal
  substitute,  // they are not, and one takes the place of the other
  drop,        // the next word of the hypothesis goes
  add,         // the next word of the reference comes
};

/// The Levenshtein distance of hypotheses of one length to a reference, found within a beam about the
/// diagonal: 25 words to each side, and half a step of it where one word of the hypothesis stands against
/// more than 50 of the reference. It is tercom's, and with it no smaller distance outside the beam is seen.
class EditDistance {
 public:
  /// `reference` has to outlive this.
  EditDistance(const Sequence& reference, std::size_t hypothesis_length);

  /// The fewest edits that make `hypothesis` the reference. Hypotheses that begin alike are compared quickly
  /// one after the other.
  std::int64_t operator()(const Sequence& hypothesis);

  /// The edits for the last hypothesis, from its first word on. Among equally good ways it takes, going back
  /// from the end, keep or substitute before drop, and drop before add.
  std::vector<Edit> path() const;

 private:
  struct Cell {
    std::int64_t cost;
    Edit edit;
  };
  struct Row {
    std::size_t first, end;  // columns within the beam
    std::size_t offset;      // of the first in cells_
  };

  Cell at(std::size_t i, std::size_t j) const;
  void fill_row(std::size_t i, std::uint32_t word);

  const Sequence& reference_;
  Sequence hypothesis_;    // the last one
  std::vector<Row> rows_;  // row i: after i words of the hypothesis
  std::vector<Cell> cells_;
};

}  // namespace scoring
