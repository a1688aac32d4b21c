// exp, log, tanh, sigmoid and erf for use inside kernels: inlined, and branch-free in float32 so that the compiler vectorises
// the loops around them. float64 is for checking gradients: it calls the C library. Every kernel source that includes this
// gets a copy of its own (see dispatch.h).
//
// The polynomials are Chebyshev fits of this project's own; the largest relative error of each fit stands beside it.
#pragma once
#include <cstdint>

#define GRADUS_INLINE static inline __attribute__((always_inline))

namespace gradus::GRADUS_ISA {
namespace {

GRADUS_INLINE float as_float(std::int32_t bits) { return __builtin_bit_cast(float, bits); }
GRADUS_INLINE float as_float(std::uint32_t bits) { return __builtin_bit_cast(float, bits); }
GRADUS_INLINE std::int32_t as_bits(float value) { return __builtin_bit_cast(std::int32_t, value); }

/// Added to a number below 2^21 in size, it leaves a whole number: bits behind the point have no place in the
/// sum, whose low bits are those of the whole number k. With 127 more, the bits of the sum shifted left by 23
/// are the float 2^k.
inline constexpr float rounding_shift = 12582912.0f;  // 3 * 2^22

/// e^r for |r| <= ln 2 / 2.
GRADUS_INLINE float exp_near_zero(float r) {
  // (e^r - 1 - r) / r^2, error 7e-8
  float p = 0.00139345445f;
  p = p * r + 0.00836377647f;
  p = p * r + 0.0416664568f;
  p = p * r + 0.166665734f;
  p = p * r + 0.500000001f;
  return (p * r * r + r) + 1.0f;
}

/// e^x. x = k ln 2 + r with |r| <= ln 2 / 2; e^r by a polynomial; 2^k in two factors, so that subnormals come
/// out right: 2^(k + 64) 2^-64 below zero, 2^(k - 64) 2^64 above.
GRADUS_INLINE float exp_(float x) {
  constexpr float shift = rounding_shift + (127 - 64);
  const float clamped = x < -104.0f ? -104.0f : (x > 89.0f ? 89.0f : x);  // a NaN passes through
  const float shifted = clamped * 1.44269504f + shift;
  const float k = shifted - shift;
  const float r = (clamped - k * 0.693145752f) - k * 1.42860677e-06f;
  const std::uint32_t below = __builtin_bit_cast(std::uint32_t, clamped) >> 1 & 128u << 23;  // 128 below zero
  const std::uint32_t first = (__builtin_bit_cast(std::uint32_t, shifted) << 23) + below;
  return exp_near_zero(r) * as_float(first) * as_float(((127u + 64u) << 23) - below);
}
GRADUS_INLINE double exp_(double x) { return __builtin_exp(x); }

/// e^x for x in [-87, 89], where it is a normal number up to 88.3 and infinity from 88.4 on, or a NaN.
/// Cheaper, as one factor 2^k will do.
GRADUS_INLINE float exp_normal_(float x) {
  constexpr float shift = rounding_shift + 127;
  const float shifted = x * 1.44269504f + shift;
  const float k = shifted - shift;
  const float r = (x - k * 0.693145752f) - k * 1.42860677e-06f;
  return exp_near_zero(r) * as_float(__builtin_bit_cast(std::uint32_t, shifted) << 23);
}
GRADUS_INLINE double exp_normal_(double x) { return __builtin_exp(x); }

/// e^t for t <= 0, and 0 where that would be subnormal: arithmetic on subnormal numbers is a hundred times
/// slower, and beside a largest element of e^0 they are nothing. Above 0 is t only where a row holds an
/// infinity, whose shift is 0: infinity comes out for it.
template <class T>
GRADUS_INLINE T softmax_weight(T t) {
  constexpr T smallest = sizeof(T) == 4 ? T(-87) : T(-708), largest = sizeof(T) == 4 ? T(89) : T(710);
  const T value = exp_normal_(t > largest ? largest : t);  // of no meaning below `smallest`; a NaN stays one
  return t < smallest ? T(0) : value;
}

/// Natural logarithm. x = 2^k m with m in [sqrt(1/2), sqrt(2)); log m = 2 atanh(s), s = (m - 1) / (m + 1).
GRADUS_INLINE float log_(float x) {
  const bool subnormal = x < 1.17549435e-38f;
  const float scaled = subnormal ? x * 8388608.0f : x;
  const std::int32_t bits = as_bits(scaled) - 0x3f3504f3;
  const auto k = static_cast<float>((bits >> 23) - (subnormal ? 23 : 0));
  const float m = as_float((bits & 0x007fffff) + 0x3f3504f3);
  const float f = m - 1.0f;
  const float s = f / (2.0f + f);
  const float z = s * s;
  // (log m - 2 s) / s^3, error 1e-9
  float p = 0.23354376f;
  p = p * z + 0.285499258f;
  p = p * z + 0.400001299f;
  p = p * z + 0.666666665f;
  const float half_square = 0.5f * f * f;
  const float result = k * 0.693359375f + (f - (half_square - (s * (half_square + p * z) - k * 2.12194440e-4f)));
  const float infinity = __builtin_inff();
  const float not_positive = x == 0.0f ? -infinity : __builtin_nanf("");
  return x > 0.0f ? (x < infinity ? result : infinity) : not_positive;
}
GRADUS_INLINE double log_(double x) { return __builtin_log(x); }

GRADUS_INLINE float sigmoid_(float x) { return 1.0f / (1.0f + exp_(-x)); }
GRADUS_INLINE double sigmoid_(double x) { return 1.0 / (1.0 + exp_(-x)); }

/// tanh: a polynomial near zero, 1 - 2 / (e^2|x| + 1) elsewhere.
GRADUS_INLINE float tanh_(float x) {
  const float a = __builtin_fabsf(x);
  const float z = x * x;
  // (tanh x - x) / x^3 for |x| <= 0.625, error 4e-8
  float p = -0.00610494799f;
  p = p * z + 0.0210036412f;
  p = p * z - 0.0538524975f;
  p = p * z + 0.133327823f;
  p = p * z - 0.333333291f;
  const float near = x + x * z * p;
  const float twice = a > 10.0f ? 20.0f : a + a;  // from 9.02 on it is 1
  const float far = 1.0f - 2.0f / (exp_normal_(twice) + 1.0f);
  return __builtin_copysignf(a < 0.625f ? near : far, x);
}
GRADUS_INLINE double tanh_(double x) { return __builtin_tanh(x); }

/// The error function: a polynomial in x^2 below 1, 1 - e^(-x^2) t P(t) with t = 1 / (1 + |x| / 2) above.
GRADUS_INLINE float erf_(float x) {
  const float a = __builtin_fabsf(x);
  const float z = x * x;
  // erf(x) / x, error 3e-11
  float p = -9.67359098e-06f;
  p = p * z + 0.000112682539f;
  p = p * z - 0.000848439656f;
  p = p * z + 0.00522105341f;
  p = p * z - 0.0268654383f;
  p = p * z + 0.112837826f;
  p = p * z - 0.376126385f;
  p = p * z + 1.12837917f;
  const float t = 1.0f / (1.0f + 0.5f * a);
  // erfc(x) e^(x^2) / t for 1 <= x <= 10, error 8e-7
  float q = 1.55099941f;
  q = q * t - 5.87343205f;
  q = q * t + 9.73227372f;
  q = q * t - 9.19811026f;
  q = q * t + 5.28506643f;
  q = q * t - 1.88022748f;
  q = q * t + 0.642494167f;
  q = q * t + 0.179035212f;
  q = q * t + 0.287524985f;
  q = q * t + 0.281915071f;
  const float far = __builtin_copysignf(1.0f - exp_(-z) * t * q, x);
  return a < 1.0f ? x * p : far;
}
GRADUS_INLINE double erf_(double x) { return __builtin_erf(x); }

}  // namespace
}  // namespace gradus::GRADUS_ISA
