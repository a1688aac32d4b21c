#include <gradus/tensor/blas.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/memory.h>
#include <gradus/tensor/parallel.h>

#include <cblas.h>

#include <algorithm>
#include <atomic>
#include <climits>
#include <cstring>

namespace gradus {
namespace {

constinit std::atomic<bool> counting_flops{false};
constinit std::atomic<std::uint64_t> counted_flops{0};

// One product of one dtype, on typed pointers.
template <class T>
struct Product {
  std::int64_t m, n, k;
  T alpha;
  const T* a;
  std::int64_t a_stride;
  bool a_transposed;
  const T* b;
  std::int64_t b_stride;
  bool b_transposed;
  T beta;
  const T* bias;  // (n,) or null; with it beta is 0
  T* c;
  std::int64_t c_stride;
};

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

std::int64_t ceil_div(std::int64_t a, std::int64_t b) { return (a + b - 1) / b; }

// A long axis beside one of at most 32: OpenBLAS has kernels without packing for products up to a million
// multiplications, two to four times as fast at such shapes.
std::int64_t skinny_tile(std::int64_t length, std::int64_t slice_work) {
  const std::int64_t largest = 1'000'000 / std::max<std::int64_t>(slice_work, 1) / 16 * 16;
  const std::int64_t wanted = std::clamp<std::int64_t>(length / 4 / 16 * 16, 32, 128);
  return std::min(largest, wanted);  // 0 where not even 16 fit
}

Plan plan_for(std::int64_t batch, std::int64_t m, std::int64_t n, std::int64_t k) {
  constexpr double worth_cutting =
      1 << 16;  // below it, handing a tile to another thread costs more than it gains
  if (static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k) < worth_cutting)
    return {m, n, k};
  if (m <= 32 && m <= n) {
    if (const std::int64_t columns = skinny_tile(n, m * k)) return {m, columns, k};
  } else if (n <= 32) {
    if (const std::int64_t rows = skinny_tile(m, n * k)) return {rows, n, k};
  }
  // Small m and n beside a long k, as in the gradients of weights: chunks of k, at most 16 of them.
  if (batch == 1 && ceil_div(m, 128) * ceil_div(n, 128) < 4 && k >= 1024) {
    return {128, 128, std::max<std::int64_t>(512, ceil_div(k, 16))};
  }
  // Larger tiles pack less; smaller ones keep more threads busy.
  struct Choice {
    std::int64_t rows, columns, fewest_tiles;
  };
  for (const Choice& choice : {Choice{256, 512, 8}, Choice{256, 256, 8}, Choice{128, 128, 4}}) {
    if (batch * ceil_div(m, choice.rows) * ceil_div(n, choice.columns) >= choice.fewest_tiles) {
      return {choice.rows, choice.columns, k};
    }
  }
  return {64, 128, k};
}

CBLAS_TRANSPOSE transposition(bool transposed) { return transposed ? CblasTrans : CblasNoTrans; }

void call_blas(const Product<float>& p) {
  cblas_sgemm(CblasRowMajor, transposition(p.a_transposed), transposition(p.b_transposed),
              static_cast<int>(p.m), static_cast<int>(p.n), static_cast<int>(p.k), p.alpha, p.a,
              static_cast<int>(p.a_stride), p.b, static_cast<int>(p.b_stride), p.beta, p.c,
              static_cast<int>(p.c_stride));
}

void call_blas(const Product<double>& p) {
  cblas_dgemm(CblasRowMajor, transposition(p.a_transposed), transposition(p.b_transposed),
              static_cast<int>(p.m), static_cast<int>(p.n), static_cast<int>(p.k), p.alpha, p.a,
              static_cast<int>(p.a_stride), p.b, static_cast<int>(p.b_stride), p.beta, p.c,
              static_cast<int>(p.c_stride));
}

// C = beta C, without reading C where beta is 0.
template <class T>
void scale(const Product<T>& p) {
  for (std::int64_t i = 0; i < p.m; ++i) {
    T* row = p.c + i * p.c_stride;
    for (std::int64_t j = 0; j < p.n; ++j) row[j] = p.beta == T(0) ? T(0) : static_cast<T>(p.beta * row[j]);
  }
}

// Integers wrap as they do in NumPy, so they are computed unsigned.
void call_blas(const Product<std::uint64_t>& p) {
  scale(p);
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
Product<T> part(const Product<T>& p, std::int64_t i, std::int64_t rows, std::int64_t j, std::int64_t columns,
                std::int64_t l, std::int64_t depth) {
  Product<T> q = p;
  q.m = rows, q.n = columns, q.k = depth;
  q.a += p.a_transposed ? l * p.a_stride + i : i * p.a_stride + l;
  q.b += p.b_transposed ? j * p.b_stride + l : l * p.b_stride + j;
  q.c += i * p.c_stride + j;
  if (p.bias) q.bias += j;
  return q;
}

// A product small enough for one thread.
template <class T>
void multiply(Product<T> p) {
  if (p.bias) {
    for (std::int64_t i = 0; i < p.m; ++i) {
      std::memcpy(p.c + i * p.c_stride, p.bias, static_cast<std::size_t>(p.n) * sizeof(T));
    }
    p.beta = T(1);
  }
  if (p.k == 0) return scale(p);
  // BLAS asks for strides that hold a row, also of a matrix that has only one.
  p.a_stride = std::max(p.a_stride, p.a_transposed ? p.m : p.k);
  p.b_stride = std::max(p.b_stride, p.b_transposed ? p.k : p.n);
  p.c_stride = std::max(p.c_stride, p.n);
  call_blas(p);
}

// Each chunk of k makes a matrix of its own; they are added up in order.
template <class T>
void multiply_in_chunks(const Product<T>& p, const Plan& plan) {
  const std::int64_t row_tiles = ceil_div(p.m, plan.rows), column_tiles = ceil_div(p.n, plan.columns);
  const std::int64_t tiles = row_tiles * column_tiles, chunks = ceil_div(p.k, plan.depth), area = p.m * p.n;
  struct Workspace {
    explicit Workspace(std::size_t size) : bytes(size), data(allocate(size)) {}
    ~Workspace() { deallocate(data, bytes); }
    std::size_t bytes;
    void* data;
  } workspace(static_cast<std::size_t>(chunks * area) * sizeof(T));
  T* const sums = static_cast<T*>(workspace.data);  // (chunks, m, n)

  parallel_for(chunks * tiles, 1, [&](std::int64_t unit, std::int64_t) {
    const std::int64_t chunk = unit / tiles, i = unit % tiles / column_tiles * plan.rows,
                       j = unit % tiles % column_tiles * plan.columns, l = chunk * plan.depth;
    Product<T> q = p;
    q.c = sums + chunk * area, q.c_stride = p.n, q.beta = T(0), q.bias = nullptr;
    multiply(part(q, i, std::min(plan.rows, p.m - i), j, std::min(plan.columns, p.n - j), l,
                  std::min(plan.depth, p.k - l)));
  });
  parallel_for(p.m, std::max<std::int64_t>(1, 4096 / p.n), [&](std::int64_t begin, std::int64_t end) {
    for (std::int64_t i = begin; i < end; ++i) {
      T* row = p.c + i * p.c_stride;
      const T* first = sums + i * p.n;
      for (std::int64_t chunk = 1; chunk < chunks; ++chunk) {
        const T* next = first + chunk * area;
        for (std::int64_t j = 0; j < p.n; ++j) sums[i * p.n + j] += next[j];
      }
      if (p.bias) {
        for (std::int64_t j = 0; j < p.n; ++j) row[j] = first[j] + p.bias[j];
      } else if (p.beta == T(0)) {
        std::memcpy(row, first, static_cast<std::size_t>(p.n) * sizeof(T));
      } else {
        for (std::int64_t j = 0; j < p.n; ++j) row[j] = static_cast<T>(p.beta * row[j]) + first[j];
      }
    }
  });
}

template <class T>
Product<T> matrix_of_batch(Product<T> p, const Batch& batch, std::int64_t index) {
  for (int axis = batch.sizes.rank() - 1; axis >= 0; --axis) {
    const std::int64_t at = index % batch.sizes[axis];
    index /= batch.sizes[axis];
    p.a += at * batch.a_strides[axis];
    p.b += at * batch.b_strides[axis];
    p.c += at * batch.c_strides[axis];
  }
  return p;
}

template <class T>
void multiply_batch(const Product<T>& p, const Batch& batch) {
  const std::int64_t count = element_count(batch.sizes);
  if (count == 0 || p.m == 0 || p.n == 0) return;
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

template <class T>
void run(std::int64_t m, std::int64_t n, std::int64_t k, double alpha, const MatrixView& a,
         const MatrixView& b, double beta, const void* bias, void* c, std::int64_t c_stride,
         const Batch& batch) {
  // By way of int64: a negative double does not convert to an unsigned number.
  using Number = std::conditional_t<std::is_floating_point_v<T>, T, std::int64_t>;
  multiply_batch<T>(
      {m, n, k, static_cast<T>(static_cast<Number>(alpha)), static_cast<const T*>(a.data), a.stride,
       a.transposed, static_cast<const T*>(b.data), b.stride, b.transposed,
       static_cast<T>(static_cast<Number>(beta)), static_cast<const T*>(bias), static_cast<T*>(c), c_stride},
      batch);
}

void run(DType dtype, std::int64_t m, std::int64_t n, std::int64_t k, double alpha, const MatrixView& a,
         const MatrixView& b, double beta, const void* bias, void* c, std::int64_t c_stride,
         const Batch& batch) {
  // Tiles keep m and n small; what BLAS sees in full are k and the strides.
  for (const std::int64_t size : {k, a.stride, b.stride, c_stride}) {
    if (size > INT_MAX) {
      throw Error("matmul", "a size or stride of " + std::to_string(size) +
                                " elements is too large for BLAS, which counts up to " +
                                std::to_string(INT_MAX) + "; multiply in parts");
    }
  }
  prepare_blas();
  if (counting_flops.load(std::memory_order_relaxed)) [[unlikely]] {
    counted_flops.fetch_add(static_cast<std::uint64_t>(2 * m * n * k * element_count(batch.sizes)),
                            std::memory_order_relaxed);
  }
  switch (dtype) {
    case DType::float32:
      return run<float>(m, n, k, alpha, a, b, beta, bias, c, c_stride, batch);
    case DType::float64:
      return run<double>(m, n, k, alpha, a, b, beta, bias, c, c_stride, batch);
    case DType::int64:
      return run<std::uint64_t>(m, n, k, alpha, a, b, beta, bias, c, c_stride, batch);
    case DType::boolean:
      break;
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

void gemm_batched(DType dtype, const Shape& batch, std::int64_t m, std::int64_t n, std::int64_t k,
                  double alpha, MatrixView a, const Shape& a_strides, MatrixView b, const Shape& b_strides,
                  double beta, void* c, std::int64_t c_stride, const Shape& c_strides) {
  run(dtype, m, n, k, alpha, a, b, beta, nullptr, c, c_stride, {batch, a_strides, b_strides, c_strides});
}

void count_product_flops(bool on) { counting_flops.store(on, std::memory_order_relaxed); }

std::uint64_t product_flops() { return counted_flops.load(std::memory_order_relaxed); }

}  // namespace gradus
