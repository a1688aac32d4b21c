#include <gradus/optim/clip.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/parallel.h>
#include <gradus/tests/settings.h>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <vector>

using namespace gradus;
using optim::clip_grad_norm_;
using optim::clip_grad_value_;

namespace {

constexpr double infinity = std::numeric_limits<double>::infinity();

std::vector<Tensor> with_gradients(const std::vector<Tensor>& gradients) {
  std::vector<Tensor> parameters;
  for (const Tensor& gradient : gradients) {
    Tensor p = zeros_like(gradient);
    p.requires_grad_();
    p.set_grad(gradient);
    parameters.push_back(p);
  }
  return parameters;
}

}  // namespace

TEST_CASE("the norm of all gradients together, and the gradients scaled to it") {
  // 3, 4 and 12: a vector of length 13.
  const std::vector<Tensor> p = with_gradients({tensor({3, -4}), tensor({{12.0}})});
  CHECK(clip_grad_norm_(p, 20) == doctest::Approx(13));
  CHECK(p[0].grad().to_vector<double>() == std::vector<double>{3, -4});
  CHECK(clip_grad_norm_(p, 1.3) == doctest::Approx(13));
  CHECK(p[0].grad().to_vector<double>()[1] == doctest::Approx(-0.4));
  CHECK(p[1].grad().to_vector<double>()[0] == doctest::Approx(1.2));
}

TEST_CASE("other norms") {
  const std::vector<Tensor> p = with_gradients({tensor({3, -4}), tensor({12}, DType::float64)});
  CHECK(clip_grad_norm_(p, 1000, 1) == doctest::Approx(19));
  CHECK(clip_grad_norm_(p, 1000, 3) == doctest::Approx(std::cbrt(27.0 + 64 + 1728)));
  CHECK(clip_grad_norm_(p, 6, infinity) == doctest::Approx(12));
  CHECK(p[0].grad().to_vector<double>()[1] == doctest::Approx(-2));
  CHECK(p[1].grad().to_vector<double>()[0] == doctest::Approx(6));
}

TEST_CASE("squares that underflow or overflow float32 do not") {
  const std::vector<Tensor> tiny = with_gradients({full({4}, 1e-25)}),
                            huge = with_gradients({full({4}, 1e25)});
  CHECK(clip_grad_norm_(tiny, 1) == doctest::Approx(2e-25).epsilon(1e-6).scale(0));
  CHECK(clip_grad_norm_(huge, 1) == doctest::Approx(2e25).epsilon(1e-6));
  CHECK(huge[0].grad().to_vector<double>()[0] == doctest::Approx(0.5));
}

TEST_CASE("parameters without gradients are skipped; nothing has the norm 0") {
  std::vector<Tensor> p = with_gradients({tensor({3, 4})});
  p.push_back(zeros({5}).requires_grad_());
  p.push_back(Tensor());
  CHECK(clip_grad_norm_(p, 1) == doctest::Approx(5));
  CHECK(clip_grad_norm_(std::vector<Tensor>(), 1) == 0);
}

TEST_CASE("a NaN is reported, whatever the norm") {
  for (double norm_type : {1.0, 2.0, 2.5, infinity}) {
    const std::vector<Tensor> p = with_gradients({tensor({1, 2}), full({40}, std::nan("")), tensor({9})});
    CHECK(std::isnan(clip_grad_norm_(p, 1, norm_type)));
  }
}

TEST_CASE("the norm is the same bit for bit on any number of threads") {
  std::vector<double> norms;
  for (int count : {1, 2}) {
    const test::ThreadsScope scope(count);
    norms.push_back(
        clip_grad_norm_(with_gradients({arange(0, 100001, 1, DType::float32), ones({33})}), 1e-3));
  }
  CHECK(norms[0] == norms[1]);
  // the sum of squares up to n is n (n + 1) (2n + 1) / 6
  CHECK(norms[0] == doctest::Approx(std::sqrt(100000.0 * 100001.0 * 200001.0 / 6 + 33)).epsilon(1e-12));
}

TEST_CASE("gradients of any layout") {
  std::vector<Tensor> p = {zeros({2, 3})};
  p[0].requires_grad_();
  p[0].set_grad(tensor({{3, 0}, {0, 4}, {0, 0}}).t());
  CHECK(clip_grad_norm_(p, 2.5) == doctest::Approx(5));
  CHECK(p[0].grad().to_vector<double>()[0] == doctest::Approx(1.5));
}

TEST_CASE("clipping by value") {
  const std::vector<Tensor> p = with_gradients({tensor({-3, -0.5, 0.25, 7}), tensor({2}, DType::float64)});
  clip_grad_value_(p, 0.5);
  CHECK(p[0].grad().to_vector<double>() == std::vector<double>{-0.5, -0.5, 0.25, 0.5});
  CHECK(p[1].grad().to_vector<double>() == std::vector<double>{0.5});
}

TEST_CASE("impossible bounds throw") {
  const std::vector<Tensor> p = with_gradients({tensor({3, 4})});
  CHECK_THROWS_AS(clip_grad_norm_(p, -1), Error);
  CHECK_THROWS_AS(clip_grad_norm_(p, std::nan("")), Error);
  CHECK_THROWS_AS(clip_grad_norm_(p, 1, 0), Error);
  CHECK_THROWS_AS(clip_grad_value_(p, -1), Error);
  CHECK(p[0].grad().to_vector<double>() == std::vector<double>{3, 4});
}
