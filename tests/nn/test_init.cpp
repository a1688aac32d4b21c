#include <gradus/nn/init.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/random.h>

#include <doctest/doctest.h>

#include <algorithm>
#include <cmath>
#include <vector>

using namespace gradus;
namespace init = gradus::nn::init;

namespace {

struct Moments {
  double mean = 0, deviation = 0, largest = 0;
};
Moments moments_of(const Tensor& tensor) {
  const std::vector<double> values = tensor.to_vector<double>();
  Moments m;
  for (double v : values) m.mean += v / static_cast<double>(values.size());
  for (double v : values) m.deviation += (v - m.mean) * (v - m.mean) / static_cast<double>(values.size());
  m.deviation = std::sqrt(m.deviation);
  for (double v : values) m.largest = std::max(m.largest, std::fabs(v));
  return m;
}

/// All in +-bound, nearly up to it, with the deviation of that uniform distribution. 20,000 numbers: the
/// deviation's own error is about 0.5 %.
void check_uniform(const Tensor& tensor, double bound) {
  const Moments m = moments_of(tensor);
  CHECK(m.largest <= bound);
  CHECK(m.largest > 0.99 * bound);
  CHECK(m.deviation == doctest::Approx(bound / std::sqrt(3.0)).epsilon(0.03));
}
void check_normal(const Tensor& tensor, double deviation) {
  const Moments m = moments_of(tensor);
  CHECK(m.deviation == doctest::Approx(deviation).epsilon(0.03));
  CHECK(std::fabs(m.mean) < 0.05 * deviation);
  CHECK(m.largest > 3 * deviation);  // a uniform distribution ends at 1.73
}

}  // namespace

TEST_CASE("fans") {
  CHECK(init::fans(zeros({3, 5})).in == 5);
  CHECK(init::fans(zeros({3, 5})).out == 3);
  CHECK(init::fans(zeros({3, 5, 2, 4})).in == 40);
  CHECK(init::fans(zeros({3, 5, 2, 4})).out == 24);
  CHECK_THROWS_AS(init::fans(zeros({3})), Error);
}

TEST_CASE("gains") {
  using init::Nonlinearity;
  CHECK(init::calculate_gain(Nonlinearity::linear) == 1);
  CHECK(init::calculate_gain(Nonlinearity::sigmoid) == 1);
  CHECK(init::calculate_gain(Nonlinearity::tanh) == doctest::Approx(1.6666666667));
  CHECK(init::calculate_gain(Nonlinearity::relu) == doctest::Approx(1.4142135624));
  CHECK(init::calculate_gain(Nonlinearity::leaky_relu) == doctest::Approx(1.4141428570));
  CHECK(init::calculate_gain(Nonlinearity::leaky_relu, 1) == 1);
  CHECK(init::calculate_gain(Nonlinearity::selu) == 0.75);
}

TEST_CASE("constants") {
  Tensor x = zeros({3});
  init::constant_(x, 2.5);
  CHECK(x.to_vector<double>() == std::vector<double>(3, 2.5));
  init::ones_(x);
  CHECK(x.to_vector<double>() == std::vector<double>(3, 1));
  init::zeros_(x);
  CHECK(x.to_vector<double>() == std::vector<double>(3, 0));
}

TEST_CASE("distributions have their bounds and deviations") {
  manual_seed(1);
  Tensor x = zeros({100, 200});
  init::uniform_(x, -0.5, 0.5);
  check_uniform(x, 0.5);
  init::normal_(x, 0, 2);
  check_normal(x, 2);
  init::xavier_uniform_(x);
  check_uniform(x, std::sqrt(6.0 / 300));
  init::xavier_normal_(x, 3);
  check_normal(x, 3 * std::sqrt(2.0 / 300));
  init::kaiming_uniform_(x);
  check_uniform(x, std::sqrt(6.0 / 200));
  init::kaiming_uniform_(x, {.a = std::sqrt(5.0)});
  check_uniform(x, 1 / std::sqrt(200.0));
  init::kaiming_normal_(x, {.mode = init::FanMode::fan_out, .nonlinearity = init::Nonlinearity::relu});
  check_normal(x, std::sqrt(2.0 / 100));
}

TEST_CASE("writing the start of a parameter is not recorded") {
  Tensor x = zeros({4, 4});
  x.requires_grad_();
  init::xavier_uniform_(x);
  init::orthogonal_(x);
  CHECK(x.is_leaf());
  CHECK(x.requires_grad());
}

TEST_CASE("orthogonal rows or columns") {
  manual_seed(2);
  for (const Shape& shape : {Shape{4, 4}, Shape{3, 7}, Shape{7, 3}, Shape{4, 2, 3}}) {
    Tensor x = zeros(shape, DType::float64);
    init::orthogonal_(x, 2);
    const auto rows = shape[0], columns = x.numel() / shape[0];
    const std::vector<double> v = x.to_vector<double>();
    const bool wide = rows <= columns;
    const auto count = wide ? rows : columns, length = wide ? columns : rows;
    const auto at = [&](std::int64_t vector, std::int64_t i) {
      return v[static_cast<std::size_t>(wide ? vector * columns + i : i * columns + vector)];
    };
    for (std::int64_t a = 0; a < count; ++a) {
      for (std::int64_t b = 0; b < count; ++b) {
        double product = 0;
        for (std::int64_t i = 0; i < length; ++i) product += at(a, i) * at(b, i);
        CHECK(product == doctest::Approx(a == b ? 4.0 : 0.0).epsilon(1e-12));
      }
    }
  }
  Tensor vector = zeros({3});
  CHECK_THROWS_AS(init::orthogonal_(vector), Error);
}

TEST_CASE("the same seed gives the same start") {
  Tensor a = zeros({5, 6}), b = zeros({5, 6});
  manual_seed(7);
  init::xavier_normal_(a);
  manual_seed(7);
  init::xavier_normal_(b);
  CHECK(a.to_vector<double>() == b.to_vector<double>());
}
