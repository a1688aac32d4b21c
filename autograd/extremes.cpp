// The largest and smallest elements, and where they stand.
#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/indexing.h>
#include <gradus/autograd/node.h>
#include <gradus/autograd/reduce.h>
#include <gradus/autograd/reduced_axes.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/kernels/dispatch.h>
#include <gradus/tensor/parallel.h>

#include <algorithm>

namespace gradus {
namespace {

Tensor extreme(const char* operation, ReduceOp op, const Tensor& x, const Shape& axes, bool keepdim) {
  const ReducedAxes reduced(operation, x, axes);
  if (x.dtype() == DType::boolean) {
    return fold(operation, op, x.to(DType::int64), reduced, keepdim).to(DType::boolean);
  }
  Tensor y = fold(operation, op, x, reduced, keepdim);
  if (recording(x)) {
    record(y, operation, {&x},
           [x = Saved(x), y = SavedOutput(y), axes, kept = reduced.kept_shape](Sink& sink, const Tensor& g) {
             const Tensor input = x.get(sink).detach(), value = y.get(sink).detach().reshape(kept);
             // Where the result is NaN, those that are NaN share its gradient.
             const Tensor chosen = logical_or(eq(input, value), isnan(input)).to(input.dtype());
             sink.add(0, chosen * (g.reshape(kept) / sum(chosen, axes, true)));
           });
  }
  return y;
}

}  // namespace

Tensor amax(const Tensor& x, const Shape& axes, bool keepdim) {
  return extreme("amax", ReduceOp::max, x, axes, keepdim);
}
Tensor amin(const Tensor& x, const Shape& axes, bool keepdim) {
  return extreme("amin", ReduceOp::min, x, axes, keepdim);
}
Tensor max(const Tensor& x) { return extreme("max", ReduceOp::max, x, {}, false); }
Tensor min(const Tensor& x) { return extreme("min", ReduceOp::min, x, {}, false); }

namespace {

/// Where a value that is in the row stands first.
template <class T>
std::int64_t first_equal(const T* row, std::int64_t length, T value) {
  constexpr std::int64_t block = 32;
  std::int64_t at = 0;
  for (int found = 0; at + block <= length; at += block) {
    for (std::int64_t i = 0; i < block; ++i) found |= row[at + i] == value;  // without a branch, for vectors
    if (found) break;
  }
  while (row[at] != value) ++at;
  return at;
}

/// Where the extreme of every row stands first; a NaN is one. Its value is found fast, then the first element
/// that has it.
template <class T>
void find_in_rows(ReduceOp op, const Tensor& rows, const Tensor& indices) {
  const auto extreme_of = kernels<ReduceKernels>().row[static_cast<int>(op)][static_cast<int>(rows.dtype())];
  const std::int64_t length = rows.shape()[1];
  parallel_for(rows.shape()[0], std::max<std::int64_t>(1, 16384 / length),
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t i = begin; i < end; ++i) {
                   const T* row = rows.data<T>() + i * length;
                   T value;
                   extreme_of(length, row, &value);
                   std::int64_t at = 0;
                   if (value == value) {
                     at = first_equal(row, length, value);
                   } else {
                     while (row[at] == row[at]) ++at;
                   }
                   indices.data<std::int64_t>()[i] = at;
                 }
               });
}

Tensor find(const char* operation, ReduceOp op, const Tensor& x, std::int64_t axis, bool keepdim) {
  const no_grad scope;
  const ReducedAxes reduced(operation, x, {axis});
  if (reduced.fold_count == 0) {
    throw Error(operation, "axis " + std::to_string(axis) + " of shape " + to_string(x.shape()) +
                               " has size 0: nothing is the largest or smallest there");
  }
  const Tensor rows = reduced.rows(x.dtype() == DType::boolean ? x.to(DType::int64) : x).contiguous();
  const Tensor indices = empty(reduced.result_shape(keepdim), DType::int64);
  switch (rows.dtype()) {
    case DType::float32: find_in_rows<float>(op, rows, indices); break;
    case DType::float64: find_in_rows<double>(op, rows, indices); break;
    default: find_in_rows<std::int64_t>(op, rows, indices);
  }
  return indices;
}

ValuesAndIndices pick(const char* operation, ReduceOp op, const Tensor& x, std::int64_t axis, bool keepdim) {
  const Tensor indices = find(operation, op, x, axis, true);
  if (x.rank() == 0) return {x.clone(), indices};
  const Tensor values = gather(x, axis, indices);
  if (keepdim) return {values, indices};
  return {values.squeeze(axis), indices.squeeze(axis)};
}

Tensor find_any(const char* operation, ReduceOp op, const Tensor& x, std::optional<std::int64_t> axis,
                bool keepdim) {
  check_defined(operation, {&x});
  if (axis) return find(operation, op, x, *axis, keepdim);
  const no_grad scope;
  const Tensor index = find(operation, op, x.flatten(), 0, false);
  return keepdim ? index.reshape(Shape::filled(x.rank(), 1)) : index;
}

}  // namespace

ValuesAndIndices max(const Tensor& x, std::int64_t axis, bool keepdim) {
  return pick("max", ReduceOp::max, x, axis, keepdim);
}
ValuesAndIndices min(const Tensor& x, std::int64_t axis, bool keepdim) {
  return pick("min", ReduceOp::min, x, axis, keepdim);
}
Tensor argmax(const Tensor& x, std::optional<std::int64_t> axis, bool keepdim) {
  return find_any("argmax", ReduceOp::max, x, axis, keepdim);
}
Tensor argmin(const Tensor& x, std::optional<std::int64_t> axis, bool keepdim) {
  return find_any("argmin", ReduceOp::min, x, axis, keepdim);
}

}  // namespace gradus
