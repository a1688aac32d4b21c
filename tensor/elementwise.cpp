#include <gradus/tensor/elementwise.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/kernels/dispatch.h>
#include <gradus/tensor/kernels/transpose.h>
#include <gradus/tensor/parallel.h>

#include <algorithm>
#include <array>

namespace gradus {
namespace {

constexpr std::int64_t tile_elements = 16384;

/// The axes of N operands as nested loops: axes of size 1 dropped, axes that are evenly spaced in all operands merged.
/// The last axis is the run that a kernel works on.
template <int N>
struct LoopNest {
  int rank = 0;
  std::int64_t sizes[max_rank];
  std::int64_t strides[N][max_rank];
  char* data[N];
  std::int64_t bytes[N];  // of one element

  LoopNest(const Shape& shape, const std::array<const Tensor*, N>& operands) {
    for (int k = 0; k < N; ++k) {
      data[k] = static_cast<char*>(operands[k]->raw_data());
      bytes[k] = static_cast<std::int64_t>(size_of(operands[k]->dtype()));
    }
    for (int axis = 0; axis < shape.rank(); ++axis) {
      if (shape[axis] != 1) add_axis(shape, axis, operands);
    }
    if (rank == 0) {
      rank = 1;
      sizes[0] = 1;
      for (int k = 0; k < N; ++k) strides[k][0] = 1;
    }
  }

  void add_axis(const Shape& shape, int axis, const std::array<const Tensor*, N>& operands) {
    std::int64_t stride[N];
    bool evenly = rank > 0;
    for (int k = 0; k < N; ++k) {
      const Layout& layout = operands[k]->layout();
      const int own = axis - (shape.rank() - layout.rank());
      stride[k] = own < 0 || layout.shape[own] == 1 ? 0 : layout.strides[own];
      evenly = evenly && strides[k][rank - 1] == stride[k] * shape[axis];
    }
    if (!evenly) sizes[rank++] = 1;
    sizes[rank - 1] *= shape[axis];
    for (int k = 0; k < N; ++k) strides[k][rank - 1] = stride[k];
  }

  /// Calls body(n, pointers, strides) for runs that together cover everything, in parallel tiles.
  template <class Body>
  void run(const Body& body) {
    const int last = rank - 1;
    std::int64_t inner_strides[N];
    for (int k = 0; k < N; ++k) inner_strides[k] = strides[k][last];
    std::int64_t rows = 1;
    for (int axis = 0; axis < last; ++axis) rows *= sizes[axis];
    if (rows == 1) {
      parallel_for(sizes[last], tile_elements, [&](std::int64_t begin, std::int64_t end) {
        std::array<char*, N> at;
        for (int k = 0; k < N; ++k) at[k] = data[k] + begin * inner_strides[k] * bytes[k];
        body(end - begin, at, inner_strides);
      });
      return;
    }
    const std::int64_t rows_per_tile = std::max<std::int64_t>(1, tile_elements / std::max<std::int64_t>(1, sizes[last]));
    parallel_for(rows, rows_per_tile, [&](std::int64_t begin, std::int64_t end) {
      std::int64_t index[max_rank];
      std::array<char*, N> at;
      for (int k = 0; k < N; ++k) at[k] = data[k];
      for (std::int64_t axis = last - 1, rest = begin; axis >= 0; --axis) {
        index[axis] = rest % sizes[axis];
        rest /= sizes[axis];
        for (int k = 0; k < N; ++k) at[k] += index[axis] * strides[k][axis] * bytes[k];
      }
      for (std::int64_t row = begin; row < end; ++row) {
        body(sizes[last], at, inner_strides);
        for (int axis = last - 1; axis >= 0; --axis) {
          for (int k = 0; k < N; ++k) at[k] += strides[k][axis] * bytes[k];
          if (++index[axis] < sizes[axis]) break;
          for (int k = 0; k < N; ++k) at[k] -= strides[k][axis] * sizes[axis] * bytes[k];
          index[axis] = 0;
        }
      }
    });
  }
};

/// y = x where the axis without gaps is another one in x than in y: false, and nothing done, where that is
/// not so.
bool copy_transposed(const LoopNest<2>& nest, DType dtype) {
  const auto without_gaps = [&](int operand) {
    return std::find(nest.strides[operand], nest.strides[operand] + nest.rank, 1) - nest.strides[operand];
  };
  const auto along = without_gaps(0), across = without_gaps(1);  // the axis of the rows, that of the columns
  if (along == across || along == nest.rank || across == nest.rank) return false;
  const auto kernel = kernels<TransposeKernels>().copy[static_cast<int>(dtype)];
  const std::int64_t rows = nest.sizes[along], columns = nest.sizes[across], bytes = nest.bytes[0];
  const std::int64_t height = transpose_rows(bytes), blocks = (rows + height - 1) / height;
  std::int64_t matrices = 1;
  for (int axis = 0; axis < nest.rank; ++axis) {
    if (axis != along && axis != across) matrices *= nest.sizes[axis];
  }
  const std::int64_t block = std::max<std::int64_t>(1, std::min(height, rows) * columns);  // elements
  const std::int64_t blocks_per_tile = std::max<std::int64_t>(1, tile_elements / block);
  parallel_for(matrices * blocks, blocks_per_tile, [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      const std::int64_t row = i % blocks * height;
      std::int64_t from = row, to = row * nest.strides[1][along], matrix = i / blocks;
      for (int axis = nest.rank - 1; axis >= 0; --axis) {
        if (axis == along || axis == across) continue;
        const std::int64_t index = matrix % nest.sizes[axis];
        matrix /= nest.sizes[axis];
        from += index * nest.strides[0][axis];
        to += index * nest.strides[1][axis];
      }
      kernel(std::min(height, rows - row), columns, nest.data[0] + from * bytes, nest.strides[0][across],
             nest.data[1] + to * bytes, nest.strides[1][along]);
    }
  });
  return true;
}

/// The short way for small operands without gaps: one kernel call on everything.
template <class... Tensors>
bool one_run(const Shape& shape, const Tensors&... operands) {
  return ((operands.is_contiguous() && operands.shape() == shape) && ...);
}

[[noreturn]] void no_kernel(const char* operation, DType dtype) {
  throw Error(operation, std::string("does not exist for ") + name_of(dtype) + "; convert with to()");
}

}  // namespace

