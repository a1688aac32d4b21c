// See softmax.h for what the kernels compute and dispatch.h for how this file is compiled.
#include <gradus/tensor/kernels/math.h>
#include <gradus/tensor/kernels/softmax.h>

namespace gradus::GRADUS_ISA {
namespace {

constexpr std::int64_t lanes = 32;  // of a sum or maximum: the same order on every instruction set

template <class T>
GRADUS_INLINE T fold_sum(T* acc) {
  for (std::int64_t half = lanes / 2; half > 0; half /= 2) {
    for (std::int64_t lane = 0; lane < half; ++lane) acc[lane] += acc[lane + half];
  }
  return acc[0];
}

/// The largest element, -infinity of nothing. A NaN may be passed over: the sums that follow become NaN by it.
template <class T>
GRADUS_INLINE T maximum(std::int64_t n, const T* x, const bool* masked) {
  constexpr T lowest = -static_cast<T>(__builtin_inff());
  T acc[lanes];
  for (std::int64_t lane = 0; lane < lanes; ++lane) acc[lane] = lowest;
  if (masked) {
    for (std::int64_t i = 0; i < n; ++i) {
      const T value = masked[i] ? lowest : x[i];
      acc[0] = acc[0] >= value ? acc[0] : value;
    }
    return acc[0];
  }
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
#pragma omp simd
    for (std::int64_t lane = 0; lane < lanes; ++lane) acc[lane] = acc[lane] >= x[i + lane] ? acc[lane] : x[i + lane];
  }
  for (std::int64_t lane = 0; i < n; ++i, ++lane) acc[lane] = acc[lane] >= x[i] ? acc[lane] : x[i];
  for (std::int64_t half = lanes / 2; half > 0; half /= 2) {
    for (std::int64_t lane = 0; lane < half; ++lane) acc[lane] = acc[lane] >= acc[lane + half] ? acc[lane] : acc[lane + half];
  }
  return acc[0];
}

/// Sum of exp(x - shift).
template <class T>
GRADUS_INLINE T sum_exp(std::int64_t n, const T* x, T shift) {
  T acc[lanes] = {};
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
#pragma omp simd
    for (std::int64_t lane = 0; lane < lanes; ++lane) acc[lane] += exp_(x[i + lane] - shift);
  }
  for (std::int64_t lane = 0; i < n; ++i, ++lane) acc[lane] += exp_(x[i] - shift);
  return fold_sum(acc);
}

template <class T>
T sum(std::int64_t n, const T* x) {
  T acc[lanes] = {};
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
#pragma omp simd
    for (std::int64_t lane = 0; lane < lanes; ++lane) acc[lane] += x[i + lane];
  }
  for (std::int64_t lane = 0; i < n; ++i, ++lane) acc[lane] += x[i];
  return fold_sum(acc);
}

template <class T>
void forward(std::int64_t n, const T* x, const bool* masked, T* y) {
  const T largest = maximum(n, x, masked);
  if (masked) {
    const bool nothing = largest == -static_cast<T>(__builtin_inff());
    T total = 0;
    for (std::int64_t i = 0; i < n; ++i) {
      y[i] = masked[i] || nothing ? T(0) : exp_(x[i] - largest);
      total += y[i];
    }
    const T factor = total > T(0) ? T(1) / total : total;  // a NaN stays one
    for (std::int64_t i = 0; i < n; ++i) y[i] *= factor;
    return;
  }
  T acc[lanes] = {};
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
#pragma omp simd
    for (std::int64_t lane = 0; lane < lanes; ++lane) {
      const T value = exp_(x[i + lane] - largest);
      y[i + lane] = value;
      acc[lane] += value;
    }
  }
  for (std::int64_t lane = 0; i < n; ++i, ++lane) {
    y[i] = exp_(x[i] - largest);
    acc[lane] += y[i];
  }
  const T factor = T(1) / fold_sum(acc);
#pragma omp simd
  for (std::int64_t j = 0; j < n; ++j) y[j] *= factor;
}

template <class T>
T log_sum_exp(std::int64_t n, const T* x) {
  const T largest = maximum<T>(n, x, nullptr);
  const bool infinite = largest - largest != T(0);
  return infinite ? largest : largest + log_(sum_exp(n, x, largest));
}

template <class T>
T log_forward(std::int64_t n, const T* x, T* y) {
  const T log_sum = log_sum_exp(n, x);
#pragma omp simd
  for (std::int64_t i = 0; i < n; ++i) y[i] = x[i] - log_sum;
  return log_sum;
}

template <class T>
void backward(std::int64_t n, const T* y, const T* gradient, T* x_gradient) {
  T acc[lanes] = {};
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
#pragma omp simd
    for (std::int64_t lane = 0; lane < lanes; ++lane) acc[lane] += y[i + lane] * gradient[i + lane];
  }
  for (std::int64_t lane = 0; i < n; ++i, ++lane) acc[lane] += y[i] * gradient[i];
  const T inner = fold_sum(acc);
#pragma omp simd
  for (std::int64_t j = 0; j < n; ++j) x_gradient[j] = y[j] * (gradient[j] - inner);
}

template <class T>
void log_backward(std::int64_t n, const T* y, const T* gradient, T* x_gradient) {
  const T total = sum(n, gradient);
#pragma omp simd
  for (std::int64_t j = 0; j < n; ++j) x_gradient[j] = gradient[j] - exp_(y[j]) * total;
}

template <class T>
void cross_entropy_backward(std::int64_t n, T log_sum, T scale, T smoothing, T* x) {
  const T share = smoothing / static_cast<T>(n);
#pragma omp simd
  for (std::int64_t j = 0; j < n; ++j) x[j] = scale * (exp_(x[j] - log_sum) - share);
}

template <class T>
constexpr SoftmaxFunctions<T> functions = {forward<T>,      log_forward<T>,  log_sum_exp<T>,
                                           backward<T>,     log_backward<T>, cross_entropy_backward<T>,
                                           sum<T>};

}  // namespace

extern const SoftmaxKernels softmax_kernels;
const SoftmaxKernels softmax_kernels = {functions<float>, functions<double>};

}  // namespace gradus::GRADUS_ISA
