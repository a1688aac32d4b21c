// Softmax over rows, and its backward pass.
#pragma once
#include <cstdint>

namespace gradus {

template <class T>
struct SoftmaxFunctions {
  /// y = softmax(x) of one row. Where `masked` is given, elements where it is true get 0; a row that is masked throughout
  /// becomes zeros. x and y may be the same.
  void (*forward)(std::int64_t n, const T* x, const bool* masked, T* y);
  /// y = log softmax(x); returns log sum exp(x).
  T (*log_forward)(std::int64_t n, const T* x, T* y);
  /// log sum exp(x) of one row.
  T (*log_sum_exp)(std::int64_t n, const T* x);
  /// x_gradient = y (gradient - y . gradient), from y = softmax(x).
  void (*backward)(std::int64_t n, const T* y, const T* gradient, T* x_gradient);
  /// x_gradient = gradient - exp(y) sum(gradient), from y = log softmax(x).
  void (*log_backward)(std::int64_t n, const T* y, const T* gradient, T* x_gradient);
  /// x = scale (softmax(x) - smoothing / n), given log sum exp(x): the gradient of the cross entropy of a row of logits but
  /// for the target's own part. x is overwritten.
  void (*cross_entropy_backward)(std::int64_t n, T log_sum, T scale, T smoothing, T* x);
  /// Sum of one row.
  T (*sum)(std::int64_t n, const T* x);
};

struct SoftmaxKernels {
  SoftmaxFunctions<float> f32;
  SoftmaxFunctions<double> f64;

  template <class T>
  const SoftmaxFunctions<T>& of() const {
    if constexpr (sizeof(T) == 4) return f32;
    else return f64;
  }
};

}  // namespace gradus
