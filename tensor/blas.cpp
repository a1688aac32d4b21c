#include <gradus/tensor/blas.h>
#include <gradus/tensor/block_product.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/memory.h>
#include <gradus/tensor/parallel.h>
#include <gradus/tensor/thread_sanitizer.h>
#include <gradus/tensor/tile_product.h>
#include <gradus/tensor/workspace.h>

#include <cblas.h>

#include <algorithm>
#include <atomic>
#include <climits>
#include <cstring>
#include <initializer_list>
#include <limits>
#include <type_traits>

namespace gradus {
namespace {

constinit std::atomic<bool> counting_flops{false};
constinit std::atomic<std::uint64_t> counted_flops{0};

// Where one matrix of the batch lies.
struct Batch {
  const Shape& sizes;
  const Shape& a_strides;
  const Shape& b_strides;
  const Shape& c_strides;
};

// Sizes of a tile of C and of a chunk of k. From the shape alone.
struct Plan {
  std::int64_t rows, columns, depth;
};

// A long axis beside one of at most 32: OpenBLAS has kernels without packing for products up to a million
// multiplications, two to four times as fast at such shapes.
std::int64_t skinny_tile(std::int64_t length, std::int64_t slice_work) {
  const std::int64_t largest = 1'000'000 / std::max<std::int64_t>(slice_work, 1) / 16 * 16;
  const std::int64_t wanted = std::clamp<std::int64_t>(length / 4 / 16 * 16, 32, 128);
  return std::min(largest, wanted);  // 0 where not even 16 fit
}

// Tiles that a product is cut into, at least: enough to keep threads busy, few enough to be worth handing
// out.
std::int64_t fewest_tiles(double work) {
  constexpr double million = 1 << 20;
  if (work < million) return 2;
  if (work < 128 * million) return 4;
  return 8;
}

// BLAS packs both factors of a tile before it multiplies, (rows + columns) k elements for rows columns k
// multiplications, and packing an element costs as much as some 25 multiplications: of the ways to cut m by n
// into enough tiles, the one that packs least.
Plan least_packing(std::int64_t m, std::int64_t n, std::int64_t k, std::int64_t tiles) {
  Plan best{m, n, k};
  double least = std::numeric_limits<double>::infinity();
  for (std::int64_t row_tiles = 1; row_tiles <= tiles; row_tiles *= 2) {
    // Whole numbers of the rows and columns that a kernel makes at once.
    const std::int64_t rows = std::min(m, ceil_div(ceil_div(m, row_tiles), 32) * 32),
                       columns = std::min(n, ceil_div(ceil_div(n, tiles / row_tiles), 32) * 32);
    const double packing = 1 / static_cast<double>(rows) + 1 / static_cast<double>(columns);
    if (packing < least) least = packing, best = {rows, columns, k};
  }
  return best;
}

Plan plan_for(std::int64_t batch, std::int64_t m, std::int64_t n, std::int64_t k) {
  const double work = static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k);
  constexpr double worth_cutting =
      1 << 16;  // below it, handing a tile to another thread costs more than it gains
  if (work < worth_cutting) return {m, n, k};
  if (m <= 32 && m <= n) {
    if (const std::int64_t columns = skinny_tile(n, m * k)) return {m, columns, k};
  } else if (n <= 32) {
    if (const std::int64_t rows = skinny_tile(m, n * k)) return {rows, n, k};
  }
  const std::int64_t tiles = fewest_tiles(work * static_cast<double>(batch));
  if (batch >= tiles) return {m, n, k};
  // Small m and n beside a long k, as in the gradients of weights: chunks of k, whose sums are added up at
  // the end.
  constexpr std::int64_t least_area = std::int64_t{128} * 128, least_depth = 256;
  if (batch == 1 && m * n < tiles * least_area && k >= 2 * least_depth) {
    const std::int64_t depth = ceil_div(k, std::min(tiles, k / least_depth));
    return {m, n, depth};
  }
  return least_packing(m, n, k, ceil_div(tiles, batch));
}

CBLAS_TRANSPOSE transposition(bool transposed) { return transposed ? CblasTrans : CblasNoTrans; }

void call_blas(const MatrixProduct<float>& p, float beta) {
  cblas_sgemm(CblasRowMajor, transposition(p.a_transposed), transposition(p.b_transposed),
              static_cast<int>(p.m), static_cast<int>(p.n), static_cast<int>(p.k), p.alpha, p.a,
              static_cast<int>(p.a_stride), p.b, static_cast<int>(p.b_stride), beta, p.c,
              static_cast<int>(p.c_stride));
}

void call_blas(const MatrixProduct<double>& p, double beta) {
  cblas_dgemm(CblasRowMajor, transposition(p.a_transposed), transposition(p.b_transposed),
              static_cast<int>(p.m), static_cast<int>(p.n), static_cast<int>(p.k), p.alpha, p.a,
              static_cast<int>(p.a_stride), p.b, static_cast<int>(p.b_stride), beta, p.c,
              static_cast<int>(p.c_stride));
}

// What BLAS is about to read and write, for the thread sanitizer.
template <class T>
void announce(const MatrixProduct<T>& p) {
  constexpr std::int64_t size = sizeof(T);
  sanitizer_reads(p.a, p.a_transposed ? p.k : p.m, (p.a_transposed ? p.m : p.k) * size, p.a_stride * size);
  sanitizer_reads(p.b, p.b_transposed ? p.n : p.k, (p.b_transposed ? p.k : p.n) * size, p.b_stride * size);
  sanitizer_writes(p.c, p.m, p.n * size, p.c_stride * size);
}

// C = beta C, without reading C where beta is 0.
template <class T>
void scale(const MatrixProduct<T>& p, T beta) {
  for (std::int64_t i = 0; i < p.m; ++i) {
    T* row = p.c + i * p.c_stride;
    for (std::int64_t j = 0; j < p.n; ++j) row[j] = beta == T(0) ? T(0) : static_cast<T>(beta * row[j]);
  }
}

// Integers wrap as they do in NumPy, so they are computed unsigned.
void call_blas(const MatrixProduct<std::uint64_t>& p, std::uint64_t beta) {
  scale(p, beta);
  for (std::int64_t i = 0; i < p.m; ++i) {
    std::uint64_t* row = p.c + i * p.c_stride;
    for (std::int64_t l = 0; l < p.k; ++l) {
      const std::uint64_t left = p.alpha * p.a[p.a_transposed ? l * p.a_stride + i : i * p.a_stride + l];
      const std::uint64_t* right = p.b + (p.b_transposed ? l : l * p.b_stride);
      const std::int64_t step = p.b_transposed ? p.b_stride : 1;
      for (std::int64_t j = 0; j < p.n; ++j) row[j] += left * right[j * step];
    }
  }
}

// The part of a product that makes rows [i, i + rows) and columns [j, j + columns) of C from [l, l + depth)
// of k.
template <class T>
MatrixProduct<T> part(const MatrixProduct<T>& p, std::int64_t i, std::int64_t rows, std::int64_t j,
                      std::int64_t columns, std::int64_t l, std::int64_t depth) {
  MatrixProduct<T> q = p;
  q.m = rows, q.n = columns, q.k = depth;
  q.a += p.a_transposed ? l * p.a_stride + i : i * p.a_stride + l;
  q.b += p.b_transposed ? j * p.b_stride + l : l * p.b_stride + j;
  q.c += i * p.c_stride + j;
  if (p.start) q.start += i * p.start_stride + j;
  return q;
}

// On one thread.
template <class T>
void multiply(MatrixProduct<T> p) {
  if constexpr (std::is_same_v<T, float>) {
    if (suits_tiles(p.m, p.n, p.k) && multiply_on_tiles({&p, 1})) return;
  }
  if (p.start && p.start != p.c) {
    for (std::int64_t i = 0; i < p.m; ++i) {
      std::memcpy(p.c + i * p.c_stride, p.start + i * p.start_stride,
                  static_cast<std::size_t>(p.n) * sizeof(T));
    }
  }
  const T beta = p.start ? T(1) : T(0);
  if (p.k == 0) return scale(p, beta);
  // BLAS asks for strides that hold a row, also of a matrix that has only one.
  p.a_stride = std::max(p.a_stride, p.a_transposed ? p.m : p.k);
  p.b_stride = std::max(p.b_stride, p.b_transposed ? p.k : p.n);
  p.c_stride = std::max(p.c_stride, p.n);
  if constexpr (std::is_floating_point_v<T>) announce(p);
  call_blas(p, beta);
}

// Each chunk of k makes a matrix of its own; they are added up in order.
template <class T>
void multiply_in_chunks(const MatrixProduct<T>& p, const Plan& plan) {
  const std::int64_t row_tiles = ceil_div(p.m, plan.rows), column_tiles = ceil_div(p.n, plan.columns);
  const std::int64_t tiles = row_tiles * column_tiles, chunks = ceil_div(p.k, plan.depth), area = p.m * p.n;
  const Workspace<T> workspace(chunks * area);
  T* const sums = workspace.data();  // (chunks, m, n)

  parallel_for(chunks * tiles, 1, [&](std::int64_t unit, std::int64_t) {
    const std::int64_t chunk = unit / tiles, i = unit % tiles / column_tiles * plan.rows,
                       j = unit % tiles % column_tiles * plan.columns, l = chunk * plan.depth;
    MatrixProduct<T> q = p;
    q.c = sums + chunk * area, q.c_stride = p.n, q.start = nullptr;
    multiply(part(q, i, std::min(plan.rows, p.m - i), j, std::min(plan.columns, p.n - j), l,
                  std::min(plan.depth, p.k - l)));
  });
  parallel_for(p.m, std::max<std::int64_t>(1, 4096 / p.n), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      T* row = p.c + i * p.c_stride;
      const T* start = p.start ? p.start + i * p.start_stride : nullptr;
      const T* first = sums + i * p.n;
      for (std::int64_t chunk = 1; chunk < chunks; ++chunk) {
        const T* next = first + chunk * area;
        for (std::int64_t j = 0; j < p.n; ++j) sums[i * p.n + j] += next[j];
      }
      if (start) {
        for (std::int64_t j = 0; j < p.n; ++j) row[j] = start[j] + first[j];
      } else {
        std::memcpy(row, first, static_cast<std::size_t>(p.n) * sizeof(T));
      }
    }
  });
}

