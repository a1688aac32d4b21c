// The walk over elements: all layouts, merged axes, tiles, conversions.
#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/pointwise.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/elementwise.h>
#include <gradus/tensor/parallel.h>
#include <gradus/tests/settings.h>

#include <doctest/doctest.h>

#include <cmath>

using namespace gradus;

TEST_CASE("elementwise: sums of many sizes, also such that no vector is full") {
  for (std::int64_t n = 0; n < 70; ++n) {
    const Tensor a = arange(0, n, 1, DType::float32), b = a * 2;
    const std::vector<double> c = (a + b).to_vector<double>();
    for (std::int64_t i = 0; i < n; ++i)
      CHECK(c[static_cast<std::size_t>(i)] == 3.0 * static_cast<double>(i));
  }
}

TEST_CASE("elementwise: operands of any strides") {
  const Tensor base = arange(0, 120, 1, DType::float64).reshape({4, 5, 6});
  const Tensor views[] = {base, base.permute({0, 2, 1}).contiguous().permute({0, 2, 1}),
                          base.permute({2, 1, 0}).contiguous().permute({2, 1, 0})};
  const std::vector<double> expected = (base * base).to_vector<double>();
  for (const Tensor& a : views) {
    for (const Tensor& b : views) CHECK((a * b).to_vector<double>() == expected);
  }
  const Tensor every_other =
      arange(0, 240, 1, DType::float64).reshape({4, 5, 12}).slice(2, 0, end_of_axis, 2);
  CHECK((every_other - base * 2).to_vector<double>() == std::vector<double>(120, 0.0));
}

TEST_CASE("elementwise: copies that turn matrices around, of all sizes and dtypes") {
  const Shape shapes[] = {{1, 1, 1},    {2, 3, 5},     {3, 4, 4}, {1, 31, 33},
                          {1, 67, 130}, {2, 129, 257}, {3, 0, 4}};
  for (const DType dtype : {DType::float32, DType::float64, DType::int64, DType::boolean}) {
    for (const Shape& shape : shapes) {
      const std::int64_t depth = shape[0], rows = shape[1], columns = shape[2];
      const Tensor x = (arange(0, depth * rows * columns, 1, DType::int64) * 5).reshape(shape);
      const Tensor typed = dtype == DType::boolean ? x.to(DType::float32) > 40 : x.to(dtype);
      const Tensor turned = typed.permute({0, 2, 1}).contiguous(),
                   reversed = typed.permute({2, 1, 0}).contiguous();
      Tensor written = zeros({depth, columns, rows}, dtype);  // y lies along another axis than x here
      written.permute({0, 2, 1}).copy_(typed);
      const auto value = [&](std::int64_t i, std::int64_t j, std::int64_t k) {
        const double number = 5.0 * static_cast<double>((i * rows + j) * columns + k);
        return dtype == DType::boolean ? static_cast<double>(number > 40) : number;
      };
      std::vector<double> in_turn, backwards;
      for (std::int64_t i = 0; i < depth; ++i) {
        for (std::int64_t k = 0; k < columns; ++k) {
          for (std::int64_t j = 0; j < rows; ++j) in_turn.push_back(value(i, j, k));
        }
      }
      for (std::int64_t k = 0; k < columns; ++k) {
        for (std::int64_t j = 0; j < rows; ++j) {
          for (std::int64_t i = 0; i < depth; ++i) backwards.push_back(value(i, j, k));
        }
      }
      CHECK(turned.to(DType::float64).to_vector<double>() == in_turn);
      CHECK(written.to(DType::float64).to_vector<double>() == in_turn);
      CHECK(reversed.to(DType::float64).to_vector<double>() == backwards);
    }
  }
}

TEST_CASE("elementwise: broadcasting over eight axes") {
  const Tensor a = arange(0, 16, 1, DType::float64).reshape({2, 1, 2, 1, 2, 1, 2, 1});
  const Tensor b = arange(0, 16, 1, DType::float64).reshape({1, 2, 1, 2, 1, 2, 1, 2});
  const Tensor y = a * 16 + b;
  CHECK(y.shape() == Shape{2, 2, 2, 2, 2, 2, 2, 2});
  const auto at = y.accessor<double, 8>();
  CHECK(at(1, 0, 1, 1, 0, 0, 1, 1) == (8 + 4 + 1) * 16 + (4 + 1));
}

TEST_CASE("elementwise: the same bits on one thread and on all") {
  const Tensor x = linspace(-4, 4, 300'001);
  const Tensor many = exp(x) * x;
  const test::ThreadsScope scope(1);
  const Tensor single = exp(x) * x;
  CHECK(many.to_vector<float>() == single.to_vector<float>());
}

TEST_CASE("elementwise: special values") {
  constexpr double infinity = HUGE_VAL;
  const Tensor x = tensor({0, -0.0, infinity, -infinity, NAN, 1e-300, -1e300}, DType::float64);
  CHECK(exp(x).to_vector<double>()[2] == infinity);
  CHECK(exp(x).to_vector<double>()[3] == 0);
  CHECK(std::isnan(exp(x).to_vector<double>()[4]));
  CHECK(log(x).to_vector<double>()[0] == -infinity);
  CHECK(std::isnan(log(x).to_vector<double>()[3]));
  CHECK(std::isnan(maximum(x, tensor(0.0, DType::float64)).to_vector<double>()[4]));
  CHECK(std::isnan(minimum(tensor(0.0, DType::float64), x).to_vector<double>()[4]));
  CHECK(std::signbit(neg(x).to_vector<double>()[0]));
  CHECK(isnan(x).to_vector<bool>() == std::vector<bool>{false, false, false, false, true, false, false});
  CHECK(isfinite(x).to_vector<bool>() == std::vector<bool>{true, true, false, false, false, true, true});
  CHECK(eq(x, x).to_vector<bool>()[4] == false);
}

TEST_CASE("elementwise: integers wrap and divide truly") {
  const Tensor a = tensor(std::vector<std::int64_t>{7, -7, 0});
  CHECK((a / 2).to_vector<double>() == std::vector<double>{3.5, -3.5, 0});
  CHECK((a * a).to_vector<std::int64_t>() == std::vector<std::int64_t>{49, 49, 0});
  CHECK(clamp(a, -1, 5).to_vector<std::int64_t>() == std::vector<std::int64_t>{5, -1, 0});
}

TEST_CASE("elementwise: functions within a few units of the last place, over their range") {
  const Tensor x = linspace(-30, 30, 4001, DType::float64),
               positive = linspace(1e-3, 50, 4001, DType::float64);
  const auto check = [](const Tensor& got, const Tensor& at, double (*expected)(double), double tolerance) {
    const std::vector<double> g = got.to_vector<double>(), a = at.to_vector<double>();
    double worst = 0;
    for (std::size_t i = 0; i < a.size(); ++i) {
      const double e = expected(a[i]);
      if (g[i] != e) worst = std::fmax(worst, std::fabs(g[i] - e) / std::fmax(std::fabs(e), 1e-300));
    }
    CHECK(worst <= tolerance);
  };
  check(exp(x), x, std::exp, 1e-15);
  check(log(positive), positive, std::log, 1e-14);
  check(erf(x), x, std::erf, 1e-14);
  check(expm1(x), x, std::expm1, 1e-14);
  const Tensor single = x.to(DType::float32);
  check(exp(single), single, std::exp, 3e-7);
  check(log(positive.to(DType::float32)), positive.to(DType::float32), std::log, 2e-6);
}
