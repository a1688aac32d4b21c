#include <gradus/autograd/modes.h>
#include <gradus/autograd/reduced_axes.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/kernels/dispatch.h>
#include <gradus/tensor/parallel.h>

#include <algorithm>

namespace gradus {

ReducedAxes::ReducedAxes(const char* operation, const Tensor& x, const Shape& named) {
  check_defined(operation, {&x});
  axes = normalize_axes(operation, {named.begin(), named.end()}, x.shape());
  kept_shape = x.shape();
  for (std::int64_t axis : axes) {
    fold_count *= x.shape()[static_cast<int>(axis)];
    kept_shape[static_cast<int>(axis)] = 1;
  }
  for (int axis = 0; axis < x.rank(); ++axis) {
    if (std::find(axes.begin(), axes.end(), axis) != axes.end()) continue;
    dropped_shape.push_back(x.shape()[axis]);
    order.push_back(axis);
  }
  for (std::int64_t axis : axes) order.push_back(axis);
}

Tensor ReducedAxes::rows(const Tensor& x) const {
  return x.permute(order).reshape({element_count(dropped_shape), fold_count});
}

Tensor ReducedAxes::from_rows(const Tensor& rows, const Shape& shape) const {
  Shape permuted = dropped_shape, back = order;
  for (std::int64_t axis : axes) permuted.push_back(shape[static_cast<int>(axis)]);
  for (int i = 0; i < order.rank(); ++i) back[static_cast<int>(order[i])] = i;
  return rows.reshape(permuted).permute(back);
}

namespace {

// Tiles and chunks come from the shape alone, so that the order of a sum does.
constexpr std::int64_t tile_elements = 16384;  // worth a thread's while
constexpr std::int64_t row_chunk = 65536;      // of a long row
constexpr std::int64_t column_chunk = 128;     // rows that are folded one after the other
constexpr std::int64_t column_width = 4096;    // what stays in the first-level cache meanwhile

std::int64_t chunks_of(std::int64_t count, std::int64_t chunk) {
  return std::max<std::int64_t>(1, (count + chunk - 1) / chunk);
}

/// Rows of x (rows, length) are folded into y (rows,).
void fold_rows(ReduceOp op, const Tensor& x, const Tensor& y) {
  const auto kernel = kernels<ReduceKernels>().row[static_cast<int>(op)][static_cast<int>(x.dtype())];
  const std::int64_t rows = x.shape()[0], length = x.shape()[1], chunks = chunks_of(length, row_chunk);
  const auto bytes = static_cast<std::int64_t>(size_of(x.dtype()));
  const Tensor parts = chunks == 1 ? y : empty({rows, chunks}, x.dtype());
  const char* from = static_cast<const char*>(x.raw_data());
  char* to = static_cast<char*>(parts.raw_data());
  const std::int64_t unit = std::max<std::int64_t>(1, std::min(length, row_chunk));
  parallel_for(rows * chunks, std::max<std::int64_t>(1, tile_elements / unit),
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t i = begin; i < end; ++i) {
                   const std::int64_t first = i % chunks * row_chunk;
                   kernel(std::min(row_chunk, length - first), from + (i / chunks * length + first) * bytes,
                          to + i * bytes);
                 }
               });
  if (chunks > 1) fold_rows(op, parts, y);
}