template <class T>
MatrixProduct<T> matrix_of_batch(MatrixProduct<T> p, const Batch& batch, std::int64_t index) {
  const bool adds = p.start == p.c;
  for (int axis = batch.sizes.rank() - 1; axis >= 0; --axis) {
    const std::int64_t at = index % batch.sizes[axis];
    index /= batch.sizes[axis];
    p.a += at * batch.a_strides[axis];
    p.b += at * batch.b_strides[axis];
    p.c += at * batch.c_strides[axis];
    if (adds) p.start += at * batch.c_strides[axis];
  }
  return p;
}

// Lets the product start from beta C.
template <class T>
void start_from(MatrixProduct<T>& p, T beta, const Batch& batch) {
  if (beta == T(0)) return;
  p.start = p.c, p.start_stride = p.c_stride;
  if (beta == T(1)) return;
  const std::int64_t count = element_count(batch.sizes);
  for (std::int64_t index = 0; index < count; ++index) scale(matrix_of_batch(p, batch, index), beta);
}

template <class T>
void multiply_batch(const MatrixProduct<T>& p, const Batch& batch) {
  const std::int64_t count = element_count(batch.sizes);
  if (count == 0 || p.m == 0 || p.n == 0) return;
  if constexpr (std::is_floating_point_v<T>) {
    constexpr std::int64_t parts = 4;  // of most plans
    const bool on_tiles = std::is_same_v<T, float> && suits_tiles(p.m, p.n, p.k, parts);
    if (count == 1 && !on_tiles && suits_blocks(p.m, p.n, p.k, p.a_transposed, p.b_transposed))
      return multiply_blocks(matrix_of_batch(p, batch, 0));
  }
  const Plan plan = plan_for(count, p.m, p.n, p.k);
  if (plan.depth < p.k) return multiply_in_chunks(matrix_of_batch(p, batch, 0), plan);

  const std::int64_t column_tiles = ceil_div(p.n, plan.columns),
                     tiles = ceil_div(p.m, plan.rows) * column_tiles;
  // Several matrices to a tile of the loop where they are tiny.
  const std::int64_t work =
      std::min(plan.rows, p.m) * std::min(plan.columns, p.n) * std::max<std::int64_t>(p.k, 1);
  parallel_for(count * tiles, std::max<std::int64_t>(1, (1 << 18) / work),
               [&](std::int64_t begin, std::int64_t end) {
                 for (std::int64_t unit = begin; unit < end; ++unit) {
                   const std::int64_t i = unit % tiles / column_tiles * plan.rows,
                                      j = unit % tiles % column_tiles * plan.columns;
                   multiply(part(matrix_of_batch(p, batch, unit / tiles), i, std::min(plan.rows, p.m - i), j,
                                 std::min(plan.columns, p.n - j), 0, p.k));
                 }
               });
}

