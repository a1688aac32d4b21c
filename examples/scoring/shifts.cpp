#include "shifts.h"

#include "edit_distance.h"

#include <algorithm>
#include <optional>
#include <tuple>

namespace scoring {
namespace {

using Index = std::int64_t;

constexpr Index longest_shift = 10, furthest_shift = 50, most_candidates = 1000;

Index size_of(const Sequence& words) { return static_cast<Index>(words.size()); }

/// What the path of an edit distance says about the words.
struct Alignment {
  std::vector<Index> place;  // of each reference word: the hypothesis word that it comes with, or behind
  std::vector<bool> hypothesis_wrong;   // whether the word is not kept
  std::vector<bool> reference_missing;  // whether the word is not kept
};

Alignment align(const std::vector<Edit>& path) {
  Alignment result;
  for (const Edit edit : path) {
    const bool wrong = edit != Edit::keep;
    if (edit != Edit::add) result.hypothesis_wrong.push_back(wrong);
    if (edit == Edit::drop) continue;
    result.reference_missing.push_back(wrong);
    result.place.push_back(static_cast<Index>(result.hypothesis_wrong.size()) - 1);
  }
  return result;
}

/// `length` words of the hypothesis from `from` on, equal to those of the reference from `to` on.
struct Match {
  Index from, to, length;
};

bool any(const std::vector<bool>& flags, Index first, Index length) {
  return std::find(flags.begin() + first, flags.begin() + first + length, true) !=
         flags.begin() + first + length;
}

/// The words with those of [from, from + length) taken out and put in where word `target` was before.
Sequence shift(const Sequence& words, Index from, Index length, Index target) {
  Sequence result = words;
  const auto first = result.begin() + from, last = first + length;
  if (target < from) std::rotate(result.begin() + target, first, last);
  else if (target > from + length) std::rotate(first, last, result.begin() + target);
  else std::rotate(first, last, std::min(last + (target - from), result.end()));
  return result;
}

struct Shifted {
  std::tuple<Index, Index, Index, Index>
      rank;  // edits saved, words moved, and how far to the left from and to
  Sequence words;
};

/// Looks for the best shift of one hypothesis.
class ShiftSearch {
 public:
  ShiftSearch(const Sequence& hypothesis, const Sequence& reference, EditDistance& distance,
              Index& candidates)
      : hypothesis_(hypothesis),
        reference_(reference),
        distance_(distance),
        candidates_(candidates),
        edits_(distance(hypothesis)),
        alignment_(align(distance.path())) {}

  /// The best shift, whether it saves edits or not; nothing where none is possible.
  std::optional<Shifted> best() {
    for (Index from = 0; from < size_of(hypothesis_); ++from) {
      const Index first = std::max<Index>(0, from - furthest_shift);
      const Index last = std::min(size_of(reference_) - 1, from + furthest_shift);
      for (Index to = first; to <= last; ++to) {
        if (!try_rows({from, to, 0})) return best_;
      }
    }
    return best_;
  }

 private:
  /// Tries all rows of equal words from the two places on; false where the search is to end.
  bool try_rows(Match match) {
    while (match.length < longest_shift && match.from + match.length < size_of(hypothesis_) &&
           match.to + match.length < size_of(reference_) &&
           hypothesis_[static_cast<std::size_t>(match.from + match.length)] ==
               reference_[static_cast<std::size_t>(match.to + match.length)]) {
      ++match.length;
      if (!is_worth_trying(match)) continue;
      try_targets(match);
      if (candidates_ >= most_candidates) return false;
    }
    return true;
  }

  /// There is something wrong on both sides, and the row does not come to lie within itself.
  bool is_worth_trying(const Match& match) const {
    const Index place = alignment_.place[static_cast<std::size_t>(match.to)];
    return any(alignment_.hypothesis_wrong, match.from, match.length) &&
           any(alignment_.reference_missing, match.to, match.length) &&
           !(place >= match.from && place < match.from + match.length);
  }

  /// Puts the row behind what the reference word before it is aligned with, and behind each word of it.
  void try_targets(const Match& match) {
    Index last_target = -1;
    for (Index to = match.to - 1; to < match.to + match.length; ++to) {
      const Index target = to < 0 ? 0 : alignment_.place[static_cast<std::size_t>(to)] + 1;
      if (target == last_target) continue;
      last_target = target;
      try_shift(match, target);
    }
  }

  void try_shift(const Match& match, Index target) {
    ++candidates_;
    Sequence words = shift(hypothesis_, match.from, match.length, target);
    const std::tuple rank{edits_ - distance_(words), match.length, -match.from, -target};
    if (!best_ || rank > best_->rank) best_ = Shifted{rank, std::move(words)};
  }

  const Sequence& hypothesis_;
  const Sequence& reference_;
  EditDistance& distance_;
  Index& candidates_;
  Index edits_;
  Alignment alignment_;
  std::optional<Shifted> best_;
};

}  // namespace

std::int64_t count_edits(const Sequence& hypothesis, const Sequence& reference) {
  if (reference.empty()) return size_of(hypothesis);
  EditDistance distance(reference, hypothesis.size());
  Sequence words = hypothesis;
  Index shifts = 0, candidates = 0;
  while (true) {
    std::optional<Shifted> shifted = ShiftSearch(words, reference, distance, candidates).best();
    if (!shifted || candidates >= most_candidates || std::get<0>(shifted->rank) <= 0) break;
    words = std::move(shifted->words);
    ++shifts;
  }
  return shifts + distance(words);
}

}  // namespace scoring