void run_unary(const char* operation, UnaryOp op, const Tensor& x, const Tensor& y, const double* parameters) {
  const auto kernel = kernels<ElementwiseKernels>().unary[static_cast<int>(op)][static_cast<int>(x.dtype())];
  if (!kernel) no_kernel(operation, x.dtype());
  if (y.numel() <= tile_elements && one_run(y.shape(), x, y)) {
    return kernel(y.numel(), x.raw_data(), 1, y.raw_data(), 1, parameters);
  }
  LoopNest<2>(y.shape(), {&x, &y}).run([&](std::int64_t n, const std::array<char*, 2>& at, const std::int64_t* strides) {
    kernel(n, at[0], strides[0], at[1], strides[1], parameters);
  });
}

void run_binary(const char* operation, BinaryOp op, const Tensor& a, const Tensor& b, const Tensor& y, double alpha) {
  const auto kernel = kernels<ElementwiseKernels>().binary[static_cast<int>(op)][static_cast<int>(y.dtype())];
  if (!kernel) no_kernel(operation, y.dtype());
  if (y.numel() <= tile_elements && one_run(y.shape(), a, b, y)) {
    return kernel(y.numel(), a.raw_data(), 1, b.raw_data(), 1, y.raw_data(), 1, alpha);
  }
  LoopNest<3>(y.shape(), {&a, &b, &y})
      .run([&](std::int64_t n, const std::array<char*, 3>& at, const std::int64_t* strides) {
        kernel(n, at[0], strides[0], at[1], strides[1], at[2], strides[2], alpha);
      });
}

void run_compare(const char* operation, CompareOp op, const Tensor& a, const Tensor& b, const Tensor& y) {
  const auto kernel = kernels<ElementwiseKernels>().compare[static_cast<int>(op)][static_cast<int>(a.dtype())];
  if (!kernel) no_kernel(operation, a.dtype());
  LoopNest<3>(y.shape(), {&a, &b, &y})
      .run([&](std::int64_t n, const std::array<char*, 3>& at, const std::int64_t* strides) {
        kernel(n, at[0], strides[0], at[1], strides[1], at[2], strides[2]);
      });
}

void run_where(const Tensor& condition, const Tensor& a, const Tensor& b, const Tensor& y) {
  const auto kernel = kernels<ElementwiseKernels>().where[static_cast<int>(y.dtype())];
  LoopNest<4>(y.shape(), {&condition, &a, &b, &y})
      .run([&](std::int64_t n, const std::array<char*, 4>& at, const std::int64_t* strides) {
        kernel(n, at[0], strides[0], at[1], strides[1], at[2], strides[2], at[3], strides[3]);
      });
}

void run_copy(const Tensor& x, const Tensor& y) {
  const auto kernel = kernels<ElementwiseKernels>().copy[static_cast<int>(x.dtype())][static_cast<int>(y.dtype())];
  if (y.numel() <= tile_elements && one_run(y.shape(), x, y)) {
    return kernel(y.numel(), x.raw_data(), 1, y.raw_data(), 1);
  }
  LoopNest<2> nest(y.shape(), {&x, &y});
  if (x.dtype() == y.dtype() && copy_transposed(nest, y.dtype())) return;
  nest.run([&](std::int64_t n, const std::array<char*, 2>& at, const std::int64_t* strides) {
    kernel(n, at[0], strides[0], at[1], strides[1]);
  });
}

}  // namespace gradus