// The sum of products that share C: what start the first one has, C for the others.
template <class T>
void multiply_sum(std::span<const MatrixProduct<T>> terms) {
  const MatrixProduct<T>& first = terms[0];
  std::int64_t depth = 0;
  for (const MatrixProduct<T>& term : terms) depth += term.k;
  const double work =
      static_cast<double>(first.m) * static_cast<double>(first.n) * static_cast<double>(depth);
  const Plan plan = least_packing(first.m, first.n, depth, fewest_tiles(work));
  const std::int64_t column_tiles = ceil_div(first.n, plan.columns),
                     tiles = ceil_div(first.m, plan.rows) * column_tiles;
  parallel_for(tiles, 1, [&](std::int64_t tile, std::int64_t) {
    const std::int64_t i = tile / column_tiles * plan.rows, j = tile % column_tiles * plan.columns;
    CachedVector<MatrixProduct<T>> parts;
    for (const MatrixProduct<T>& p : terms)
      parts.push_back(part(p, i, std::min(plan.rows, p.m - i), j, std::min(plan.columns, p.n - j), 0, p.k));
    if constexpr (std::is_same_v<T, float>) {
      if (suits_tiles(parts[0].m, parts[0].n, depth) && multiply_on_tiles(parts)) return;
    }
    for (const MatrixProduct<T>& p : parts) multiply(p);
  });
}

