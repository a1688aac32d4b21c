// Products of matrices: our tiles and threads, single-threaded BLAS within. Row-major throughout.
//
// Tiles come from the shape alone, so the result is the same bit for bit on one thread or many (for one BLAS
// and one processor). Gradus sets the linked BLAS up, once:
//   - when the program starts, where OpenBLAS does not know the processor and has fallen back to kernels far
//     below it, it is made to choose again, as if OPENBLAS_CORETYPE had been set. A value that the user has set
//     is respected, and the environment is put back;
//   - before the first product, OpenBLAS is set to one thread, for the whole process.
// A host program that uses the same BLAS should call prepare_blas() before its threads do, and set its number
// of threads afterwards.
#pragma once
#include <gradus/tensor/dtype.h>
#include <gradus/tensor/layout.h>

#include <cstdint>
#include <span>
#include <string>

namespace gradus {

/// One operand: `rows` of memory `stride` elements apart; read as its transpose where `transposed` is set.
struct MatrixView {
  const void* data;
  std::int64_t stride;
  bool transposed = false;
};

/// C = alpha op(A) op(B) + beta C for op(A) (m, k), op(B) (k, n), C (m, n) with rows `c_stride` elements
/// apart. Where beta is 0, C is not read. float32, float64 and int64 (which wraps). Throws where a size does
/// not fit BLAS's int.
void gemm(DType dtype, std::int64_t m, std::int64_t n, std::int64_t k, double alpha, MatrixView a,
          MatrixView b, double beta, void* c, std::int64_t c_stride);

/// C = op(A) op(B) + bias, with bias (n,) added to every row.
void gemm_bias(DType dtype, std::int64_t m, std::int64_t n, std::int64_t k, MatrixView a, MatrixView b,
               const void* bias, void* c, std::int64_t c_stride);

/// One product of a sum: op(A) (m, k) and op(B) (k, n).
struct GemmTerm {
  std::int64_t k;
  MatrixView a, b;
};

/// C = the sum of op(A) op(B) over the terms, in their order, + beta C: each part of C stays in the cache for
/// all of them. float32 and float64.
void gemm_sum(DType dtype, std::int64_t m, std::int64_t n, std::span<const GemmTerm> terms, double beta,
              void* c, std::int64_t c_stride);

/// The same product for every matrix of a batch. `batch` holds the batch's sizes, the other shapes how many
/// elements lie between neighbours along each of its axes (0: the same matrix again; not for C).
void gemm_batched(DType dtype, const Shape& batch, std::int64_t m, std::int64_t n, std::int64_t k,
                  double alpha, MatrixView a, const Shape& a_strides, MatrixView b, const Shape& b_strides,
                  double beta, void* c, std::int64_t c_stride, const Shape& c_strides);

/// Sets the BLAS up now rather than before the first product. OpenBLAS gets 128 MiB of address space for
/// every thread; where there is not so much, the threads become fewer (num_threads()), and where there is
/// none it throws.
void prepare_blas();

/// Counts floating-point operations from now on, or no longer: 2 m n k for every product, also those of int64.
void count_product_flops(bool on);
/// What has been counted so far, on all threads.
std::uint64_t product_flops();

/// Which BLAS is linked, which kernels it uses, and whether they were chosen again: "OpenBLAS 0.3.21 ...,
/// kernels SkylakeX (chosen again; it had chosen Prescott)".
std::string blas_description();

}  // namespace gradus
