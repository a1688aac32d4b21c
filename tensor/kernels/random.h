// Kernels that draw from the stream of random.h.
//
// `position` is the place in the stream: a RandomStream's offset plus the index of the first element. For
// dropout and masks it may be any number, so that element i of a tensor draws the same number in whatever
// pieces the tensor is worked on; for the others it is a multiple of 256. Dropout draws half a number, from a
// series beside that of all others: element 512 g + i the lower half of number 256 g + i, element
// 512 g + 256 + i its upper half.
#pragma once
#include <cstdint>

namespace gradus {

struct RandomKernels {
  /// The ten rounds of Philox on 64 counters, in place: word w of lane l lies at words[64 w + l].
  void (*rounds)(std::uint32_t key0, std::uint32_t key1, std::uint32_t* words);
  /// Numbers of the stream as they are; a multiple of 256 of them.
  void (*numbers)(std::uint64_t seed, std::uint64_t position, std::int64_t count, std::uint32_t* out);
  /// low + u (high - low), u uniform in [0, 1): 24 bits from one number, or 53 bits from two.
  void (*uniform_float)(std::uint64_t seed, std::uint64_t position, std::int64_t count, float low, float high,
                        float* out);
  void (*uniform_double)(std::uint64_t seed, std::uint64_t position, std::int64_t count, double low,
                         double high, double* out);
  /// mean + deviation z, z normal (Box and Muller): one number, or two, for each element.
  void (*normal_float)(std::uint64_t seed, std::uint64_t position, std::int64_t count, float mean,
                       float deviation, float* out);
  void (*normal_double)(std::uint64_t seed, std::uint64_t position, std::int64_t count, double mean,
                        double deviation, double* out);
  /// True with probability threshold / 2^24, one number for each element.
  void (*mask)(std::uint64_t seed, std::uint64_t position, std::int64_t count, std::int32_t threshold,
               bool* out);
  /// y = 0 with probability threshold / 2^16, else scale x; forward and backward alike. y may be x.
  void (*dropout_float)(std::uint64_t seed, std::uint64_t position, std::int64_t count,
                        std::int32_t threshold, float scale, const float* x, float* y);
  void (*dropout_double)(std::uint64_t seed, std::uint64_t position, std::int64_t count,
                         std::int32_t threshold, double scale, const double* x, double* y);
};

// NOLINTBEGIN(bugprone-incorrect-roundings): not negative and far below 2^52.
/// The threshold of mask() for a probability in [0, 1], to the nearest 2^-24.
constexpr std::int32_t random_threshold(double probability) {
  return static_cast<std::int32_t>(probability * 16777216.0 + 0.5);
}
/// The threshold of dropout, to the nearest 2^-16.
constexpr std::int32_t dropout_threshold(double probability) {
  return static_cast<std::int32_t>(probability * 65536.0 + 0.5);
}
// NOLINTEND(bugprone-incorrect-roundings)

}  // namespace gradus
