// Products of matrices in blocks of our own, where BLAS would spend much of its time on packing both
// operands. Internal to tensor/.
#pragma once
#include <cstdint>

namespace gradus {

/// How many pieces of size b cover a.
inline std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

/// C (m, n) = start + alpha op(A) op(B), rows `..._stride` elements apart.
template <class T>
struct MatrixProduct {
  std::int64_t m, n, k;
  T alpha;
  const T* a;
  std::int64_t a_stride;
  bool a_transposed;
  const T* b;
  std::int64_t b_stride;
  bool b_transposed;
  const T* start;             // C itself to add to it; null: zeros
  std::int64_t start_stride;  // 0: the same row throughout
  T* c;
  std::int64_t c_stride;
};

/// True where multiply_blocks is the faster way.
bool suits_blocks(std::int64_t m, std::int64_t n, std::int64_t k, bool a_transposed, bool b_transposed);

/// For float and double. Only op(B) is packed, once for all threads, and A is read where it lies. Every
/// element of C is the sum over k in ascending order, in pieces that the shape alone says, so that the result
/// is the same bit for bit on one thread or many. The structure is that of Goto and van de Geijn 2008,
/// "Anatomy of high-performance matrix multiplication", without their packing of A.
template <class T>
void multiply_blocks(const MatrixProduct<T>& product);

}  // namespace gradus
