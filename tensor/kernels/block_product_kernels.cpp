// See block_product.h for what the kernels compute and dispatch.h for how this file is compiled.
#include <gradus/tensor/kernels/block_product.h>
#include <gradus/tensor/kernels/math.h>

namespace gradus::GRADUS_ISA {
namespace {

// A tile of C stays in registers while A and B go by: rows_at_once rows of two vectors, so that 8 or 16 sums
// run side by side, as many as the processor needs to be busy while each waits for its last addition.
#if defined(__AVX512F__)
constexpr int vector_bytes = 64, rows_at_once = 8;
#elif defined(__AVX2__)
constexpr int vector_bytes = 32, rows_at_once = 4;
#else
constexpr int vector_bytes = 16, rows_at_once = 4;
#endif

template <class T>
constexpr int native_lanes = vector_bytes / static_cast<int>(sizeof(T));

template <class T, int lanes>
struct VectorOf {
  typedef T type __attribute__((vector_size(lanes * sizeof(T))));
};
template <class T, int lanes>
using Vector = typename VectorOf<T, lanes>::type;

template <class T, int lanes>
GRADUS_INLINE Vector<T, lanes> load(const T* x) {
  Vector<T, lanes> v;
  __builtin_memcpy(&v, x, sizeof v);
  return v;
}
template <class T, int lanes>
GRADUS_INLINE void store(T* x, Vector<T, lanes> v) {
  __builtin_memcpy(x, &v, sizeof v);
}

/// `rows` rows of `vectors` vectors of C, at a (row i of A), b (column j of B) and c.
template <class T, int lanes, int vectors, int rows>
GRADUS_INLINE void multiply_tile(const BlockProduct<T>& p, const T* a, const T* b, T* c) {
  using V = Vector<T, lanes>;
  V sums[rows][vectors] = {};
  for (std::int64_t l = 0; l < p.k; ++l) {
    V right[vectors];
    for (int v = 0; v < vectors; ++v) right[v] = load<T, lanes>(b + l * p.b_stride + v * lanes);
#pragma GCC unroll 8
    for (int r = 0; r < rows; ++r) {
      const T left = a[r * p.a_row + l * p.a_step];
#pragma GCC unroll 2
      for (int v = 0; v < vectors; ++v) sums[r][v] += left * right[v];
    }
  }
#pragma GCC unroll 8
  for (int r = 0; r < rows; ++r) {
#pragma GCC unroll 2
    for (int v = 0; v < vectors; ++v) {
      T* out = c + r * p.c_stride + v * lanes;
      const V product = p.scale * sums[r][v];
      store<T, lanes>(out, p.add ? load<T, lanes>(out) + product : product);
    }
  }
}

/// Columns j, j + 1, ... of C, as many as `vectors` vectors hold, from row i on.
template <class T, int lanes, int vectors, int rows>
GRADUS_INLINE void multiply_rows(const BlockProduct<T>& p, std::int64_t i, std::int64_t j) {
  for (; p.m - i >= rows; i += rows)
    multiply_tile<T, lanes, vectors, rows>(p, p.a + i * p.a_row, p.b + j, p.c + i * p.c_stride + j);
  if constexpr (rows > 1) multiply_rows<T, lanes, vectors, rows / 2>(p, i, j);
}

/// The columns from j on; what is left over goes in vectors of half the size, down to single elements.
template <class T, int lanes, int vectors>
GRADUS_INLINE void multiply_columns(const BlockProduct<T>& p, std::int64_t j) {
  for (; p.n - j >= lanes * vectors; j += lanes * vectors)
    multiply_rows<T, lanes, vectors, rows_at_once>(p, 0, j);
  if constexpr (vectors > 1) multiply_columns<T, lanes, vectors / 2>(p, j);
  else if constexpr (lanes > 1) multiply_columns<T, lanes / 2, 1>(p, j);
}

template <class T>
void multiply(const BlockProduct<T>& p) {
  multiply_columns<T, native_lanes<T>, 2>(p, 0);
}

// --- transposition ---

template <int... indices>
struct Indices {};
template <int count, int... indices>
struct CountTo : CountTo<count - 1, count - 1, indices...> {};
template <int... indices>
struct CountTo<0, indices...> {
  using type = Indices<indices...>;
};

/// Of two rows that are `distance` apart, changes the upper one's elements in the columns with that bit for
/// the lower one's without it: one stage of a transposition (Eklundh 1972, "A fast computer method for matrix
/// transposing").
template <int distance, class V, int... lane>
GRADUS_INLINE void exchange(V& upper, V& lower, Indices<lane...>) {
  constexpr int lanes = sizeof...(lane);
  const V first =
      __builtin_shufflevector(upper, lower, (lane & distance ? lanes + lane - distance : lane)...);
  lower = __builtin_shufflevector(upper, lower, (lane & distance ? lanes + lane : lane + distance)...);
  upper = first;
}

template <int distance, class V, int lanes>
GRADUS_INLINE void exchange_all(V (&rows)[lanes]) {
#pragma GCC unroll 16
  for (int i = 0; i < lanes; ++i) {
    if ((i & distance) == 0) exchange<distance>(rows[i], rows[i + distance], typename CountTo<lanes>::type());
  }
  if constexpr (distance > 1) exchange_all<distance / 2>(rows);
}

template <class T>
void transpose(std::int64_t rows, std::int64_t columns, const T* x, std::int64_t x_stride, T* y,
               std::int64_t y_stride) {
  constexpr int lanes = native_lanes<T>;
  const std::int64_t padded = (rows + block_padding - 1) / block_padding * block_padding;
  for (std::int64_t i = 0; i < padded; i += lanes) {
    for (std::int64_t j = 0; j < columns; j += lanes) {
      const int width = static_cast<int>(columns - j < lanes ? columns - j : lanes);
      Vector<T, lanes> block[lanes] = {};
      if (width == lanes && rows - i >= lanes) {
#pragma GCC unroll 16
        for (int r = 0; r < lanes; ++r) block[r] = load<T, lanes>(x + (i + r) * x_stride + j);
      } else {
        for (int r = 0; r < lanes && i + r < rows; ++r) {
          const T* row = x + (i + r) * x_stride + j;
          if (width == lanes) block[r] = load<T, lanes>(row);
          else __builtin_memcpy(&block[r], row, static_cast<std::size_t>(width) * sizeof(T));
        }
      }
      exchange_all<lanes / 2>(block);
      for (int r = 0; r < width; ++r) store<T, lanes>(y + (j + r) * y_stride + i, block[r]);
    }
  }
}

template <class T>
constexpr BlockProductFunctions<T> functions = {multiply<T>, transpose<T>};

}  // namespace

extern const BlockProductKernels block_product_kernels;
const BlockProductKernels block_product_kernels = {functions<float>, functions<double>};

}  // namespace gradus::GRADUS_ISA
