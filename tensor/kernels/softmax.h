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
  /// One piece of a row of attention scores, on the way to a softmax over all its pieces (Milakov, Gimelshein
  /// 2018, "Online normalizer calculation for softmax"). Adds bias (may be null), leaves out what is masked
  /// (may be null), brings `largest` and `sum` of exp(score - largest) up to date, and turns the scores into
  /// exp(score - largest). Gives the factor for what was summed up before. A row starts with -infinity and 0.
  T (*online)(std::int64_t n, const T* bias, const bool* masked, T* scores, T* largest, T* sum);
  /// The weights of a piece of such a row once the whole is known: exp(score + bias - largest) / sum, 0 where
  /// masked.
  void (*online_weights)(std::int64_t n, const T* bias, const bool* masked, T largest, T sum, T* scores);
  /// gradient = dropped gradient - y delta: the gradient of the scores from that of the weights after their
  /// dropout. y are the weights, `dropped` what dropout made of them (y itself without dropout).
  void (*score_gradient)(std::int64_t n, const T* y, const T* dropped, T delta, T* gradient);
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
