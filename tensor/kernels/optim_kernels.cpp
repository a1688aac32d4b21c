// See optim.h for what the kernels compute and dispatch.h for how this file is compiled.
#include <gradus/tensor/kernels/optim.h>
#include <gradus/tensor/kernels/math.h>

namespace gradus::GRADUS_ISA {
namespace {

GRADUS_INLINE float root(float x) { return __builtin_sqrtf(x); }
GRADUS_INLINE double root(double x) { return __builtin_sqrt(x); }
GRADUS_INLINE double magnitude(double x) { return __builtin_fabs(x); }

template <class T>
GRADUS_INLINE T* array(void* data) { return static_cast<T*>(data); }
template <class T>
GRADUS_INLINE const T* array(const void* data) { return static_cast<const T*>(data); }

// The arrays of a run never overlap (a parameter, its gradient and its state have memory of their own), so
// the loops are `simd`. Every loop has its conditions as template arguments, so that the compiler sees a
// straight body.

template <class T, bool nesterov, bool first>
void sgd_momentum(const OptimRun& run, const SgdCoefficients& c) {
  T* const parameter = array<T>(run.parameter);
  const T* const gradient = array<T>(run.gradient);
  T* const buffer = array<T>(run.state[0]);
  const T sign = T(c.sign), lr = T(c.lr), decay = T(c.weight_decay);
  const T momentum = T(c.momentum), rest = T(1 - c.dampening);
#pragma omp simd
  for (std::int64_t i = 0; i < run.count; ++i) {
    const T g = sign * gradient[i] + decay * parameter[i];
    const T b = first ? g : momentum * buffer[i] + rest * g;
    buffer[i] = b;
    parameter[i] -= lr * (nesterov ? g + momentum * b : b);
  }
}

template <class T>
void sgd(const OptimRun& run, const SgdCoefficients& c) {
  if (run.state[0]) {
    if (c.nesterov && c.first) return sgd_momentum<T, true, true>(run, c);
    if (c.nesterov) return sgd_momentum<T, true, false>(run, c);
    if (c.first) return sgd_momentum<T, false, true>(run, c);
    return sgd_momentum<T, false, false>(run, c);
  }
  T* const parameter = array<T>(run.parameter);
  const T* const gradient = array<T>(run.gradient);
  const T sign = T(c.sign), lr = T(c.lr), decay = T(c.weight_decay);
#pragma omp simd
  for (std::int64_t i = 0; i < run.count; ++i) {
    parameter[i] -= lr * (sign * gradient[i] + decay * parameter[i]);
  }
}

template <class T, bool amsgrad>
void adam_loop(const OptimRun& run, const AdamCoefficients& c) {
  T* const parameter = array<T>(run.parameter);
  const T* const gradient = array<T>(run.gradient);
  T* const mean = array<T>(run.state[0]);
  T* const square = array<T>(run.state[1]);
  T* const largest = array<T>(run.state[2]);
  const T sign = T(c.sign), decay = T(c.weight_decay), shrink = T(c.shrink), eps = T(c.eps);
  const T beta1 = T(c.beta1), rest1 = T(1 - c.beta1), beta2 = T(c.beta2), rest2 = T(1 - c.beta2);
  const T step_size = T(c.step_size), root_correction = T(c.root_correction);
#pragma omp simd
  for (std::int64_t i = 0; i < run.count; ++i) {
    const T p = parameter[i] * shrink;
    const T g = sign * gradient[i] + decay * p;
    const T m = beta1 * mean[i] + rest1 * g;
    T v = beta2 * square[i] + rest2 * (g * g);
    mean[i] = m;
    square[i] = v;
    if constexpr (amsgrad) {
      v = largest[i] > v ? largest[i] : v;
      largest[i] = v;
    }
    parameter[i] = p - step_size * (m / (root(v) * root_correction + eps));
  }
}

template <class T>
void adam(const OptimRun& run, const AdamCoefficients& c) {
  run.state[2] ? adam_loop<T, true>(run, c) : adam_loop<T, false>(run, c);
}

template <class T, bool with_momentum, bool centered>
void rmsprop_loop(const OptimRun& run, const RmspropCoefficients& c) {
  T* const parameter = array<T>(run.parameter);
  const T* const gradient = array<T>(run.gradient);
  T* const square = array<T>(run.state[0]);
  T* const buffer = array<T>(run.state[1]);
  T* const mean = array<T>(run.state[2]);
  const T sign = T(c.sign), lr = T(c.lr), decay = T(c.weight_decay), momentum = T(c.momentum);
  const T alpha = T(c.alpha), rest = T(1 - c.alpha), eps = T(c.eps);
#pragma omp simd
  for (std::int64_t i = 0; i < run.count; ++i) {
    const T g = sign * gradient[i] + decay * parameter[i];
    const T v = alpha * square[i] + rest * (g * g);
    square[i] = v;
    T w = v;
    if constexpr (centered) {
      const T u = alpha * mean[i] + rest * g;
      mean[i] = u;
      w = v - u * u;
    }
    T step = g / (root(w) + eps);
    if constexpr (with_momentum) {
      step = momentum * buffer[i] + step;
      buffer[i] = step;
    }
    parameter[i] -= lr * step;
  }
}

template <class T>
void rmsprop(const OptimRun& run, const RmspropCoefficients& c) {
  const bool with_momentum = run.state[1] != nullptr, centered = run.state[2] != nullptr;
  if (with_momentum && centered) return rmsprop_loop<T, true, true>(run, c);
  if (with_momentum) return rmsprop_loop<T, true, false>(run, c);
  if (centered) return rmsprop_loop<T, false, true>(run, c);
  return rmsprop_loop<T, false, false>(run, c);
}

template <class T>
void adagrad(const OptimRun& run, const AdagradCoefficients& c) {
  T* const parameter = array<T>(run.parameter);
  const T* const gradient = array<T>(run.gradient);
  T* const sum = array<T>(run.state[0]);
  const T sign = T(c.sign), decay = T(c.weight_decay), lr = T(c.lr), eps = T(c.eps);
#pragma omp simd
  for (std::int64_t i = 0; i < run.count; ++i) {
    const T g = sign * gradient[i] + decay * parameter[i];
    const T s = sum[i] + g * g;
    sum[i] = s;
    parameter[i] -= lr * (g / (root(s) + eps));
  }
}

template <class T>
void adadelta(const OptimRun& run, const AdadeltaCoefficients& c) {
  T* const parameter = array<T>(run.parameter);
  const T* const gradient = array<T>(run.gradient);
  T* const square = array<T>(run.state[0]);
  T* const squared_step = array<T>(run.state[1]);
  const T sign = T(c.sign), decay = T(c.weight_decay), lr = T(c.lr), eps = T(c.eps);
  const T rho = T(c.rho), rest = T(1 - c.rho);
#pragma omp simd
  for (std::int64_t i = 0; i < run.count; ++i) {
    const T g = sign * gradient[i] + decay * parameter[i];
    const T v = rho * square[i] + rest * (g * g);
    square[i] = v;
    const T step = root(squared_step[i] + eps) / root(v + eps) * g;
    squared_step[i] = rho * squared_step[i] + rest * (step * step);
    parameter[i] -= lr * step;
  }
}

// --- norms -------------------------------------------------------------------------------------------------

constexpr int lanes = 16;

struct AddSquare {
  GRADUS_INLINE double start() { return 0; }
  GRADUS_INLINE double f(double sum, double x) { return sum + x * x; }
  GRADUS_INLINE double fold(double a, double b) { return a + b; }
};
struct AddMagnitude {
  GRADUS_INLINE double start() { return 0; }
  GRADUS_INLINE double f(double sum, double x) { return sum + magnitude(x); }
  GRADUS_INLINE double fold(double a, double b) { return a + b; }
};
struct LargestMagnitude {
  GRADUS_INLINE double start() { return 0; }
  GRADUS_INLINE double f(double best, double x) { return fold(best, magnitude(x)); }
  GRADUS_INLINE double fold(double a, double b) { return a >= b || a != a ? a : b; }  // a NaN stays
};

/// In 16 lanes, folded by halves: the same order on every instruction set.
template <class T, class Op>
double reduce(const void* data, std::int64_t count) {
  const T* x = array<T>(data);
  double acc[lanes];
  for (int k = 0; k < lanes; ++k) acc[k] = Op::start();
  std::int64_t i = 0;
  for (; i + lanes <= count; i += lanes) {
#pragma omp simd
    for (int k = 0; k < lanes; ++k) acc[k] = Op::f(acc[k], static_cast<double>(x[i + k]));
  }
  for (int k = 0; i < count; ++i, ++k) acc[k] = Op::f(acc[k], static_cast<double>(x[i]));
  for (int half = lanes / 2; half > 0; half /= 2) {
    for (int k = 0; k < half; ++k) acc[k] = Op::fold(acc[k], acc[k + half]);
  }
  return acc[0];
}

template <class T>
void scale(void* data, std::int64_t count, double factor) {
  T* x = array<T>(data);
  const T by = T(factor);
#pragma omp simd
  for (std::int64_t i = 0; i < count; ++i) x[i] *= by;
}

template <class T>
void clamp(void* data, std::int64_t count, double limit) {
  T* x = array<T>(data);
  const T high = T(limit), low = -high;
#pragma omp simd
  for (std::int64_t i = 0; i < count; ++i) x[i] = x[i] > high ? high : (x[i] < low ? low : x[i]);
}

}  // namespace

extern const OptimKernels optim_kernels;
const OptimKernels optim_kernels = {
    {sgd<float>, sgd<double>},
    {adam<float>, adam<double>},
    {rmsprop<float>, rmsprop<double>},
    {adagrad<float>, adagrad<double>},
    {adadelta<float>, adadelta<double>},
    {reduce<float, AddSquare>, reduce<double, AddSquare>},
    {reduce<float, AddMagnitude>, reduce<double, AddMagnitude>},
    {reduce<float, LargestMagnitude>, reduce<double, LargestMagnitude>},
    {scale<float>, scale<double>},
    {clamp<float>, clamp<double>},
};

}  // namespace gradus::GRADUS_ISA
