// Reductions: many elements folded into one.
//
// `axes` names the axes that are folded ({} means all), negative ones counted from the end; with `keepdim`
// they stay with size 1. Sums run in a fixed order, the same on any number of threads.
#pragma once
#include <gradus/tensor/tensor_class.h>

#include <optional>

namespace gradus {

/// Sum; of bool and int64 in int64. An empty sum is 0.
Tensor sum(const Tensor& x, const Shape& axes = {}, bool keepdim = false);
/// Mean of a floating tensor; NaN of nothing.
Tensor mean(const Tensor& x, const Shape& axes = {}, bool keepdim = false);
/// Product; of bool and int64 in int64. 1 of nothing.
Tensor prod(const Tensor& x, const Shape& axes = {}, bool keepdim = false);
/// Largest (smallest) element; NaN where one is NaN. Equal ones share the gradient. Throws where there is
/// none.
Tensor amax(const Tensor& x, const Shape& axes = {}, bool keepdim = false);
Tensor amin(const Tensor& x, const Shape& axes = {}, bool keepdim = false);

struct ValuesAndIndices {
  Tensor values;   // of x's dtype
  Tensor indices;  // int64: where along the axis
};
/// Largest (smallest) element of all.
Tensor max(const Tensor& x);
Tensor min(const Tensor& x);
/// Largest (smallest) element along one axis and where it stands, the first of equal ones; the gradient goes
/// there.
ValuesAndIndices max(const Tensor& x, std::int64_t axis, bool keepdim = false);
ValuesAndIndices min(const Tensor& x, std::int64_t axis, bool keepdim = false);
/// Where the largest (smallest) element stands, int64; without an axis in row-major order of all.
Tensor argmax(const Tensor& x, std::optional<std::int64_t> axis = std::nullopt, bool keepdim = false);
Tensor argmin(const Tensor& x, std::optional<std::int64_t> axis = std::nullopt, bool keepdim = false);

/// True where any (all) of the elements are true, or not zero.
Tensor any(const Tensor& x, const Shape& axes = {}, bool keepdim = false);
Tensor all_of(const Tensor& x, const Shape& axes = {}, bool keepdim = false);

/// log(sum(exp(x))), without overflow; -infinity of nothing.
Tensor logsumexp(const Tensor& x, const Shape& axes, bool keepdim = false);
/// Variance, with sum of squares divided by n - correction; correction 1 is unbiased.
Tensor var(const Tensor& x, const Shape& axes = {}, std::int64_t correction = 1, bool keepdim = false);
/// Its square root; where that is 0 the gradient is 0.
Tensor std(const Tensor& x, const Shape& axes = {}, std::int64_t correction = 1, bool keepdim = false);
/// (sum |x|^order)^(1/order); order infinity: the largest |x|, -infinity: the smallest, 0: how many are not
/// 0. The gradient of a norm that is 0 is 0.
Tensor norm(const Tensor& x, double order = 2, const Shape& axes = {}, bool keepdim = false);
/// Sums of all elements up to each one, along an axis.
Tensor cumsum(const Tensor& x, std::int64_t axis);

/// Sums a tensor down to a shape that broadcasts to its own: the reverse of broadcasting.
Tensor sum_to(const Tensor& x, const Shape& shape);

}  // namespace gradus
