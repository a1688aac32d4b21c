// Softmax over rows, and its backward pass.
#pragma once
#include <cstdint>

namespace gradus {

template <class T>
struct SoftmaxFunctions {
  /// y = softmax(x) of one row. Where `masked` is given, elements where it is true get 0; a row that is
  /// masked throughout becomes zeros. x and y may be the same.
  void (*forward)(std::int64_t n, const T* x, const bool* masked, T* y);
  /// y = log softmax(x).
  void (*log_forward)(std::int64_t n, const T* x, T* y);
  /// log sum exp(x) of one row as shift + log_sum, the shift being the largest element (0 where that is
  /// infinite). Kept apart, because x - shift is exact where x is large and their sum would round.
  void (*log_sum_exp)(std::int64_t n, const T* x, T* shift, T* log_sum);
  /// x_gradient = y (gradient - y . gradient), from y = softmax(x).
  void (*backward)(std::int64_t n, const T* y, const T* gradient, T* x_gradient);
  /// x_gradient = gradient - exp(y) sum(gradient), from y = log softmax(x).
  void (*log_backward)(std::int64_t n, const T* y, const T* gradient, T* x_gradient);
  /// x_gradient = scale (softmax(x) - smoothing / n), given log_sum_exp(x): the gradient of the cross entropy
  /// of a row of logits but for the target's own part. x and x_gradient may be the same.
  void (*cross_entropy_backward)(std::int64_t n, const T* x, T shift, T log_sum, T scale, T smoothing,
                                 T* x_gradient);
  /// What the cross entropy of a row of logits is made of, and its gradient, with one exponential an element:
  /// gives log_sum_exp(x) and the sum of x - shift, and puts softmax(x) - smoothing / n in place of x.
  void (*cross_entropy)(std::int64_t n, T* x, T smoothing, T* shift, T* log_sum, T* shifted_sum);
  /// Sum of x - shift.
  T (*shifted_sum)(std::int64_t n, const T* x, T shift);
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
