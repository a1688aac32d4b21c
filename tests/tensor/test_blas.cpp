#include <gradus/tensor/about.h>
#include <gradus/tensor/blas.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/kernels/dispatch.h>
#include <gradus/tensor/parallel.h>
#include <gradus/tests/settings.h>

#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

using namespace gradus;

namespace {

struct Size {
  std::int64_t m, n, k;
};

// Shapes on every path: tiny, skinny both ways, square tiles, long k, odd sizes at the edges of tiles, more
// columns than one pass of our own blocks takes, more of k than one of its panels holds.
const std::vector<Size> sizes = {{1, 1, 1},       {3, 5, 7},       {2, 2, 0},      {1, 300, 512},
                                 {8, 513, 300},   {300, 3, 129},   {65, 129, 63},  {257, 260, 31},
                                 {100, 70, 1500}, {16, 20, 70000}, {520, 513, 40}, {20, 2100, 500},
                                 {34, 2100, 500}, {150, 45, 700}};

// Small whole numbers: sums stay exact, so that every order of summation gives the same.
template <class T>
std::vector<T> whole_numbers(std::int64_t count, int seed) {
  std::vector<T> values(static_cast<std::size_t>(count));
  std::uint32_t state = static_cast<std::uint32_t>(seed) * 2654435761u + 1;
  for (T& value : values) {
    state = state * 1664525u + 1013904223u;
    value = static_cast<T>(static_cast<int>(state >> 24) % 7 - 3);
  }
  return values;
}

template <class T>
void check_against_definition(const Size& size, bool transpose_a, bool transpose_b, double alpha,
                              double beta) {
  const std::int64_t m = size.m, n = size.n, k = size.k;
  constexpr std::int64_t pad = 3;  // rows of memory are longer than they need be
  const std::int64_t a_stride = (transpose_a ? m : k) + pad, b_stride = (transpose_b ? k : n) + pad,
                     c_stride = n + pad;
  const std::vector<T> a = whole_numbers<T>((transpose_a ? k : m) * a_stride, 1);
  const std::vector<T> b = whole_numbers<T>((transpose_b ? n : k) * b_stride, 2);
  std::vector<T> c = whole_numbers<T>(m * c_stride, 3), expected = c;
  for (std::int64_t i = 0; i < m; ++i) {
    for (std::int64_t j = 0; j < n; ++j) {
      T sum = 0;
      for (std::int64_t l = 0; l < k; ++l) {
        sum += a[static_cast<std::size_t>(transpose_a ? l * a_stride + i : i * a_stride + l)] *
               b[static_cast<std::size_t>(transpose_b ? j * b_stride + l : l * b_stride + j)];
      }
      T& out = expected[static_cast<std::size_t>(i * c_stride + j)];
      out = static_cast<T>(alpha) * sum + (beta == 0 ? T(0) : static_cast<T>(beta) * out);
    }
  }
  const std::vector<T> before = c;
  test::on_every_instruction_set([&] {
    c = before;
    gemm(dtype_of<T>(), m, n, k, alpha, {a.data(), a_stride, transpose_a}, {b.data(), b_stride, transpose_b},
         beta, c.data(), c_stride);
    CHECK(c == expected);
  });
}

}  // namespace

TEST_CASE_TEMPLATE("gemm: the definition, for every transposition, scale and path", T, float, double,
                   std::int64_t) {
  for (const Size& size : sizes) {
    CAPTURE(size.m);
    CAPTURE(size.n);
    CAPTURE(size.k);
    check_against_definition<T>(size, false, false, 1, 0);
    check_against_definition<T>(size, false, true, 2, 1);
    check_against_definition<T>(size, true, false, 1, -2);
    check_against_definition<T>(size, true, true, -1, 1);
  }
}

TEST_CASE("gemm: C is not read where beta is 0") {
  for (const Size& size : sizes) {
    const std::int64_t m = size.m, n = size.n, k = size.k;
    const std::vector<float> a(static_cast<std::size_t>(m * k), 1.0f),
        b(static_cast<std::size_t>(k * n), 1.0f);
    std::vector<float> c(static_cast<std::size_t>(m * n), std::numeric_limits<float>::quiet_NaN());
    gemm(DType::float32, m, n, k, 1, {a.data(), k}, {b.data(), n}, 0, c.data(), n);
    for (const float value : c) REQUIRE(value == static_cast<float>(k));
  }
}

