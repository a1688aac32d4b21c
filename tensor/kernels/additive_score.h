// Additive attention scores (Bahdanau et al. 2015): score(q, k) = v . tanh(q + k), q and k already projected.
#pragma once
#include <cstdint>

namespace gradus {

/// One query against `keys` keys of `size` features, lying one behind the other.
struct AdditiveScoreKernels {
  /// scores[j] = v . tanh(query + key_j)
  void (*forward_f32)(std::int64_t keys, std::int64_t size, const float* query, const float* key, const float* v,
                      float* scores);
  void (*forward_f64)(std::int64_t keys, std::int64_t size, const double* query, const double* key, const double* v,
                      double* scores);
  /// Adds to query_gradient (size), key_gradient (keys, size) and v_gradient (size), from the gradient of the scores.
  void (*backward_f32)(std::int64_t keys, std::int64_t size, const float* query, const float* key, const float* v,
                       const float* gradient, float* query_gradient, float* key_gradient, float* v_gradient);
  void (*backward_f64)(std::int64_t keys, std::int64_t size, const double* query, const double* key, const double* v,
                       const double* gradient, double* query_gradient, double* key_gradient, double* v_gradient);
};

}  // namespace gradus
