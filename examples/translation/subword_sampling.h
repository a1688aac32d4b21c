// Random ways to cut a text into the pieces of a subword model.
#pragma once
#include <gradus/data/random_bits.h>

#include <functional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace translation {

/// Pieces and their scores: in bpe the higher, the earlier the piece was merged; in unigram its
/// log-probability.
class PieceScores {
 public:
  void add(std::string piece, double score);
  /// Nothing for what is no piece.
  const double* find(std::string_view piece) const;
  std::size_t longest() const { return longest_; }  // bytes
  double lowest() const { return lowest_; }

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view piece) const { return std::hash<std::string_view>()(piece); }
  };
  std::unordered_map<std::string, double, Hash, std::equal_to<>> scores_;
  std::size_t longest_ = 0;
  double lowest_ = 0;
};

/// One word, as its characters, merged pair by pair; at each turn every pair that could be merged is passed
/// over with probability `dropout`, and the best of the others is merged, the first where two are equal.
/// Until none is left.
std::vector<std::string> merge_pieces(std::string_view word, const PieceScores& pieces, double dropout,
                                      gradus::RandomBits& random);

/// One text cut so that every way has a probability in proportion to exp(alpha times the sum of its scores):
/// the sums over all ways that lead to each place, then drawn from the end. A character that is no piece
/// scores ten less than the lowest piece, as in SentencePiece.
std::vector<std::string> draw_pieces(std::string_view text, const PieceScores& pieces, double alpha,
                                     gradus::RandomBits& random);

}  // namespace translation
