// See additive_score.h for what the kernels compute and dispatch.h for how this file is compiled.
#include <gradus/tensor/kernels/additive_score.h>
#include <gradus/tensor/kernels/math.h>

namespace gradus::GRADUS_ISA {
namespace {

constexpr std::int64_t lanes = 32;  // of a sum: the same order on every instruction set

template <class T>
void forward(std::int64_t keys, std::int64_t size, const T* query, const T* key, const T* v, T* scores) {
  for (std::int64_t j = 0; j < keys; ++j, key += size) {
    T sum[lanes] = {};
    std::int64_t i = 0;
    for (; i + lanes <= size; i += lanes) {
#pragma omp simd
      for (std::int64_t lane = 0; lane < lanes; ++lane) {
        sum[lane] += v[i + lane] * tanh_(query[i + lane] + key[i + lane]);
      }
    }
    for (std::int64_t lane = 0; i < size; ++i, ++lane) sum[lane] += v[i] * tanh_(query[i] + key[i]);
    for (std::int64_t half = lanes / 2; half > 0; half /= 2) {
      for (std::int64_t lane = 0; lane < half; ++lane) sum[lane] += sum[lane + half];
    }
    scores[j] = sum[0];
  }
}

template <class T>
void backward(std::int64_t keys, std::int64_t size, const T* query, const T* key, const T* v, const T* gradient,
              T* query_gradient, T* key_gradient, T* v_gradient) {
  for (std::int64_t j = 0; j < keys; ++j, key += size, key_gradient += size) {
    const T g = gradient[j];
    if (g == T(0)) continue;  // a masked key
#pragma omp simd
    for (std::int64_t i = 0; i < size; ++i) {
      const T t = tanh_(query[i] + key[i]);
      const T inner = g * v[i] * (T(1) - t * t);
      query_gradient[i] += inner;
      key_gradient[i] += inner;
      v_gradient[i] += g * t;
    }
  }
}

}  // namespace

extern const AdditiveScoreKernels additive_score_kernels;
const AdditiveScoreKernels additive_score_kernels = {forward<float>, forward<double>, backward<float>,
                                                     backward<double>};

}  // namespace gradus::GRADUS_ISA
