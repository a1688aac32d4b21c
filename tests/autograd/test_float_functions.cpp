// float32 functions of the project's own: how close they come, and what they make of infinities and NaN, on
// every instruction set.
#include <gradus/autograd/activation.h>
#include <gradus/autograd/normalize.h>
#include <gradus/autograd/pointwise.h>
#include <gradus/autograd/reduce.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/kernels/dispatch.h>
#include <gradus/tests/settings.h>

#include <doctest/doctest.h>

#include <bit>
#include <cmath>
#include <limits>

using namespace gradus;

namespace {

constexpr float infinity = std::numeric_limits<float>::infinity();
const float not_a_number = std::numeric_limits<float>::quiet_NaN();

/// Floats of every size and sign, infinities and NaN among them.
std::vector<float> floats_of_every_size() {
  std::vector<float> values{0.0f, -0.0f, infinity, -infinity, not_a_number};
  for (std::uint64_t bits = 0; bits < std::uint64_t{1} << 32; bits += 100'003) {
    values.push_back(std::bit_cast<float>(static_cast<std::uint32_t>(bits)));
  }
  for (int i = -110'000; i <= 95'000; i += 7) values.push_back(static_cast<float>(i) * 1e-3f);
  return values;
}

/// The greatest error in units in the last place; infinite where one is NaN or infinite and the other is not.
double worst_error(const std::vector<float>& x, const std::vector<float>& y, double (*exact)(double)) {
  double worst = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    const double wanted = exact(x[i]);
    const float nearest = static_cast<float>(wanted);
    if (y[i] == nearest || (std::isnan(wanted) && std::isnan(y[i]))) continue;
    if (!std::isfinite(y[i]) || !std::isfinite(nearest)) return HUGE_VAL;
    const float size = std::fmax(std::fabs(nearest), std::numeric_limits<float>::min());
    const double unit = std::ldexp(1.0, std::ilogb(size) - 23);
    worst = std::fmax(worst, std::fabs(y[i] - wanted) / unit);
  }
  return worst;
}

bool same(const Tensor& a, const std::vector<float>& b) {
  const std::vector<float> values = a.to_vector<float>();
  bool equal = values.size() == b.size();
  for (std::size_t i = 0; equal && i < b.size(); ++i) {
    equal = values[i] == b[i] || (std::isnan(values[i]) && std::isnan(b[i]));
  }
  return equal;
}

}  // namespace

TEST_CASE("float functions: exp and tanh come within two units in the last place") {
  const std::vector<float> x = floats_of_every_size();
  test::on_every_instruction_set([&] {
    CHECK(worst_error(x, exp(tensor(x)).to_vector<float>(), [](double v) { return std::exp(v); }) < 1.1);
    CHECK(worst_error(x, tanh(tensor(x)).to_vector<float>(), [](double v) { return std::tanh(v); }) < 1.4);
  });
  CHECK(std::signbit(tanh(tensor({-0.0f})).item<float>()));
}

TEST_CASE("float functions: softmax and the logarithm of a sum of rows with infinities and NaN") {
  test::on_every_instruction_set([] {
    const auto row = [](std::initializer_list<float> values) { return tensor(std::vector<float>(values)); };
    CHECK(same(logsumexp(row({1, infinity, 100, -infinity}), {0}), {infinity}));
    CHECK(same(logsumexp(row({infinity, 88.5f}), {0}), {infinity}));
    CHECK(same(logsumexp(row({-infinity, -infinity}), {0}), {-infinity}));
    CHECK(same(logsumexp(row({1, not_a_number, infinity}), {0}), {not_a_number}));
    CHECK(same(softmax(row({0, -infinity, 0}), 0), {0.5f, 0, 0.5f}));
    CHECK(same(softmax(row({0, -1e30f, -200}), 0), {1, 0, 0}));
    CHECK(same(softmax(row({infinity, 0}), 0), {not_a_number, not_a_number}));
    CHECK(same(softmax(row({0, not_a_number}), 0), {not_a_number, not_a_number}));
    CHECK(same(log_softmax(row({infinity, 0}), 0), {not_a_number, -infinity}));
    CHECK(same(log_softmax(row({0, -infinity}), 0), {0, -infinity}));
  });
}
