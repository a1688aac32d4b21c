// See softmax.h for what the kernels compute and dispatch.h for how this file is compiled.
#include <gradus/tensor/kernels/math.h>
#include <gradus/tensor/kernels/softmax.h>

namespace gradus::GRADUS_ISA {
namespace {

constexpr std::int64_t lanes = 32;  // of a sum or maximum: the same order on every instruction set

template <class T>
constexpr T lowest = -static_cast<T>(__builtin_inff());

template <class T>
GRADUS_INLINE T fold_sum(T* acc) {
  for (std::int64_t half = lanes / 2; half > 0; half /= 2) {
    for (std::int64_t lane = 0; lane < half; ++lane) acc[lane] += acc[lane + half];
  }
  return acc[0];
}

/// The largest element, -infinity of nothing. A NaN may be passed over: the sums that follow become NaN by
/// it.
template <class T>
GRADUS_INLINE T maximum(std::int64_t n, const T* x) {
  T acc[lanes];
  for (std::int64_t lane = 0; lane < lanes; ++lane) acc[lane] = lowest<T>;
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
#pragma omp simd
    for (std::int64_t lane = 0; lane < lanes; ++lane) {
      acc[lane] = acc[lane] >= x[i + lane] ? acc[lane] : x[i + lane];
    }
  }
  for (std::int64_t lane = 0; i < n; ++i, ++lane) acc[lane] = acc[lane] >= x[i] ? acc[lane] : x[i];
  for (std::int64_t half = lanes / 2; half > 0; half /= 2) {
    for (std::int64_t lane = 0; lane < half; ++lane) {
      acc[lane] = acc[lane] >= acc[lane + half] ? acc[lane] : acc[lane + half];
    }
  }
  return acc[0];
}

/// Asks for the cache lines of `lanes` elements before they are needed.
template <class T>
GRADUS_INLINE void fetch(const T* x) {
  for (std::int64_t lane = 0; lane < lanes; lane += 64 / sizeof(T)) __builtin_prefetch(x + lane);
}

/// Sum of exp(x - shift); the terms are written into y where that is asked for. Meanwhile as many elements of
/// `ahead` are fetched, where it is given: memory has nothing else to do.
template <bool writes, class T>
GRADUS_INLINE T exponentials(std::int64_t n, const T* x, T shift, T* y, const T* ahead = nullptr) {
  T acc[lanes] = {};
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    if (ahead) fetch(ahead + i);
#pragma omp simd
    for (std::int64_t lane = 0; lane < lanes; ++lane) {
      // That no row is ahead does not make this one null: NOLINTNEXTLINE(clang-analyzer-core.NullDereference)
      const T value = softmax_weight(x[i + lane] - shift);
      if constexpr (writes) y[i + lane] = value;
      acc[lane] += value;
    }
  }
  if (i == n) return fold_sum(acc);
  // What is left is filled up: short rows are common, and one by one would cost more than a whole block.
  T rest[lanes];
  for (std::int64_t lane = 0; lane < lanes; ++lane) rest[lane] = i + lane < n ? x[i + lane] : lowest<T>;
#pragma omp simd
  for (std::int64_t lane = 0; lane < lanes; ++lane) {
    rest[lane] = softmax_weight(rest[lane] - shift);
    acc[lane] += rest[lane];
  }
  if constexpr (writes) {
    for (std::int64_t lane = 0; lane < n - i; ++lane) y[i + lane] = rest[lane];
  }
  return fold_sum(acc);
}

template <class T>
T shifted_sum(std::int64_t n, const T* x, T shift) {
  T acc[lanes] = {};
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
#pragma omp simd
    for (std::int64_t lane = 0; lane < lanes; ++lane) acc[lane] += x[i + lane] - shift;
  }
  for (std::int64_t lane = 0; i < n; ++i, ++lane) acc[lane] += x[i] - shift;
  return fold_sum(acc);
}

template <class T>
void forward(std::int64_t n, const T* x, const bool* masked, T* y) {
  if (masked != nullptr) {
    const auto* hidden =
        reinterpret_cast<const unsigned char*>(masked);  // bytes: loops over bool are not vectorised
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) {
      const T value = x[i];
      y[i] = hidden[i] != 0 ? lowest<T> : value;
    }
    x = y;
  }
  const T largest = maximum(n, x);
  if (masked && largest == lowest<T>) {
    for (std::int64_t i = 0; i < n; ++i) y[i] = T(0);
    return;
  }
  const T total = exponentials<true>(n, x, largest, y, x + n);  // the next row, most likely
  const T factor = T(1) / total;
#pragma omp simd
  for (std::int64_t i = 0; i < n; ++i) y[i] *= factor;
}

template <class T>
void log_sum_exp(std::int64_t n, const T* x, T* shift, T* log_sum) {
  const T largest = maximum(n, x);
  *shift = largest - largest == T(0) ? largest : T(0);
  *log_sum = log_(exponentials<false, T>(n, x, *shift, nullptr, x + n));
}

template <class T>
void log_forward(std::int64_t n, const T* x, T* y) {
  T shift, log_sum;
  log_sum_exp(n, x, &shift, &log_sum);
#pragma omp simd
  for (std::int64_t i = 0; i < n; ++i) y[i] = (x[i] - shift) - log_sum;
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
  const T total = shifted_sum(n, gradient, T(0));
#pragma omp simd
  for (std::int64_t j = 0; j < n; ++j) x_gradient[j] = gradient[j] - softmax_weight(y[j]) * total;
}

template <class T>
void cross_entropy_backward(std::int64_t n, const T* x, T shift, T log_sum, T scale, T smoothing,
                            T* x_gradient) {
  const T share = smoothing / static_cast<T>(n);
#pragma omp simd
  for (std::int64_t j = 0; j < n; ++j)
    x_gradient[j] = scale * (softmax_weight((x[j] - shift) - log_sum) - share);
}

template <class T>
void cross_entropy(std::int64_t n, T* x, T scale, T smoothing, T* shift, T* log_sum, T* shifted_sum) {
  const T largest = maximum(n, x), origin = largest - largest == T(0) ? largest : T(0);
  T terms[lanes] = {}, logits[lanes] = {};
  std::int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
#pragma omp simd
    for (std::int64_t lane = 0; lane < lanes; ++lane) {
      const T logit = x[i + lane] - origin, value = softmax_weight(logit);
      logits[lane] += logit;
      terms[lane] += value;
      x[i + lane] = value;
    }
  }
  for (std::int64_t lane = 0; i < n; ++i, ++lane) {
    const T logit = x[i] - origin;
    logits[lane] += logit;
    terms[lane] += x[i] = softmax_weight(logit);
  }
  const T total = fold_sum(terms), factor = scale / total, share = scale * smoothing / static_cast<T>(n);
#pragma omp simd
  for (std::int64_t j = 0; j < n; ++j) x[j] = x[j] * factor - share;
  *shift = origin, *log_sum = log_(total), *shifted_sum = fold_sum(logits);
}

template <class T>
constexpr SoftmaxFunctions<T> functions = {forward<T>,       log_forward<T>,  log_sum_exp<T>,
                                           backward<T>,      log_backward<T>, cross_entropy_backward<T>,
                                           cross_entropy<T>, shifted_sum<T>};

}  // namespace

extern const SoftmaxKernels softmax_kernels;
const SoftmaxKernels softmax_kernels = {functions<float>, functions<double>};

}  // namespace gradus::GRADUS_ISA
