// See transpose.h for what the kernels compute and dispatch.h for how this file is compiled.
#include <gradus/tensor/kernels/math.h>
#include <gradus/tensor/kernels/transpose.h>

namespace gradus::GRADUS_ISA {
namespace {

template <class T>
constexpr std::int64_t tile_rows = transpose_rows(sizeof(T));
constexpr std::int64_t tile_columns = 128;

/// Elements that fit in a vector of 16 bytes, which every instruction set has; 1 where none is used.
template <class T>
constexpr std::int64_t lanes = sizeof(T) > 1 ? 16 / sizeof(T) : 1;

/// y[row * y_stride + column] = x[row + column * x_stride] for a square of lanes<T> rows and columns.
template <class T>
GRADUS_INLINE void transpose_square(const T* x, std::int64_t x_stride, T* y, std::int64_t y_stride) {
  typedef T Vector __attribute__((vector_size(16)));
  Vector in[lanes<T>];
  for (std::int64_t i = 0; i < lanes<T>; ++i) __builtin_memcpy(&in[i], x + i * x_stride, 16);
  Vector out[lanes<T>];
  if constexpr (lanes<T> == 4) {
    const Vector low01 = __builtin_shufflevector(in[0], in[1], 0, 4, 1, 5);
    const Vector low23 = __builtin_shufflevector(in[2], in[3], 0, 4, 1, 5);
    const Vector high01 = __builtin_shufflevector(in[0], in[1], 2, 6, 3, 7);
    const Vector high23 = __builtin_shufflevector(in[2], in[3], 2, 6, 3, 7);
    out[0] = __builtin_shufflevector(low01, low23, 0, 1, 4, 5);
    out[1] = __builtin_shufflevector(low01, low23, 2, 3, 6, 7);
    out[2] = __builtin_shufflevector(high01, high23, 0, 1, 4, 5);
    out[3] = __builtin_shufflevector(high01, high23, 2, 3, 6, 7);
  } else {
    out[0] = __builtin_shufflevector(in[0], in[1], 0, 2);
    out[1] = __builtin_shufflevector(in[0], in[1], 1, 3);
  }
  for (std::int64_t i = 0; i < lanes<T>; ++i) __builtin_memcpy(y + i * y_stride, &out[i], 16);
}

/// The same for any number of rows and columns.
template <class T>
GRADUS_INLINE void turn(std::int64_t rows, std::int64_t columns, const T* x, std::int64_t x_stride, T* y,
                        std::int64_t y_stride) {
  std::int64_t whole_rows = 0, whole_columns = 0;  // in squares
  if constexpr (sizeof(T) > 1) {
    whole_rows = rows / lanes<T> * lanes<T>, whole_columns = columns / lanes<T> * lanes<T>;
    for (std::int64_t column = 0; column < whole_columns; column += lanes<T>) {
#pragma GCC unroll 8
      for (std::int64_t row = 0; row < whole_rows; row += lanes<T>) {
        transpose_square(x + row + column * x_stride, x_stride, y + row * y_stride + column, y_stride);
      }
    }
  }
  if (whole_rows == rows && whole_columns == columns) return;
  for (std::int64_t column = 0; column < columns; ++column) {
    for (std::int64_t row = column < whole_columns ? whole_rows : 0; row < rows; ++row) {
      y[row * y_stride + column] = x[row + column * x_stride];
    }
  }
}

/// In pieces of a cache line: the compiler would make a loop over elements a `rep movs`, which takes long to
/// start.
template <class T>
GRADUS_INLINE void copy_row(std::int64_t n, const T* x, T* y) {
  constexpr std::int64_t piece = 64 / sizeof(T);
  std::int64_t i = 0;
  for (; i + piece <= n; i += piece) __builtin_memcpy(y + i, x + i, 64);
  for (; i < n; ++i) y[i] = x[i];  // NOLINT(clang-analyzer-core.uninitialized.Assign): turn has written it
}

/// A tile, turned around in a buffer: of both x and y whole cache lines are passed through once, also where
/// the strides are powers of two, whose lines push each other out of the cache.
template <class T>
GRADUS_INLINE void transpose_tile(std::int64_t rows, std::int64_t columns, const T* x, std::int64_t x_stride,
                                  T* y, std::int64_t y_stride) {
  constexpr std::int64_t stride = tile_columns + 64 / sizeof(T);
  alignas(64) T turned[tile_rows<T> * stride];
  turn(rows, columns, x, x_stride, turned, stride);
  for (std::int64_t row = 0; row < rows; ++row) copy_row(columns, turned + row * stride, y + row * y_stride);
}

template <class T>
void transpose(std::int64_t rows, std::int64_t columns, const void* x, std::int64_t x_stride, void* y,
               std::int64_t y_stride) {
  for (std::int64_t row = 0; row < rows; row += tile_rows<T>) {
    for (std::int64_t column = 0; column < columns; column += tile_columns) {
      const T* from = static_cast<const T*>(x) + row + column * x_stride;
      T* to = static_cast<T*>(y) + row * y_stride + column;
      const std::int64_t height = rows - row, width = columns - column;  // of what is left
      if (height >= tile_rows<T> && width >= tile_columns) {             // sizes known to the compiler
        transpose_tile(tile_rows<T>, tile_columns, from, x_stride, to, y_stride);
      } else {
        transpose_tile(height < tile_rows<T> ? height : tile_rows<T>,
                       width < tile_columns ? width : tile_columns, from, x_stride, to, y_stride);
      }
    }
  }
}

}  // namespace

extern const TransposeKernels transpose_kernels;
const TransposeKernels transpose_kernels = {
    {transpose<float>, transpose<double>, transpose<std::int64_t>, transpose<bool>}};

}  // namespace gradus::GRADUS_ISA
