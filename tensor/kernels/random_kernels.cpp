// Compiled without contraction into fused multiply-adds (-ffp-contract=off): what is drawn must be the same
// on every instruction set.
#include <gradus/tensor/kernels/philox.h>
#include <gradus/tensor/kernels/random.h>

namespace gradus::GRADUS_ISA {
namespace {

using u32 = std::uint32_t;
using u64 = std::uint64_t;

struct alignas(64) Numbers {
  u32 at[philox_group];
};

// Calls body(group's numbers, first number wanted, how many, index of the element that draws it), group by
// group.
template <class Body>
GRADUS_INLINE void for_each_group(u64 seed, u64 position, std::int64_t count, const Body& body) {
  Numbers numbers;
  u64 group = position / philox_group;
  auto from = static_cast<std::int64_t>(position % philox_group);
  for (std::int64_t i = 0; i < count; ++group, from = 0) {
    philox_numbers(seed, group, numbers.at);
    const std::int64_t wanted = philox_group - from < count - i ? philox_group - from : count - i;
    body(numbers.at, from, wanted, i);
    i += wanted;
  }
}

void rounds(u32 key0, u32 key1, u32* words) { philox_rounds(words, key0, key1); }

void numbers(u64 seed, u64 position, std::int64_t count, u32* out) {
  for (std::int64_t i = 0; i < count; i += philox_group) {
    philox_numbers(seed, (position + static_cast<u64>(i)) / philox_group, out + i);
  }
}

GRADUS_INLINE float uniform_of(u32 number) {
  return static_cast<float>(static_cast<std::int32_t>(number >> 8)) * 5.9604644775390625e-8f;  // 2^-24
}
GRADUS_INLINE double uniform_of(u32 high, u32 low) {
  const u64 bits = (static_cast<u64>(high) << 21) | (low >> 11);
  return static_cast<double>(static_cast<std::int64_t>(bits)) * 1.1102230246251565e-16;  // 2^-53
}

// Rounding may reach `high`, which is not in the interval.
template <class T>
GRADUS_INLINE T place(T u, T low, T high) {
  const T value = low + u * (high - low);
  return value < high ? value : low;
}

void uniform_float(u64 seed, u64 position, std::int64_t count, float low, float high, float* out) {
  for_each_group(seed, position, count,
                 [&](const u32* n, std::int64_t from, std::int64_t wanted, std::int64_t i) {
                   for (std::int64_t j = 0; j < wanted; ++j)
                     out[i + j] = place(uniform_of(n[from + j]), low, high);
                 });
}

void uniform_double(u64 seed, u64 position, std::int64_t count, double low, double high, double* out) {
  constexpr int half = philox_group / 2;
  Numbers n;
  for (std::int64_t i = 0; i < count; i += half, position += philox_group) {
    philox_numbers(seed, position / philox_group, n.at);
    const std::int64_t wanted = half < count - i ? half : count - i;
    for (std::int64_t j = 0; j < wanted; ++j)
      out[i + j] = place(uniform_of(n.at[j], n.at[half + j]), low, high);
  }
}

// Box and Muller: r = sqrt(-2 log u), a point at r on a direction drawn uniformly; both coordinates are used.
// The direction is a quadrant (the two highest bits) and an angle in [-pi/4, pi/4) beyond its start.
GRADUS_INLINE void normal_pair(u32 first, u32 second, float& x, float& y) {
  const float u =
      (static_cast<float>(static_cast<std::int32_t>(first >> 1)) + 0.5f) * 4.656612873077393e-10f;  // 2^-31
  const float radius = __builtin_sqrtf(-2.0f * log_(u));
  const std::int32_t angle = static_cast<std::int32_t>(second & 0x3fffffff) - 0x20000000;
  const float t = static_cast<float>(angle) * 1.4629180792671596e-9f;  // pi/2 2^-30
  const float z = t * t;
  // Taylor series; the terms left out are below 3e-9.
  const float sine = t + t * z * (-1.0f / 6 + z * (1.0f / 120 + z * (-1.0f / 5040 + z * (1.0f / 362880))));
  const float cosine =
      1.0f + z * (-0.5f + z * (1.0f / 24 + z * (-1.0f / 720 + z * (1.0f / 40320 + z * (-1.0f / 3628800)))));
  const u32 quadrant = second >> 30;
  const float along = (quadrant & 1) ? sine : cosine;
  const float across = (quadrant & 1) ? cosine : sine;
  x = radius * ((quadrant == 1 || quadrant == 2) ? -along : along);
  y = radius * ((quadrant & 2) ? -across : across);
}

void normal_float(u64 seed, u64 position, std::int64_t count, float mean, float deviation, float* out) {
  constexpr int half = philox_group / 2;
  Numbers n;
  alignas(64) float z[philox_group];
  for (std::int64_t i = 0; i < count; i += philox_group) {
    philox_numbers(seed, (position + static_cast<u64>(i)) / philox_group, n.at);
    for (int j = 0; j < half; ++j) normal_pair(n.at[j], n.at[half + j], z[j], z[half + j]);
    const std::int64_t wanted = philox_group < count - i ? philox_group : count - i;
    for (std::int64_t j = 0; j < wanted; ++j) out[i + j] = mean + deviation * z[j];
  }
}

void normal_double(u64 seed, u64 position, std::int64_t count, double mean, double deviation, double* out) {
  constexpr int half = philox_group / 2, quarter = half / 2;
  constexpr double turn = 6.283185307179586;
  Numbers n;
  for (std::int64_t i = 0; i < count; i += half, position += philox_group) {
    philox_numbers(seed, position / philox_group, n.at);
    for (int j = 0; j < quarter && i + j < count; ++j) {
      const double u = uniform_of(n.at[j], n.at[2 * quarter + j]) + 1.1102230246251565e-16;  // in (0, 1]
      const double angle = turn * uniform_of(n.at[quarter + j], n.at[3 * quarter + j]);
      const double radius = __builtin_sqrt(-2.0 * log_(u));
      out[i + j] = mean + deviation * (radius * __builtin_cos(angle));
      if (i + quarter + j < count) out[i + quarter + j] = mean + deviation * (radius * __builtin_sin(angle));
    }
  }
}

void mask(u64 seed, u64 position, std::int64_t count, std::int32_t threshold, bool* out) {
  for_each_group(seed, position, count,
                 [&](const u32* n, std::int64_t from, std::int64_t wanted, std::int64_t i) {
                   for (std::int64_t j = 0; j < wanted; ++j)
                     out[i + j] = static_cast<std::int32_t>(n[from + j] >> 8) < threshold;
                 });
}

template <class T>
GRADUS_INLINE T kept(u32 half, std::int32_t threshold, T scale, T x) {
  return static_cast<std::int32_t>(half) < threshold ? T(0) : scale * x;
}

template <class T>
void dropout(u64 seed, u64 position, std::int64_t count, std::int32_t threshold, T scale, const T* x, T* y) {
  constexpr int elements = 2 * philox_group;  // that one group of numbers serves
  Numbers numbers;
  const u32* n = numbers.at;
  for (std::int64_t i = 0; i < count;) {
    const u64 place = position + static_cast<u64>(i);
    const auto from = static_cast<std::int64_t>(place % elements);
    philox_numbers(seed, place / elements, numbers.at, 1);
    if (from == 0 && count - i >= elements) {
      for (std::int64_t j = 0; j < philox_group; ++j) y[i + j] = kept(n[j] & 0xffff, threshold, scale, x[i + j]);
      i += philox_group;
      for (std::int64_t j = 0; j < philox_group; ++j) y[i + j] = kept(n[j] >> 16, threshold, scale, x[i + j]);
      i += philox_group;
      continue;
    }
    const std::int64_t end = elements - from < count - i ? elements : from + count - i;
    const std::int64_t middle = end < philox_group ? end : philox_group;
    std::int64_t j = from;
    for (; j < middle; ++j, ++i) y[i] = kept(n[j] & 0xffff, threshold, scale, x[i]);
    for (; j < end; ++j, ++i) y[i] = kept(n[j - philox_group] >> 16, threshold, scale, x[i]);
  }
}

}  // namespace

extern const RandomKernels random_kernels;
const RandomKernels random_kernels = {rounds,        numbers, uniform_float,  uniform_double, normal_float,
                                      normal_double, mask,    dropout<float>, dropout<double>};

}  // namespace gradus::GRADUS_ISA
