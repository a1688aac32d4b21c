// All of these are made of other operations, so their gradients come by themselves.
#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/indexing.h>
#include <gradus/autograd/joining.h>
#include <gradus/autograd/rearrange.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>

namespace gradus {

Tensor pad(const Tensor& x, const Shape& padding, Scalar value) {
  if (padding.rank() % 2 != 0 || padding.rank() / 2 > x.rank()) {
    throw Error("pad", "padding " + to_string(padding) + " must hold two amounts for each of the last axes of " + describe(x));
  }
  Tensor result = x;
  for (int i = 0; i < padding.rank(); i += 2) {
    const int axis = x.rank() - 1 - i / 2;
    const std::int64_t before = padding[i], after = padding[i + 1], size = x.shape()[axis];
    const std::int64_t first = before < 0 ? -before : 0, last = size + (after < 0 ? after : 0);
    if (first > last) {
      throw Error("pad", "axis " + std::to_string(axis) + " of " + describe(x) + " has no " +
                             std::to_string(first + size - last) + " elements to cut off");
    }
    result = result.slice(axis, first, last);
    const auto fill = [&](std::int64_t amount) {
      Shape shape = result.shape();
      shape[axis] = amount;
      return full(shape, value, x.dtype());
    };
    if (before > 0) result = cat({fill(before), result}, axis);
    if (after > 0) result = cat({result, fill(after)}, axis);
  }
  return result.is_same(x) ? x.clone() : result;
}

Tensor roll(const Tensor& x, const Shape& shifts, const Shape& axes) {
  if (axes.empty()) {
    if (shifts.rank() != 1) throw Error("roll", "without axes there must be one shift, got " + to_string(shifts));
    return roll(x.flatten(), shifts, {0}).reshape(x.shape());
  }
  if (shifts.rank() != axes.rank()) {
    throw Error("roll", "shifts " + to_string(shifts) + " and axes " + to_string(axes) + " must be as many");
  }
  Tensor result = x;
  for (int i = 0; i < axes.rank(); ++i) {
    const int axis = normalize_axis("roll", axes[i], x.shape());
    const std::int64_t size = x.rank() > 0 ? x.shape()[axis] : 0;
    if (size == 0) continue;
    const std::int64_t start = ((-shifts[i]) % size + size) % size;  // what comes to stand first
    result = cat({result.slice(axis, start), result.slice(axis, 0, start)}, axis);
  }
  return result;
}

Tensor flip(const Tensor& x, const Shape& axes) {
  Tensor result = x.clone();
  if (axes.empty()) return result;
  for (const std::int64_t axis : normalize_axes("flip", {axes.begin(), axes.end()}, x.shape())) {
    result = index_select(result, axis, x.size(axis) - 1 - arange(0, x.size(axis)));
  }
  return result;
}

namespace {

Tensor triangle(const char* operation, const Tensor& x, std::int64_t diagonal, bool lower) {
  if (x.rank() < 2) throw Error(operation, "needs at least two axes, got " + describe(x));
  const Tensor row = arange(0, x.size(-2)).unsqueeze(1), column = arange(0, x.size(-1)).unsqueeze(0);
  const Tensor kept = lower ? le(column - row, diagonal) : ge(column - row, diagonal);
  return where(kept, x, zeros({}, x.dtype()));
}

}  // namespace

Tensor tril(const Tensor& x, std::int64_t diagonal) { return triangle("tril", x, diagonal, true); }
Tensor triu(const Tensor& x, std::int64_t diagonal) { return triangle("triu", x, diagonal, false); }

Tensor repeat(const Tensor& x, const Shape& repeats) {
  const int added = repeats.rank() - x.rank();
  if (added < 0) throw Error("repeat", "repeats " + to_string(repeats) + " must name every axis of " + describe(x));
  Tensor result = x;
  for (int axis = 0; axis < added; ++axis) result = result.unsqueeze(0);
  for (int axis = 0; axis < repeats.rank(); ++axis) {
    if (repeats[axis] < 0) throw Error("repeat", "repeats must not be negative: " + to_string(repeats));
    Shape expanded = result.shape(), joined = result.shape();
    expanded.insert(axis, repeats[axis]);
    joined[axis] *= repeats[axis];
    result = result.unsqueeze(axis).expand(expanded).reshape(joined);
  }
  return result.is_contiguous() && !result.is_same(x) ? result : result.clone();
}

}  // namespace gradus