template <class T>
MatrixProduct<T> product_of(std::int64_t m, std::int64_t n, std::int64_t k, T alpha, const MatrixView& a,
                            const MatrixView& b, void* c, std::int64_t c_stride) {
  return {m,
          n,
          k,
          alpha,
          static_cast<const T*>(a.data),
          a.stride,
          a.transposed,
          static_cast<const T*>(b.data),
          b.stride,
          b.transposed,
          nullptr,
          0,
          static_cast<T*>(c),
          c_stride};
}

template <class T>
void run_sum(std::int64_t m, std::int64_t n, std::span<const GemmTerm> terms, double beta, void* c,
             std::int64_t c_stride) {
  CachedVector<MatrixProduct<T>> products;
  for (const GemmTerm& term : terms) {
    products.push_back(product_of<T>(m, n, term.k, T(1), term.a, term.b, c, c_stride));
    start_from(products.back(), products.size() == 1 ? static_cast<T>(beta) : T(1), {{}, {}, {}, {}});
  }
  multiply_sum<T>(std::span<const MatrixProduct<T>>(products.data(), products.size()));
}

template <class T>
void run(std::int64_t m, std::int64_t n, std::int64_t k, double alpha, const MatrixView& a,
         const MatrixView& b, double beta, const void* bias, void* c, std::int64_t c_stride,
         const Batch& batch) {
  // By way of int64: a negative double does not convert to an unsigned number.
  using Number = std::conditional_t<std::is_floating_point_v<T>, T, std::int64_t>;
  MatrixProduct<T> product =
      product_of<T>(m, n, k, static_cast<T>(static_cast<Number>(alpha)), a, b, c, c_stride);
  if (bias) product.start = static_cast<const T*>(bias);
  else start_from(product, static_cast<T>(static_cast<Number>(beta)), batch);
  multiply_batch(product, batch);
}

