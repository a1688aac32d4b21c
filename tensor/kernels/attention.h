// The softmax of attention on a block of scores, in pieces (Milakov, Gimelshein 2018, "Online normalizer
// calculation for softmax"), and its backward pass.
#pragma once
#include <cstdint>

namespace gradus {

/// A block of scores: a row for each query, a column for each key. What is left out counts as -infinity.
template <class T>
struct ScoreBlock {
  std::int64_t rows, columns;
  /// From row to row, a multiple of block_padding; what lies behind the columns is written, too.
  std::int64_t stride;
  /// Row r sees the columns [first + r, last + r), as far as there are such.
  std::int64_t first, last;
  const bool* masked;        // true where a key is left out; may be null
  std::int64_t mask_stride;  // from row to row; 0 where all rows have the same
  const T* bias;             // added to the scores; may be null
  std::int64_t bias_stride;
};

template <class T>
struct AttentionFunctions {
  /// Turns the scores into exp(score + bias - largest), 0 where left out, and brings each row's `largest`
  /// score and `sum` of such exponentials up to date: they start with -infinity and 0. `factors` are what
  /// each row's earlier sums are to be multiplied by.
  void (*online_softmax)(const ScoreBlock<T>& block, T* scores, T* largest, T* sum, T* factors);
  /// Turns the scores into weights exp(score + bias - largest) / sum, now that these are known.
  void (*weights)(const ScoreBlock<T>& block, const T* largest, const T* sum, T* scores);
  /// gradient = dropped gradient - weights delta: the gradient of the scores from that of the weights after
  /// their dropout. `dropped` is what dropout made of the weights (these themselves without dropout); 0 where
  /// the block says that a key is not seen.
  void (*score_gradient)(const ScoreBlock<T>& block, const T* weights, const T* dropped, const T* delta,
                         T* gradient);
  /// Multiplies each row of x (rows, n) by its factor.
  void (*scale_rows)(std::int64_t rows, std::int64_t n, const T* factors, T* x, std::int64_t stride);
  /// dots[r] = sum of a b over row r of a and b (rows, n).
  void (*row_dots)(std::int64_t rows, std::int64_t n, const T* a, std::int64_t a_stride, const T* b,
                   std::int64_t b_stride, T* dots);
};

struct AttentionKernels {
  AttentionFunctions<float> f32;
  AttentionFunctions<double> f64;

  template <class T>
  const AttentionFunctions<T>& of() const {
    if constexpr (sizeof(T) == 4) return f32;
    else return f64;
  }
};

}  // namespace gradus
