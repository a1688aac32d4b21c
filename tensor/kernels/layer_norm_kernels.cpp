// See layer_norm.h for what the kernels compute and dispatch.h for how this file is compiled.
#include <gradus/tensor/kernels/layer_norm.h>
#include <gradus/tensor/kernels/math.h>

namespace gradus::GRADUS_ISA {
namespace {

constexpr std::int64_t lanes = 32;  // of a sum: the same order on every instruction set

/// Asks for the cache lines of `lanes` elements before they are needed.
template <class T>
GRADUS_INLINE void fetch(const T* x) {
  for (std::int64_t lane = 0; lane < lanes; lane += 64 / sizeof(T)) __builtin_prefetch(x + lane);
}

/// Sum of term(i) over a row. Meanwhile as many elements of `ahead` are fetched, where it is given.
template <class T, class Term>
GRADUS_INLINE T sum_of(std::int64_t n, Term term, const T* ahead = nullptr) {
  T acc[lanes] = {};
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    if (ahead) fetch(ahead + i);
#pragma omp simd
    for (std::int64_t lane = 0; lane < lanes; ++lane) acc[lane] += term(i + lane);
  }
  for (std::int64_t lane = 0; i < n; ++i, ++lane) acc[lane] += term(i);
  for (std::int64_t half = lanes / 2; half > 0; half /= 2) {
    for (std::int64_t lane = 0; lane < half; ++lane) acc[lane] += acc[lane + half];
  }
  return acc[0];
}

GRADUS_INLINE float square_root(float x) { return __builtin_sqrtf(x); }
GRADUS_INLINE double square_root(double x) { return __builtin_sqrt(x); }

template <class T>
void forward(std::int64_t n, const T* x, const T* weight, const T* bias, T eps, T* y, T* mean, T* scale) {
  const T count = static_cast<T>(n);
  // Only what is ahead may be null: NOLINTBEGIN(clang-analyzer-core.NullDereference)
  const T center = sum_of<T>(
                       n, [x](std::int64_t i) __attribute__((always_inline)) { return x[i]; }) /
                   count;
  const T variance = sum_of<T>(
                         n, [ x, center ](std::int64_t i) __attribute__((always_inline)) {
                           return (x[i] - center) * (x[i] - center);
                         },
                         x + n) /  // the next row, most likely
                     count;
  // NOLINTEND(clang-analyzer-core.NullDereference)
  const T factor = T(1) / square_root(variance + eps);
  *mean = center;
  *scale = factor;
  if (weight && bias) {
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) y[i] = (x[i] - center) * factor * weight[i] + bias[i];
    return;
  }
#pragma omp simd
  for (std::int64_t i = 0; i < n; ++i) y[i] = (x[i] - center) * factor;
  if (weight) {
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) y[i] *= weight[i];
  }
  if (bias) {
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) y[i] += bias[i];
  }
}

template <class T>
void backward(std::int64_t n, const T* x, const T* weight, T mean, T scale, const T* gradient, T* x_gradient,
              T* weight_gradient, T* bias_gradient) {
  const T count = static_cast<T>(n);
  // With g the gradient of the normalised row and h the row itself: (g - mean(g) - h mean(g h)) / deviation.
  if (weight) {
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) x_gradient[i] = gradient[i] * weight[i];
  } else {
    for (std::int64_t i = 0; i < n; ++i) x_gradient[i] = gradient[i];
  }
  const T* g = x_gradient;
  const T mean_g = sum_of<T>(
                       n, [g](std::int64_t i) __attribute__((always_inline)) { return g[i]; }) /
                   count;
  const T mean_gh = sum_of<T>(
                        n, [ g, x, mean, scale ](std::int64_t i)
                               __attribute__((always_inline)) { return g[i] * (x[i] - mean) * scale; }) /
                    count;
#pragma omp simd
  for (std::int64_t i = 0; i < n; ++i) {
    x_gradient[i] = scale * (x_gradient[i] - mean_g - (x[i] - mean) * scale * mean_gh);
  }
  if (weight_gradient) {
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) weight_gradient[i] += gradient[i] * (x[i] - mean) * scale;
  }
  if (bias_gradient) {
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) bias_gradient[i] += gradient[i];
  }
}

}  // namespace

extern const LayerNormKernels layer_norm_kernels;
const LayerNormKernels layer_norm_kernels = {{forward<float>, backward<float>},
                                             {forward<double>, backward<double>}};

}  // namespace gradus::GRADUS_ISA
