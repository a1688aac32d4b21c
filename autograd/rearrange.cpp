// All of these are made of other operations, so their gradients come by themselves.
#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/index_checks.h>
#include <gradus/autograd/indexing.h>
#include <gradus/autograd/joining.h>
#include <gradus/autograd/rearrange.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>

#include <algorithm>

namespace gradus {

namespace {

/// What is promised as a copy, even where there was nothing to do.
Tensor apart_from(const Tensor& x, const Tensor& result) {
  return result.body()->storage == x.body()->storage ? result.clone() : result;
}

}  // namespace

Tensor pad(const Tensor& x, const Shape& padding, Scalar value) {
  check_defined("pad", {&x});
  if (padding.rank() % 2 != 0 || padding.rank() / 2 > x.rank()) {
    throw Error("pad", "padding " + to_string(padding) +
                           " must hold two amounts for each of the last axes of " + describe(x));
  }
  Tensor result = x;
  for (int i = 0; i < padding.rank(); i += 2) {
    const int axis = x.rank() - 1 - i / 2;
    const std::int64_t before = padding[i], after = padding[i + 1], size = x.shape()[axis];
    const std::int64_t first = std::max<std::int64_t>(-before, 0),
                       last = size + std::min<std::int64_t>(after, 0);
    if (first > last) {
      throw Error("pad", "axis " + std::to_string(axis) + " of " + describe(x) + " has no " +
                             std::to_string(first + size - last) + " elements to cut off");
    }
    result = result.slice(axis, first, last);
    const auto filling = [&](std::int64_t amount) {
      Shape shape = result.shape();
      shape[axis] = std::max<std::int64_t>(amount, 0);
      return full(shape, value, x.dtype());
    };
    if (before > 0 || after > 0) result = cat({filling(before), result, filling(after)}, axis);
  }
  return apart_from(x, result);
}

Tensor roll(const Tensor& x, const Shape& shifts, const Shape& axes) {
  check_defined("roll", {&x});
  if (axes.empty()) {
    if (shifts.rank() != 1)
      throw Error("roll", "without axes there must be one shift, got " + to_string(shifts));
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
    const std::int64_t start = (size - shifts[i] % size) % size;  // what comes to stand first
    if (start > 0) result = cat({result.slice(axis, start), result.slice(axis, 0, start)}, axis);
  }
  return apart_from(x, result);
}

Tensor flip(const Tensor& x, const Shape& axes) {
  check_defined("flip", {&x});
  if (axes.empty()) return x.clone();
  Tensor result = x;
  for (const std::int64_t axis : normalize_axes("flip", {axes.begin(), axes.end()}, x.shape())) {
    result = index_select(result, axis, arange(x.size(axis) - 1, -1, -1));
  }
  return apart_from(x, result);
}

namespace {

Tensor triangle(const char* operation, const Tensor& x, std::int64_t diagonal, bool lower) {
  check_defined(operation, {&x});
  if (x.rank() < 2) throw Error(operation, "needs at least two axes, got " + describe(x));
  const Tensor row = arange(0, x.size(-2)).unsqueeze(1), column = arange(0, x.size(-1)).unsqueeze(0);
  const Tensor kept = lower ? le(column - row, diagonal) : ge(column - row, diagonal);
  return where(kept, x, zeros({}, x.dtype()));
}

}  // namespace

Tensor tril(const Tensor& x, std::int64_t diagonal) { return triangle("tril", x, diagonal, true); }
Tensor triu(const Tensor& x, std::int64_t diagonal) { return triangle("triu", x, diagonal, false); }

Tensor repeat(const Tensor& x, const Shape& repeats) {
  check_defined("repeat", {&x});
  const int added = repeats.rank() - x.rank();
  if (added < 0)
    throw Error("repeat", "repeats " + to_string(repeats) + " must name every axis of " + describe(x));
  Tensor result = x;
  for (int axis = 0; axis < added; ++axis) result = result.unsqueeze(0);
  for (int axis = 0; axis < repeats.rank(); ++axis) {
    if (repeats[axis] < 0) throw Error("repeat", "repeats must not be negative: " + to_string(repeats));
    Shape expanded = result.shape();
    expanded.insert(axis, repeats[axis]);
    result = result.unsqueeze(axis).expand(expanded).flatten(axis, axis + 1);
  }
  return apart_from(x, result);
}

Tensor repeat_interleave(const Tensor& x, std::int64_t repeats, std::optional<std::int64_t> axis) {
  check_defined("repeat_interleave", {&x});
  if (repeats < 0)
    throw Error("repeat_interleave", "repeats must not be negative, got " + std::to_string(repeats));
  const Tensor source = axis && x.rank() > 0 ? x : x.flatten();
  const int at = normalize_axis("repeat_interleave", axis.value_or(0), axis ? x.shape() : source.shape());
  Shape expanded = source.shape();
  expanded.insert(at + 1, repeats);
  return apart_from(x, source.unsqueeze(at + 1).expand(expanded).flatten(at, at + 1));
}

Tensor repeat_interleave(const Tensor& x, const Tensor& repeats, std::optional<std::int64_t> axis) {
  check_defined("repeat_interleave", {&x, &repeats});
  const Tensor source = axis && x.rank() > 0 ? x : x.flatten();
  const int at = normalize_axis("repeat_interleave", axis.value_or(0), axis ? x.shape() : source.shape());
  if (repeats.dtype() != DType::int64 || !(repeats.shape() == Shape{source.shape()[at]})) {
    throw Error("repeat_interleave", "repeats must be int64 " + to_string(Shape{source.shape()[at]}) +
                                         ", a number for each slice of " + describe(source) + " along axis " +
                                         std::to_string(at) + "; got " + describe(repeats));
  }
  const std::vector<std::int64_t> counts = repeats.to_vector<std::int64_t>();
  std::int64_t total = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    if (counts[i] < 0 || __builtin_add_overflow(total, counts[i], &total)) {
      throw Error("repeat_interleave",
                  "repeats must not be negative nor sum up to more than can be counted: " +
                      std::to_string(counts[i]) + " at position " + std::to_string(i));
    }
  }
  const Tensor places = empty({total}, DType::int64);
  std::int64_t* next = places.data<std::int64_t>();
  for (std::size_t i = 0; i < counts.size(); ++i)
    next = std::fill_n(next, counts[i], static_cast<std::int64_t>(i));
  return index_select(source, at, places);
}

