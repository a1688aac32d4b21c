// Products of blocks that fit into the cache and are too small for BLAS, which packs its operands first.
#pragma once
#include <cstdint>

namespace gradus {

/// C (m, n) = scale A B, or C + scale A B. The rows of B and of C are contiguous; element (i, l) of A (m, k)
/// lies at a[i * a_row + l * a_step], so that A may be transposed.
template <class T>
struct BlockProduct {
  std::int64_t m, n, k;
  const T* a;
  std::int64_t a_row, a_step;
  const T* b;
  std::int64_t b_stride;  // from row to row
  T* c;
  std::int64_t c_stride;
  T scale;
  bool add;
};

template <class T>
struct BlockProductFunctions {
  void (*multiply)(const BlockProduct<T>& product);
  /// y (columns, rows) = x^T of x (rows, columns), with zeros behind each row of y up to a multiple of
  /// block_padding; y_stride has room for them.
  void (*transpose)(std::int64_t rows, std::int64_t columns, const T* x, std::int64_t x_stride, T* y,
                    std::int64_t y_stride);
};

/// Elements that rows of a block are filled up to a multiple of, so that they are whole vectors.
inline constexpr std::int64_t block_padding = 16;

struct BlockProductKernels {
  BlockProductFunctions<float> f32;
  BlockProductFunctions<double> f64;

  template <class T>
  const BlockProductFunctions<T>& of() const {
    if constexpr (sizeof(T) == 4) return f32;
    else return f64;
  }
};

}  // namespace gradus
