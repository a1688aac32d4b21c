// Order along an axis.
#pragma once
#include <gradus/autograd/reduce.h>

namespace gradus {

/// The elements in ascending (descending) order along an axis, and where they stood. Equal elements keep
/// their order; NaN counts as the largest. The gradient goes back to where each value came from.
ValuesAndIndices sort(const Tensor& x, std::int64_t axis = -1, bool descending = false);
/// The indices of sort.
Tensor argsort(const Tensor& x, std::int64_t axis = -1, bool descending = false);
/// The k largest (smallest) elements along an axis, in order, and where they stand: the first k of sort.
ValuesAndIndices topk(const Tensor& x, std::int64_t k, std::int64_t axis = -1, bool largest = true);

}  // namespace gradus
