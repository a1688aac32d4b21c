// See reduce.h for what the kernels compute and dispatch.h for how this file is compiled.
#include <gradus/tensor/kernels/reduce.h>

namespace gradus::GRADUS_ISA {
namespace {

constexpr std::int64_t lanes = 32;  // of a fold: the same order on every instruction set

struct Sum {
  template <class T>
  static inline __attribute__((always_inline)) T f(T a, T b) { return a + b; }
  static constexpr int start = 0;
};
struct Prod {
  template <class T>
  static inline __attribute__((always_inline)) T f(T a, T b) { return a * b; }
  static constexpr int start = 1;
};
struct Max {
  template <class T>
  static inline __attribute__((always_inline)) T f(T a, T b) { return a != a ? a : (a > b ? a : b); }
};
struct Min {
  template <class T>
  static inline __attribute__((always_inline)) T f(T a, T b) { return a != a ? a : (a < b ? a : b); }
};

template <class Op>
constexpr bool starts_with_first = !requires { Op::start; };

template <class Op, class T>
void row(std::int64_t n, const void* x, void* y) {
  const T* in = static_cast<const T*>(x);
  T acc[lanes];
  for (std::int64_t lane = 0; lane < lanes; ++lane) {
    if constexpr (starts_with_first<Op>) acc[lane] = in[0];
    else acc[lane] = T(Op::start);
  }
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
#pragma omp simd
    for (std::int64_t lane = 0; lane < lanes; ++lane) acc[lane] = Op::f(acc[lane], in[i + lane]);
  }
  for (std::int64_t lane = 0; i < n; ++i, ++lane) acc[lane] = Op::f(acc[lane], in[i]);
  for (std::int64_t half = lanes / 2; half > 0; half /= 2) {
    for (std::int64_t lane = 0; lane < half; ++lane) acc[lane] = Op::f(acc[lane], acc[lane + half]);
  }
  *static_cast<T*>(y) = acc[0];
}

template <class Op, class T>
void columns(std::int64_t rows, std::int64_t count, std::int64_t stride, const void* x, void* y) {
  const T* in = static_cast<const T*>(x);
  T* out = static_cast<T*>(y);
  for (std::int64_t i = 0; i < rows; ++i, in += stride) {
#pragma omp simd
    for (std::int64_t j = 0; j < count; ++j) out[j] = Op::f(out[j], in[j]);
  }
}

#define GRADUS_NUMERIC(function, Op) {function<Op, float>, function<Op, double>, function<Op, std::int64_t>, nullptr}

}  // namespace

extern const ReduceKernels reduce_kernels;
const ReduceKernels reduce_kernels = {
    .row = {GRADUS_NUMERIC(row, Sum), GRADUS_NUMERIC(row, Prod), GRADUS_NUMERIC(row, Max), GRADUS_NUMERIC(row, Min)},
    .columns = {GRADUS_NUMERIC(columns, Sum), GRADUS_NUMERIC(columns, Prod), GRADUS_NUMERIC(columns, Max),
                GRADUS_NUMERIC(columns, Min)},
};

#undef GRADUS_NUMERIC

}  // namespace gradus::GRADUS_ISA
