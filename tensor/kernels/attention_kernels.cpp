// See attention.h for what the kernels compute and dispatch.h for how this file is compiled.
#include <gradus/tensor/kernels/attention.h>
#include <gradus/tensor/kernels/block_product.h>
#include <gradus/tensor/kernels/math.h>

namespace gradus::GRADUS_ISA {
namespace {

constexpr std::int64_t lanes = block_padding;

template <class T>
constexpr T lowest = -static_cast<T>(__builtin_inff());

/// The columns that a row sees: [begin, end).
struct Seen {
  std::int64_t begin, end;
};
template <class T>
GRADUS_INLINE Seen seen_by(const ScoreBlock<T>& block, std::int64_t row) {
  const std::int64_t begin = block.first + row, end = block.last + row;
  return {begin < 0 ? 0 : (begin < block.columns ? begin : block.columns),
          end < 0 ? 0 : (end < block.columns ? end : block.columns)};
}

/// Adds the bias to a row, puts -infinity where a key is left out, and gives the largest score. A NaN may be
/// passed over: the sums that follow become NaN by it.
template <class T>
GRADUS_INLINE T complete(const ScoreBlock<T>& block, std::int64_t row, T* scores) {
  if (block.bias) {
    const T* bias = block.bias + row * block.bias_stride;
#pragma omp simd
    for (std::int64_t i = 0; i < block.columns; ++i) scores[i] += bias[i];
  }
  if (block.masked) {
    // Bytes, because loops over bool are not vectorised.
    const auto* masked = reinterpret_cast<const unsigned char*>(block.masked + row * block.mask_stride);
#pragma omp simd
    for (std::int64_t i = 0; i < block.columns; ++i) {
      const T value = scores[i];
      scores[i] = masked[i] != 0 ? lowest<T> : value;
    }
  }
  const Seen seen = seen_by(block, row);
  for (std::int64_t i = 0; i < seen.begin; ++i) scores[i] = lowest<T>;
  for (std::int64_t i = seen.end; i < block.stride; ++i) scores[i] = lowest<T>;
  T most[lanes];
  for (std::int64_t lane = 0; lane < lanes; ++lane) most[lane] = scores[lane];
  for (std::int64_t i = lanes; i < block.stride; i += lanes) {
#pragma omp simd
    for (std::int64_t lane = 0; lane < lanes; ++lane)
      most[lane] = most[lane] >= scores[i + lane] ? most[lane] : scores[i + lane];
  }
  for (std::int64_t half = lanes / 2; half > 0; half /= 2) {
    for (std::int64_t lane = 0; lane < half; ++lane)
      most[lane] = most[lane] >= most[lane + half] ? most[lane] : most[lane + half];
  }
  return most[0];
}

template <class T>
void online_softmax(const ScoreBlock<T>& block, T* scores, T* largest, T* sum, T* factors) {
  for (std::int64_t r = 0; r < block.rows; ++r) {
    const T here = complete(block, r, scores + r * block.stride);
    factors[r] = largest[r];
    largest[r] = largest[r] >= here ? largest[r] : here;
  }
#pragma omp simd
  for (std::int64_t r = 0; r < block.rows; ++r) {
    const T factor = softmax_weight(factors[r] - largest[r]);
    factors[r] = largest[r] == lowest<T> ? T(1) : factor;  // nothing to look at so far
  }
  for (std::int64_t r = 0; r < block.rows; ++r, scores += block.stride) {
    if (largest[r] == lowest<T>) {
      for (std::int64_t i = 0; i < block.stride; ++i) scores[i] = T(0);
      continue;
    }
    const T shift = largest[r];
    T sums[lanes] = {};
    for (std::int64_t i = 0; i < block.stride; i += lanes) {
#pragma omp simd
      for (std::int64_t lane = 0; lane < lanes; ++lane) {
        const T value = softmax_weight(scores[i + lane] - shift);
        scores[i + lane] = value;
        sums[lane] += value;
      }
    }
    T total = 0;
#pragma omp simd reduction(+ : total)
    for (std::int64_t lane = 0; lane < lanes; ++lane) total += sums[lane];
    sum[r] = sum[r] * factors[r] + total;
  }
}

template <class T>
void weights(const ScoreBlock<T>& block, const T* largest, const T* sum, T* scores) {
  for (std::int64_t r = 0; r < block.rows; ++r, scores += block.stride) {
    if (largest[r] == lowest<T>) {
      for (std::int64_t i = 0; i < block.stride; ++i) scores[i] = T(0);
      continue;
    }
    complete(block, r, scores);
    const T factor = T(1) / sum[r], shift = largest[r];
#pragma omp simd
    for (std::int64_t i = 0; i < block.stride; ++i) scores[i] = softmax_weight(scores[i] - shift) * factor;
  }
}

template <class T>
void score_gradient(const ScoreBlock<T>& block, const T* weights, const T* dropped, const T* delta,
                    T* gradient) {
  for (std::int64_t r = 0; r < block.rows; ++r) {
    const std::int64_t row = r * block.stride;
    const T inner = delta[r];
#pragma omp simd
    for (std::int64_t i = row; i < row + block.stride; ++i)
      gradient[i] = dropped[i] * gradient[i] - weights[i] * inner;
    const Seen seen = seen_by(block, r);
    for (std::int64_t i = 0; i < seen.begin; ++i) gradient[row + i] = T(0);
    for (std::int64_t i = seen.end; i < block.stride; ++i) gradient[row + i] = T(0);
  }
}

template <class T>
void scale_rows(std::int64_t rows, std::int64_t n, const T* factors, T* x, std::int64_t stride) {
  for (std::int64_t r = 0; r < rows; ++r) {
    T* row = x + r * stride;
    const T factor = factors[r];
#pragma omp simd
    for (std::int64_t i = 0; i < n; ++i) row[i] *= factor;
  }
}

template <class T>
void row_dots(std::int64_t rows, std::int64_t n, const T* a, std::int64_t a_stride, const T* b,
              std::int64_t b_stride, T* dots) {
  for (std::int64_t r = 0; r < rows; ++r) {
    const T *left = a + r * a_stride, *right = b + r * b_stride;
    T total = 0;
#pragma omp simd reduction(+ : total)
    for (std::int64_t i = 0; i < n; ++i) total += left[i] * right[i];
    dots[r] = total;
  }
}

template <class T>
constexpr AttentionFunctions<T> functions = {online_softmax<T>, weights<T>, score_gradient<T>, scale_rows<T>,
                                             row_dots<T>};

}  // namespace

extern const AttentionKernels attention_kernels;
const AttentionKernels attention_kernels = {functions<float>, functions<double>};

}  // namespace gradus::GRADUS_ISA