void count_flops(std::int64_t m, std::int64_t n, std::int64_t k, std::int64_t products) {
  if (!counting_flops.load(std::memory_order_relaxed)) return;
  counted_flops.fetch_add(static_cast<std::uint64_t>(2 * m * n * k * products), std::memory_order_relaxed);
}

// Tiles keep m and n small; what BLAS sees in full are k and the strides.
void check_sizes(std::initializer_list<std::int64_t> sizes) {
  for (const std::int64_t size : sizes) {
    if (size > INT_MAX) {
      throw Error("matmul", "a size or stride of " + std::to_string(size) +
                                " elements is too large for BLAS, which counts up to " +
                                std::to_string(INT_MAX) + "; multiply in parts");
    }
  }
}

void run(DType dtype, std::int64_t m, std::int64_t n, std::int64_t k, double alpha, const MatrixView& a,
         const MatrixView& b, double beta, const void* bias, void* c, std::int64_t c_stride,
         const Batch& batch) {
  check_sizes({k, a.stride, b.stride, c_stride});
  prepare_blas();
  count_flops(m, n, k, element_count(batch.sizes));
  switch (dtype) {
    case DType::float32: return run<float>(m, n, k, alpha, a, b, beta, bias, c, c_stride, batch);
    case DType::float64: return run<double>(m, n, k, alpha, a, b, beta, bias, c, c_stride, batch);
    case DType::int64: return run<std::uint64_t>(m, n, k, alpha, a, b, beta, bias, c, c_stride, batch);
    case DType::boolean: break;
  }
  throw Error("matmul",
              "bool matrices cannot be multiplied; convert them with to(DType::float32) or to(DType::int64)");
}

}  // namespace

void gemm(DType dtype, std::int64_t m, std::int64_t n, std::int64_t k, double alpha, MatrixView a,
          MatrixView b, double beta, void* c, std::int64_t c_stride) {
  run(dtype, m, n, k, alpha, a, b, beta, nullptr, c, c_stride, {{}, {}, {}, {}});
}

void gemm_bias(DType dtype, std::int64_t m, std::int64_t n, std::int64_t k, MatrixView a, MatrixView b,
               const void* bias, void* c, std::int64_t c_stride) {
  run(dtype, m, n, k, 1, a, b, 0, bias, c, c_stride, {{}, {}, {}, {}});
}

void gemm_sum(DType dtype, std::int64_t m, std::int64_t n, std::span<const GemmTerm> terms, double beta,
              void* c, std::int64_t c_stride) {
  if (terms.size() == 1) return gemm(dtype, m, n, terms[0].k, 1, terms[0].a, terms[0].b, beta, c, c_stride);
  for (const GemmTerm& term : terms) check_sizes({term.k, term.a.stride, term.b.stride, c_stride});
  if (m == 0 || n == 0 || terms.empty()) return;
  prepare_blas();
  for (const GemmTerm& term : terms) count_flops(m, n, term.k, 1);
  if (dtype == DType::float32) {
    run_sum<float>(m, n, terms, beta, c, c_stride);
  } else {
    run_sum<double>(m, n, terms, beta, c, c_stride);
  }
}

void gemm_batched(DType dtype, const Shape& batch, std::int64_t m, std::int64_t n, std::int64_t k,
                  double alpha, MatrixView a, const Shape& a_strides, MatrixView b, const Shape& b_strides,
                  double beta, void* c, std::int64_t c_stride, const Shape& c_strides) {
  run(dtype, m, n, k, alpha, a, b, beta, nullptr, c, c_stride, {batch, a_strides, b_strides, c_strides});
}

void count_product_flops(bool on) { counting_flops.store(on, std::memory_order_relaxed); }

std::uint64_t product_flops() { return counted_flops.load(std::memory_order_relaxed); }

}  // namespace gradus
