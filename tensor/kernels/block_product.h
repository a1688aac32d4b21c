// Products of blocks that fit into the cache: what products of matrices (tensor/block_product.h) and
// attention are made of.
#pragma once
#include <cstdint>

namespace gradus {

/// C (m, n) = start + scale op(A) B. The rows of A, B and C are contiguous.
template <class T>
struct BlockProduct {
  std::int64_t m, n, k;
  const T* a;
  std::int64_t a_stride;  // from row to row
  bool a_transposed;
  const T* b;
  std::int64_t b_stride;  // from row to row
  T* c;
  std::int64_t c_stride;
  T scale;
  const T* start;             // (m, n), C itself to add to it; null: zeros
  std::int64_t start_stride;  // 0 where all rows are the same
  const T* next = nullptr;    // what will be read next and is to come into the cache meanwhile
  std::int64_t next_bytes = 0;
};

template <class T>
struct BlockProductFunctions {
  void (*multiply)(const BlockProduct<T>& product);
  /// The same with element (l, j) of B at b[j * b_stride + l], the transpose of a matrix whose rows are
  /// contiguous, as those of A are here. For few rows: it needs no transposition of B.
  void (*multiply_rows)(const BlockProduct<T>& product);
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