TEST_CASE_TEMPLATE("gemm_sum: the products added one by one", T, float, double) {
  const std::vector<std::int64_t> depths = {128, 0, 3, 300};  // of the terms
  for (const Size& size : sizes) {
    const auto [m, n, unused] = size;
    for (const double beta : {0.0, 1.0}) {
      std::vector<std::vector<T>> matrices;
      std::vector<GemmTerm> terms;
      std::vector<T> c = whole_numbers<T>(m * n, 7), expected = c;
      for (const std::int64_t k : depths) {
        const int seed = static_cast<int>(matrices.size());
        const T* a = matrices.emplace_back(whole_numbers<T>(k * m + 1, seed)).data();
        const T* b = matrices.emplace_back(whole_numbers<T>(k * n + 1, seed + 1)).data();
        terms.push_back({k, {a, m, true}, {b, n}});
        gemm(dtype_of<T>(), m, n, k, 1, terms.back().a, terms.back().b, terms.size() == 1 ? beta : 1,
             expected.data(), n);
      }
      gemm_sum(dtype_of<T>(), m, n, terms, beta, c.data(), n);
      CHECK(c == expected);
    }
  }
}

TEST_CASE("gemm: the same bits on one thread and several") {
  for (const Size& size : sizes) {
    const std::int64_t m = size.m, n = size.n, k = size.k;
    std::vector<float> a = whole_numbers<float>(m * k, 4), b = whole_numbers<float>(k * n, 5);
    for (float& value : a) value = std::sin(value * 1.7f + 0.1f);
    for (float& value : b) value = std::cos(value * 0.7f);
    std::vector<float> results[2];
    for (const int threads : {1, 2}) {
      const test::ThreadsScope scope(threads);
      std::vector<float>& c = results[threads - 1];
      c.assign(static_cast<std::size_t>(m * n), 0.5f);
      gemm(DType::float32, m, n, k, 1, {a.data(), k}, {b.data(), n}, 1, c.data(), n);
    }
    CHECK(std::memcmp(results[0].data(), results[1].data(), results[0].size() * sizeof(float)) == 0);
  }
}

TEST_CASE("gemm_bias: the bias is added to every row") {
  for (const Size& size : sizes) {
    const std::int64_t m = size.m, n = size.n, k = size.k;
    const std::vector<double> a(static_cast<std::size_t>(m * k), 2.0),
        b(static_cast<std::size_t>(n * k), 3.0);
    const std::vector<double> bias = whole_numbers<double>(n, 6);
    std::vector<double> c(static_cast<std::size_t>(m * n), std::numeric_limits<double>::quiet_NaN());
    gemm_bias(DType::float64, m, n, k, {a.data(), k}, {b.data(), k, true}, bias.data(), c.data(), n);
    for (std::size_t i = 0; i < c.size(); ++i) {
      REQUIRE(c[i] == 6.0 * static_cast<double>(k) + bias[i % static_cast<std::size_t>(n)]);
    }
  }
}

TEST_CASE("gemm_batched: strides between matrices, stride 0 repeats one") {
  // batch (2, 3) of (1, 2) times (2, 1): A differs along both axes, B along the second alone.
  const std::vector<double> a = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
  const std::vector<double> b = {1, 10, 2, 20, 3, 30};
  std::vector<double> c(6, -1);
  gemm_batched(DType::float64, {2, 3}, 1, 1, 2, 1, {a.data(), 2}, {6, 2}, {b.data(), 1}, {0, 2}, 0, c.data(),
               1, {3, 1});
  CHECK(c == std::vector<double>{21, 86, 195, 87, 218, 393});
}

TEST_CASE("gemm: sizes that BLAS cannot count throw") {
  float value = 1;
  const std::int64_t huge = std::int64_t{1} << 31;
  CHECK_THROWS_WITH_AS(gemm(DType::float32, 1, 1, huge, 1, {&value, huge}, {&value, 1}, 0, &value, 1),
                       doctest::Contains("2147483648"), Error);
  CHECK_THROWS_WITH_AS(gemm(DType::boolean, 1, 1, 1, 1, {&value, 1}, {&value, 1}, 0, &value, 1),
                       doctest::Contains("bool"), Error);
}

TEST_CASE("prepare_blas: leaves the environment as it was") {
  const char* before = std::getenv("OPENBLAS_CORETYPE");
  const std::string value = before ? before : "(unset)";
  prepare_blas();
  const char* after = std::getenv("OPENBLAS_CORETYPE");
  CHECK(value == (after ? after : "(unset)"));
}

TEST_CASE("about: says what is in use") {
  const std::string report = about();
  for (const char* part : {"Gradus", version(), "compiler", "instruction set", "threads", "BLAS", "memory"}) {
    CHECK(report.find(part) != std::string::npos);
  }
}