/// The middle axis of x (outer, count, inner) is folded into y (outer, inner); count > 0.
void fold_columns(ReduceOp op, const Tensor& x, const Tensor& y) {
  const auto kernel = kernels<ReduceKernels>().columns[static_cast<int>(op)][static_cast<int>(x.dtype())];
  const std::int64_t outer = x.shape()[0], count = x.shape()[1], inner = x.shape()[2];
  const std::int64_t chunks = chunks_of(count, column_chunk), strips = chunks_of(inner, column_width);
  const auto bytes = static_cast<std::int64_t>(size_of(x.dtype()));
  const Tensor parts = chunks == 1 ? y : empty({outer, chunks, inner}, x.dtype());
  const char* from = static_cast<const char*>(x.raw_data());
  char* to = static_cast<char*>(parts.raw_data());
  const std::int64_t unit =
      std::max<std::int64_t>(1, std::min(count, column_chunk) * std::min(inner, column_width));
  parallel_for(
      outer * chunks * strips, std::max<std::int64_t>(1, tile_elements / unit),
      [&](std::int64_t begin, std::int64_t end) {
        for (std::int64_t i = begin; i < end; ++i) {
          const std::int64_t column = i % strips * column_width, part = i / strips;  // part: outer, chunk
          const std::int64_t first = part % chunks * column_chunk;
          const std::int64_t width = std::min(column_width, inner - column);
          const char* source = from + ((part / chunks * count + first) * inner + column) * bytes;
          char* target = to + (part * inner + column) * bytes;
          std::copy_n(source, width * bytes, target);  // the first row, and then the others
          kernel(std::min(column_chunk, count - first) - 1, width, inner, source + inner * bytes, target);
        }
      });
  if (chunks > 1) fold_columns(op, parts, y);
}

/// The axes in the order in which they lie in memory, the slowest first.
Shape memory_order(const Tensor& x) {
  Shape order;
  for (int axis = 0; axis < x.rank(); ++axis) order.push_back(axis);
  // Equal strides keep their order by the second key: std::stable_sort would ask the system for memory.
  std::sort(order.begin(), order.end(), [&x](std::int64_t a, std::int64_t b) {
    const std::int64_t first = x.strides()[static_cast<int>(a)], second = x.strides()[static_cast<int>(b)];
    return first != second ? first > second : a < b;
  });
  return order;
}

/// Folds axes [first, last) of a contiguous tensor, which keep size 1.
Tensor fold_run(ReduceOp op, const Tensor& x, int first, int last) {
  Shape shape = x.shape();
  std::int64_t outer = 1, count = 1, inner = 1;
  for (int axis = 0; axis < x.rank(); ++axis) {
    (axis < first ? outer : axis < last ? count : inner) *= shape[axis];
    if (axis >= first && axis < last) shape[axis] = 1;
  }
  if (count == 0) return full(shape, op == ReduceOp::prod ? 1 : 0, x.dtype());
  const Tensor y = empty(shape, x.dtype());
  if (inner == 1) fold_rows(op, x.view({outer, count}), y.view({outer}));
  else fold_columns(op, x.view({outer, count, inner}), y.view({outer, inner}));
  return y;
}

}  // namespace

Tensor fold(const char* operation, ReduceOp op, const Tensor& x, const ReducedAxes& reduced, bool keepdim) {
  const bool has_start = op == ReduceOp::sum || op == ReduceOp::prod;
  if (!has_start && reduced.fold_count == 0 && element_count(reduced.dropped_shape) > 0) {
    throw Error(operation, "of nothing: axes " + to_string(reduced.axes) + " of shape " +
                               to_string(x.shape()) + " hold no element");
  }
  const no_grad scope;
  if (x.rank() == 0) return x.clone();
  const Shape order = memory_order(x);
  Shape back = order;
  for (int i = 0; i < order.rank(); ++i) back[static_cast<int>(order[i])] = i;
  const auto folded = [&](int i) {
    return std::find(reduced.axes.begin(), reduced.axes.end(), order[i]) != reduced.axes.end();
  };
  Tensor y = x.permute(order).contiguous();
  for (int last = x.rank(); last > 0;) {  // every run of neighbouring axes, the fastest first
    int first = last;
    while (first > 0 && folded(first - 1)) --first;
    if (first < last) y = fold_run(op, y, first, last);
    else first = last - 1;
    last = first;
  }
  return y.permute(back).contiguous().view(reduced.result_shape(keepdim));
}

}  // namespace gradus
