// See block_product.h for what the kernels compute and dispatch.h for how this file is compiled.
#include <gradus/tensor/kernels/block_product.h>
#include <gradus/tensor/kernels/math.h>

namespace gradus::GRADUS_ISA {
namespace {

// A tile of C stays in registers while A and B go by: rows_at_once rows of two vectors, as many as there are
// registers for, so that the processor is busy with other sums while each waits for its last addition, and a
// vector of B serves many rows.
#if defined(__AVX512F__)
constexpr int vector_bytes = 64, rows_at_once = 12;
#elif defined(__AVX2__)
constexpr int vector_bytes = 32, rows_at_once = 6;
#else
constexpr int vector_bytes = 16, rows_at_once = 4;
#endif

/// What is left over by tiles of so many rows goes in tiles of this many: the power of two below.
constexpr int fewer(int rows) { return rows > 8 ? 8 : rows > 4 ? 4 : rows / 2; }

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

template <int... indices>
struct Indices {};
template <int count, int... indices>
struct CountTo : CountTo<count - 1, count - 1, indices...> {};
template <int... indices>
struct CountTo<0, indices...> {
  using type = Indices<indices...>;
};

/// `rows` rows of `vectors` vectors of C, from row i and column j on.
template <bool transposed, class T, int lanes, int vectors, int rows>
GRADUS_INLINE void multiply_tile(const BlockProduct<T>& p, std::int64_t i, std::int64_t j) {
  using V = Vector<T, lanes>;
  // Element (i + r, l) of A is at a[r * row + l * step].
  const std::int64_t row = transposed ? 1 : p.a_stride, step = transposed ? p.a_stride : 1;
  const T* a = p.a + i * row;
  const T* b = p.b + j;
  const T* start = p.start ? p.start + i * p.start_stride + j : nullptr;
  T* c = p.c + i * p.c_stride + j;
  // What is written, and a part of what is read next, comes while the sums are made.
  for (int r = 0; r < rows; ++r) {
    for (int v = 0; v < vectors; ++v) __builtin_prefetch(c + r * p.c_stride + v * lanes, 1);
  }
  const char* next = reinterpret_cast<const char*>(p.next);
  for (std::int64_t at = i * p.next_bytes / p.m, end = (i + rows) * p.next_bytes / p.m; at < end; at += 64)
    __builtin_prefetch(next + at, 0, 2);
  // One pointer for three rows, which are 0, 1 and 2 times `row` away from it: the processor adds that up in
  // the address, where twelve pointers would not find room in its registers.
  constexpr int rows_of_a_pointer = 3, pointers = (rows + rows_of_a_pointer - 1) / rows_of_a_pointer;
  const T* left[pointers];
#pragma GCC unroll 4
  for (std::int64_t at = 0; at < pointers; ++at) left[at] = a + at * rows_of_a_pointer * row;
  V sums[rows][vectors] = {};
  for (std::int64_t l = 0; l < p.k; ++l, b += p.b_stride) {
    V right[vectors];
#pragma GCC unroll 2
    for (int v = 0; v < vectors; ++v) right[v] = load<T, lanes>(b + v * lanes);
#pragma GCC unroll 12
    for (int r = 0; r < rows; ++r) {
      const T factor = left[r / rows_of_a_pointer][r % rows_of_a_pointer * row];
#pragma GCC unroll 2
      for (int v = 0; v < vectors; ++v) sums[r][v] += factor * right[v];
    }
#pragma GCC unroll 4
    for (const T*& pointer : left) pointer += step;
  }
#pragma GCC unroll 12
  for (int r = 0; r < rows; ++r) {
#pragma GCC unroll 2
    for (int v = 0; v < vectors; ++v) {
      const V product = p.scale * sums[r][v];
      store<T, lanes>(c + r * p.c_stride + v * lanes,
                      start ? load<T, lanes>(start + r * p.start_stride + v * lanes) + product : product);
    }
  }
}

/// Columns j, j + 1, ... of C, as many as `vectors` vectors hold, from row i on.
template <bool transposed, class T, int lanes, int vectors, int rows>
GRADUS_INLINE void tile_rows(const BlockProduct<T>& p, std::int64_t i, std::int64_t j) {
  for (; p.m - i >= rows; i += rows) multiply_tile<transposed, T, lanes, vectors, rows>(p, i, j);
  if constexpr (rows > 1) tile_rows<transposed, T, lanes, vectors, fewer(rows)>(p, i, j);
}

/// The columns from j on; what is left over goes in vectors of half the size, down to single elements.
template <bool transposed, class T, int lanes, int vectors>
GRADUS_INLINE void multiply_columns(const BlockProduct<T>& p, std::int64_t j) {
  constexpr int width = lanes * vectors;
  for (; p.n - j >= width; j += width) tile_rows<transposed, T, lanes, vectors, rows_at_once>(p, 0, j);
  if constexpr (vectors > 1) multiply_columns<transposed, T, lanes, vectors / 2>(p, j);
  else if constexpr (lanes > 1) multiply_columns<transposed, T, lanes / 2, 1>(p, j);
}

template <class T>
void multiply(const BlockProduct<T>& p) {
  constexpr int lanes = native_lanes<T>;
  if (p.a_transposed) multiply_columns<true, T, lanes, 2>(p, 0);
  else multiply_columns<false, T, lanes, 2>(p, 0);
}

// --- rows by rows ---

/// The sum of a vector's elements: of its halves, of their halves, ...
template <class T, int lanes, int... lane>
GRADUS_INLINE T fold(Vector<T, lanes> v, Indices<lane...>) {
  constexpr int half = lanes / 2;
  const Vector<T, half> sums =
      __builtin_shufflevector(v, v, lane...) + __builtin_shufflevector(v, v, (half + lane)...);
  if constexpr (half == 2) return sums[0] + sums[1];
  else return fold<T, half>(sums, typename CountTo<half / 2>::type());
}
template <class T>
GRADUS_INLINE T fold(Vector<T, native_lanes<T>> v) {
  constexpr int lanes = native_lanes<T>;
  if constexpr (lanes == 2) return v[0] + v[1];
  else return fold<T, lanes>(v, typename CountTo<lanes / 2>::type());
}

/// C (i.., j..) of `rows` rows of A and `columns` rows of B: whole vectors along k, added up at the end.
template <class T, int rows, int columns>
GRADUS_INLINE void dot_tile(const BlockProduct<T>& p, std::int64_t i, std::int64_t j) {
  constexpr int lanes = native_lanes<T>;
  using V = Vector<T, lanes>;
  const T *a = p.a + i * p.a_stride, *b = p.b + j * p.b_stride;
  V sums[rows][columns] = {};
  std::int64_t l = 0;
  for (; l + lanes <= p.k; l += lanes) {
    V right[columns];
#pragma GCC unroll 4
    for (int c = 0; c < columns; ++c) right[c] = load<T, lanes>(b + c * p.b_stride + l);
#pragma GCC unroll 4
    for (int r = 0; r < rows; ++r) {
      const V left = load<T, lanes>(a + r * p.a_stride + l);
#pragma GCC unroll 4
      for (int c = 0; c < columns; ++c) sums[r][c] += left * right[c];
    }
  }
#pragma GCC unroll 4
  for (int r = 0; r < rows; ++r) {
#pragma GCC unroll 4
    for (int c = 0; c < columns; ++c) {
      T total = fold<T>(sums[r][c]);
      for (std::int64_t rest = l; rest < p.k; ++rest)
        total += a[r * p.a_stride + rest] * b[c * p.b_stride + rest];
      const T start = p.start ? p.start[(i + r) * p.start_stride + j + c] : T(0);
      p.c[(i + r) * p.c_stride + j + c] = start + p.scale * total;
    }
  }
}

template <class T, int rows, int columns>
GRADUS_INLINE void dot_rows(const BlockProduct<T>& p, std::int64_t i, std::int64_t j) {
  for (; p.m - i >= rows; i += rows) dot_tile<T, rows, columns>(p, i, j);
  if constexpr (rows > 1) dot_rows<T, rows / 2, columns>(p, i, j);
}

/// A few rows of B stay in the first cache while all of A goes by.
template <class T>
void multiply_rows(const BlockProduct<T>& p) {
  std::int64_t j = 0;
  for (; p.n - j >= 4; j += 4) dot_rows<T, 4, 4>(p, 0, j);
  for (; j < p.n; ++j) dot_rows<T, 4, 1>(p, 0, j);
}

// --- transposition ---

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
constexpr BlockProductFunctions<T> functions = {multiply<T>, multiply_rows<T>, transpose<T>};

}  // namespace

extern const BlockProductKernels block_product_kernels;
const BlockProductKernels block_product_kernels = {functions<float>, functions<double>};

}  // namespace gradus::GRADUS_ISA
