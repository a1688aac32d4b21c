// Matrix products by cblas_sgemm, spread over OpenMP threads.
#pragma once
#include <cstdint>
#include <memory>
#include <vector>

namespace benchmarks {

/// C (m, n) = A (m, k) B (k, n), in row order; A and B may be stored transposed.
struct Product {
  enum class Split {
    rows,     // of C
    columns,  // of C
    inner,    // k: each thread makes a C of its own, and they are added up
    none
  };
  std::int64_t m, n, k;
  bool transpose_a, transpose_b;
  const float *a, *b;
  float* c;
  Split split;
};

/// `count` products of one shape, on operands that lie behind each other.
struct Group {
  Product first;
  std::int64_t count;
};

/// A list of products with operands of their own, made in turns.
class Products {
 public:
  explicit Products(int threads) : threads_(threads) {}

  /// A linear layer forward, y (rows, out) = x (rows, in) W^T, and backward to x and to W. Where it is made
  /// in `steps` that wait for each other, forward and backward to x are made for rows / steps at a time.
  void add_linear(std::int64_t rows, std::int64_t in, std::int64_t out, std::int64_t steps = 1);
  /// `count` products (rows, in) (in, out) of two operands that are both computed, and both backward
  /// products.
  void add_pair(std::int64_t count, std::int64_t rows, std::int64_t in, std::int64_t out);

  double flops() const;
  /// Times every way to spread each shape over the threads, and keeps the fastest.
  void choose_splits();
  void run();

 private:
  float* buffer(std::int64_t elements);
  void run(const Group& group);

  int threads_;
  std::vector<Group> groups_;
  std::vector<std::unique_ptr<float[]>> buffers_;
  std::vector<float> partial_;  // results of Split::inner, all threads' but the first
};

}  // namespace benchmarks
