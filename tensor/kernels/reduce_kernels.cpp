// See reduce.h for what the kernels compute and dispatch.h for how this file is compiled.
#include <gradus/tensor/kernels/reduce.h>

namespace gradus::GRADUS_ISA {
namespace {

constexpr std::int64_t lanes = 32;  // of a fold: the same order on every instruction set

struct Sum {
  template <class T>
  static inline __attribute__((always_inline)) T f(T a, T b) {
    return a + b;
  }
  static constexpr int start = 0;
};
struct Prod {
  template <class T>
  static inline __attribute__((always_inline)) T f(T a, T b) {
    return a * b;
  }
  static constexpr int start = 1;
};
struct Max {
  template <class T>
  static inline __attribute__((always_inline)) T f(T a, T b) {
    const T chosen = a <= b ? b : a;
    return b == b ? chosen : b;
  }
};
struct Min {
  template <class T>
  static inline __attribute__((always_inline)) T f(T a, T b) {
    const T chosen = a >= b ? b : a;
    return b == b ? chosen : b;
  }
};

template <class Op>
constexpr bool starts_with_first = !requires {
  Op::start;
};

/// Folds lanes, each with its neighbour in the other half, until one is left.
template <class Op, class T>
static inline __attribute__((always_inline)) T fold_lanes(T* acc) {
  for (std::int64_t half = lanes / 2; half > 0; half /= 2) {
    for (std::int64_t lane = 0; lane < half; ++lane) acc[lane] = Op::f(acc[lane], acc[lane + half]);
  }
  return acc[0];
}

/// In blocks, each folded by itself and then into the total: the rounding of a long sum grows with the length
/// of a block and the number of blocks, not with their product.
template <class Op, class T>
void row(std::int64_t n, const void* x, void* y) {
  const T* in = static_cast<const T*>(x);
  constexpr std::int64_t block = 64 * lanes;
  T total[lanes];
  for (std::int64_t first = 0; first == 0 || first < n; first += block) {
    T acc[lanes];
    for (std::int64_t lane = 0; lane < lanes; ++lane) {
      if constexpr (starts_with_first<Op>) acc[lane] = in[first];
      else acc[lane] = T(Op::start);
    }
    const std::int64_t end = n - first < block ? n : first + block;
    std::int64_t i = first;
    for (; i + lanes <= end; i += lanes) {
#pragma omp simd
      for (std::int64_t lane = 0; lane < lanes; ++lane) acc[lane] = Op::f(acc[lane], in[i + lane]);
    }
    for (std::int64_t lane = 0; i < end; ++i, ++lane) acc[lane] = Op::f(acc[lane], in[i]);
    for (std::int64_t lane = 0; lane < lanes; ++lane)
      total[lane] = first == 0 ? acc[lane] : Op::f(total[lane], acc[lane]);
  }
  *static_cast<T*>(y) = fold_lanes<Op>(total);
}

template <class Op, class T>
void columns(std::int64_t rows, std::int64_t count, std::int64_t stride, const void* x, void* y) {
  const T* in = static_cast<const T*>(x);
  T* out = static_cast<T*>(y);
  std::int64_t i = 0;
  for (; i + 4 <= rows; i += 4, in += 4 * stride) {  // four rows for one visit to y
#pragma omp simd
    for (std::int64_t j = 0; j < count; ++j) {
      T folded = Op::f(out[j], in[j]);
      folded = Op::f(folded, in[stride + j]);
      folded = Op::f(folded, in[2 * stride + j]);
      out[j] = Op::f(folded, in[3 * stride + j]);
    }
  }
  for (; i < rows; ++i, in += stride) {
#pragma omp simd
    for (std::int64_t j = 0; j < count; ++j) out[j] = Op::f(out[j], in[j]);
  }
}

#define GRADUS_NUMERIC(function, Op) \
  { function<Op, float>, function<Op, double>, function<Op, std::int64_t>, nullptr }

}  // namespace

extern const ReduceKernels reduce_kernels;
const ReduceKernels reduce_kernels = {
    .row = {GRADUS_NUMERIC(row, Sum), GRADUS_NUMERIC(row, Prod), GRADUS_NUMERIC(row, Max),
            GRADUS_NUMERIC(row, Min)},
    .columns = {GRADUS_NUMERIC(columns, Sum), GRADUS_NUMERIC(columns, Prod), GRADUS_NUMERIC(columns, Max),
                GRADUS_NUMERIC(columns, Min)},
};

#undef GRADUS_NUMERIC

}  // namespace gradus::GRADUS_ISA