Tensor diagonal(const Tensor& x, std::int64_t offset, std::int64_t axis0, std::int64_t axis1) {
  check_defined("diagonal", {&x});
  if (x.rank() < 2) throw Error("diagonal", "needs at least two axes, got " + describe(x));
  const int first = normalize_axis("diagonal", axis0, x.shape()),
            second = normalize_axis("diagonal", axis1, x.shape());
  if (first == second) {
    throw Error("diagonal", "axes " + std::to_string(axis0) + " and " + std::to_string(axis1) + " of " +
                                describe(x) + " are the same one");
  }
  Shape axes, flat;  // the two axes go to the end and become one
  for (int axis = 0; axis < x.rank(); ++axis) {
    if (axis == first || axis == second) continue;
    axes.push_back(axis);
    flat.push_back(x.shape()[axis]);
  }
  axes.push_back(first);
  axes.push_back(second);
  const std::int64_t rows = x.shape()[first], columns = x.shape()[second];
  flat.push_back(rows * columns);
  const std::int64_t row = std::clamp<std::int64_t>(offset, -rows, 0) * -1,
                     column = std::clamp<std::int64_t>(offset, 0, columns);
  const std::int64_t count = std::min(rows - row, columns - column);
  const Tensor places = arange(0, count) * (columns + 1) + (row * columns + column);
  return index_select(x.permute(axes).reshape(flat), -1, places);
}

std::vector<Tensor> broadcast_tensors(std::span<const Tensor> tensors) {
  Shape shape;
  for (const Tensor& tensor : tensors) {
    check_defined("broadcast_tensors", {&tensor});
    shape = broadcast_shapes("broadcast_tensors", shape, tensor.shape());
  }
  std::vector<Tensor> views;
  for (const Tensor& tensor : tensors) views.push_back(tensor.expand(shape));
  return views;
}

std::vector<Tensor> meshgrid(std::span<const Tensor> axes) {
  if (axes.size() > max_rank) {
    throw Error("meshgrid", std::to_string(axes.size()) + " axes are more than the " +
                                std::to_string(max_rank) + " possible");
  }
  std::vector<Tensor> lines;  // (1, .., n_i, .., 1)
  for (std::size_t i = 0; i < axes.size(); ++i) {
    check_defined("meshgrid", {&axes[i]});
    if (axes[i].rank() != 1)
      throw Error("meshgrid", "each axis must have the shape (n,), got " + describe(axes[i]));
    Shape shape = Shape::filled(static_cast<int>(axes.size()), 1);
    shape[static_cast<int>(i)] = axes[i].numel();
    lines.push_back(axes[i].reshape(shape));
  }
  return broadcast_tensors(lines);
}

}  // namespace gradus
