// Products on matrix tiles, where the processor has them: as accurate as float32 arithmetic, also where
// numbers are large, infinite or NaN.
#include <gradus/tensor/blas.h>
#include <gradus/tensor/kernels/dispatch.h>
#include <gradus/tensor/parallel.h>
#include <gradus/tests/settings.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <random>
#include <vector>

using namespace gradus;

namespace {

struct Case {
  std::int64_t m, n, k;
  bool a_transposed, b_transposed;
};

// Whole blocks, edges on each side, k in several pieces, and k so long that it is cut into chunks.
const std::vector<Case> cases = {{64, 64, 128, false, true},   {100, 77, 90, false, false},
                                 {129, 200, 33, true, true},   {70, 1100, 600, false, true},
                                 {600, 70, 1100, true, false}, {96, 64, 5000, true, false}};

std::vector<float> normal_numbers(std::int64_t count, unsigned seed) {
  std::mt19937 generator(seed);
  std::normal_distribution<float> distribution;
  std::vector<float> numbers(static_cast<std::size_t>(count));
  for (float& x : numbers) x = distribution(generator);
  return numbers;
}

std::vector<float> product(const Case& size, const std::vector<float>& a, const std::vector<float>& b,
                           double beta = 0, std::vector<float> c = {}) {
  c.resize(static_cast<std::size_t>(size.m * size.n));
  gemm(DType::float32, size.m, size.n, size.k, 1,
       {a.data(), size.a_transposed ? size.m : size.k, size.a_transposed},
       {b.data(), size.b_transposed ? size.k : size.n, size.b_transposed}, beta, c.data(), size.n);
  return c;
}

float at(const std::vector<float>& x, std::int64_t i, std::int64_t j, std::int64_t rows, std::int64_t columns,
         bool transposed) {
  return x[static_cast<std::size_t>(transposed ? j * rows + i : i * columns + j)];
}

/// The largest error of an element, as a share of the sum of its products' sizes.
double largest_error(const Case& size, const std::vector<float>& a, const std::vector<float>& b,
                     const std::vector<float>& c) {
  double largest = 0;
  for (std::int64_t i = 0; i < size.m; i += 3) {
    for (std::int64_t j = 0; j < size.n; j += 3) {
      double sum = 0, sizes = 0;
      for (std::int64_t l = 0; l < size.k; ++l) {
        const double term = static_cast<double>(at(a, i, l, size.m, size.k, size.a_transposed)) *
                            static_cast<double>(at(b, l, j, size.k, size.n, size.b_transposed));
        sum += term, sizes += std::abs(term);
      }
      const double error = std::abs(static_cast<double>(c[static_cast<std::size_t>(i * size.n + j)]) - sum);
      largest = std::max(largest, error / sizes);
    }
  }
  return largest;
}

}  // namespace

TEST_CASE("tiles: every instruction set is as accurate as float32 arithmetic") {
  for (const Case& size : cases) {
    const std::vector<float> a = normal_numbers(size.m * size.k, 1), b = normal_numbers(size.k * size.n, 2);
    for (const InstructionSet set : all_instruction_sets) {
      if (!is_supported(set)) continue;
      CAPTURE(name_of(set));
      CAPTURE(size.k);
      const test::InstructionSetScope in_use(set);
      // A term's rounding is at most 2^-24 of it; sums in float32 add some of their own.
      CHECK(largest_error(size, a, b, product(size, a, b)) < 4 * std::ldexp(1.0, -24));
    }
  }
}

TEST_CASE("tiles: numbers of any size keep their digits") {
  // The tiles take each number apart: what one is multiplied by comes out whole.
  const std::int64_t n = 192;
  const Case size{n, n, n, false, false};
  std::vector<float> identity(static_cast<std::size_t>(n * n)), x = normal_numbers(n * n, 3);
  for (std::int64_t i = 0; i < n; ++i) identity[static_cast<std::size_t>(i * n + i)] = 1;
  for (std::size_t i = 0; i < x.size(); ++i) x[i] = std::ldexp(x[i], static_cast<int>(i % 200) - 85);
  CHECK(product(size, x, identity) == x);
  CHECK(product(size, identity, x) == x);
  x[5] = std::numeric_limits<float>::max();  // would round to infinity in bfloat16
  CHECK(product(size, x, identity) == x);
  CHECK(product(size, identity, x) == x);
}

TEST_CASE("tiles: the smallest numbers lose digits, but disturb nothing") {
  const std::int64_t n = 192;
  const Case size{n, n, n, false, false};
  std::vector<float> identity(static_cast<std::size_t>(n * n)), x = normal_numbers(n * n, 3);
  for (std::int64_t i = 0; i < n; ++i) identity[static_cast<std::size_t>(i * n + i)] = 1;
  for (std::size_t i = 0; i < x.size(); i += 2)
    x[i] = std::ldexp(x[i], -100 - static_cast<int>(i % 97) / 2);  // down to subnormal ones
  for (const bool left : {true, false}) {
    const std::vector<float> y = left ? product(size, x, identity) : product(size, identity, x);
    int wrong = 0;
    for (std::size_t i = 0; i < x.size(); ++i) wrong += !(std::abs(y[i] - x[i]) <= std::ldexp(1.0f, -125));
    CHECK(wrong == 0);
  }
}

TEST_CASE("tiles: infinities and NaN come out as from BLAS, and touch nothing else") {
  const float infinity = std::numeric_limits<float>::infinity(), nan = std::nanf("");
  const Case size{300, 90, 70, false, true};
  for (const bool in_a : {true, false}) {
    std::vector<float> a = normal_numbers(size.m * size.k, 4), b = normal_numbers(size.k * size.n, 5);
    std::vector<float>& spoilt = in_a ? a : b;
    spoilt[10] = infinity, spoilt[710] = -infinity, spoilt[1500] = nan;
    for (const double beta : {0.0, 1.0}) {
      std::vector<float> c = normal_numbers(size.m * size.n, 6);
      c[3] = -infinity;
      std::vector<std::vector<float>> results;
      for (const InstructionSet set : {InstructionSet::baseline, instruction_set()}) {
        const test::InstructionSetScope in_use(set);
        results.push_back(product(size, a, b, beta, c));
      }
      int different = 0;
      for (std::size_t i = 0; i < results[0].size(); ++i) {
        const float x = results[0][i], y = results[1][i];
        if (std::isnan(x) || std::isnan(y)) different += std::isnan(x) != std::isnan(y);
        else if (std::isinf(x) || std::isinf(y)) different += x != y;
        else different += std::abs(x - y) > 1e-4f;
      }
      CHECK(different == 0);
    }
  }
}

TEST_CASE("tiles: the same bits on one thread and on three") {
  const int before = num_threads();
  for (const Case& size : cases) {
    const std::vector<float> a = normal_numbers(size.m * size.k, 7), b = normal_numbers(size.k * size.n, 8);
    set_num_threads(1);
    const std::vector<float> one = product(size, a, b);
    set_num_threads(3);
    CHECK(product(size, a, b) == one);
  }
  set_num_threads(before);
}
