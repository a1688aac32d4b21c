// Layer normalisation of rows (Ba, Kiros, Hinton 2016), and its backward pass.
#pragma once
#include <cstdint>

namespace gradus {

template <class T>
struct LayerNormFunctions {
  /// y = (x - mean) / sqrt(variance + eps) * weight + bias of one row; weight and bias may be null. Gives the
  /// mean and 1 / sqrt(variance + eps).
  void (*forward)(std::int64_t n, const T* x, const T* weight, const T* bias, T eps, T* y, T* mean, T* scale);
  /// The gradient of x; adds to those of weight and bias where they are given.
  void (*backward)(std::int64_t n, const T* x, const T* weight, T mean, T scale, const T* gradient,
                   T* x_gradient, T* weight_gradient, T* bias_gradient);
};

struct LayerNormKernels {
  LayerNormFunctions<float> f32;
  LayerNormFunctions<double> f64;

  template <class T>
  const LayerNormFunctions<T>& of() const {
    if constexpr (sizeof(T) == 4) return f32;
    else return f64;
  }
};

}  // namespace gradus
