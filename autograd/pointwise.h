// Functions of one variable, element by element. Where nothing else is said, integers and bools are converted to float32.
#pragma once
#include <gradus/tensor/tensor_class.h>

#include <limits>

namespace gradus {

Tensor neg(const Tensor& x);         ///< -x; also int64
Tensor abs(const Tensor& x);         ///< |x|; also int64; the gradient at 0 is 0
Tensor sign(const Tensor& x);        ///< -1, 0 or 1; also int64; the gradient is 0
Tensor square(const Tensor& x);      ///< x^2; also int64
Tensor sqrt(const Tensor& x);
Tensor rsqrt(const Tensor& x);       ///< 1 / sqrt(x)
Tensor reciprocal(const Tensor& x);  ///< 1 / x
Tensor exp(const Tensor& x);
Tensor exp2(const Tensor& x);        ///< 2^x
Tensor expm1(const Tensor& x);       ///< e^x - 1, exact near 0
Tensor log(const Tensor& x);
Tensor log2(const Tensor& x);
Tensor log10(const Tensor& x);
Tensor log1p(const Tensor& x);       ///< log(1 + x), exact near 0
Tensor sin(const Tensor& x);
Tensor cos(const Tensor& x);
Tensor tan(const Tensor& x);
Tensor asin(const Tensor& x);
Tensor acos(const Tensor& x);
Tensor atan(const Tensor& x);
Tensor sinh(const Tensor& x);
Tensor cosh(const Tensor& x);
Tensor erf(const Tensor& x);         ///< 2 / sqrt(pi) times the integral of e^(-t^2) from 0 to x
Tensor erfc(const Tensor& x);        ///< 1 - erf(x), exact for large x
Tensor floor(const Tensor& x);       ///< the gradient is 0, as for ceil and round
Tensor ceil(const Tensor& x);
Tensor round(const Tensor& x);       ///< to the nearest integer, halves to the even one
/// x cut to [low, high]; also int64. The gradient is 0 outside. Where low > high the result is high.
Tensor clamp(const Tensor& x, double low, double high = std::numeric_limits<double>::infinity());

}  // namespace gradus
