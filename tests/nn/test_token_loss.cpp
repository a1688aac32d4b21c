#include <gradus/gradus.h>

#include <doctest/doctest.h>

#include <cmath>

using namespace gradus;

TEST_CASE("linear_cross_entropy equals projection and cross entropy, with both derivatives") {
  manual_seed(11);
  const std::vector<Tensor> inputs{randn({6, 3}, DType::float64).requires_grad_(),
                                   randn({5, 3}, DType::float64).requires_grad_(),
                                   randn({5}, DType::float64).requires_grad_()};
  const Tensor target = tensor({1, 4, 0, 2, 0, 3}, DType::int64);
  const TokenLossOptions options{.ignore_index = 0, .label_smoothing = 0.1, .confidence_penalty = 0.2};
  const TokenLoss fused = linear_cross_entropy(inputs[0], inputs[1], inputs[2], target, options);
  CHECK(fused.loss.item() ==
        doctest::Approx(
            composed::linear_cross_entropy(inputs[0], inputs[1], inputs[2], target, options).item()));
  CHECK(fused.count == 4);
  const Tensor plain = cross_entropy(linear(inputs[0], inputs[1], inputs[2]), target,
                                     {.ignore_index = 0, .reduction = Reduction::sum});
  CHECK(fused.nll_sum == doctest::Approx(plain.item()));
  const auto function = [&](std::span<const Tensor> x) {
    return linear_cross_entropy(x[0], x[1], x[2], target, options).loss;
  };
  const GradcheckResult first = gradcheck(function, inputs), second = gradgradcheck(function, inputs);
  CHECK_MESSAGE(first, first.text);
  CHECK_MESSAGE(second, second.text);
}

TEST_CASE("a penalty on confidence takes off the entropy of what is predicted") {
  // The features are the logits: the weight is the unit matrix. The targets have p = 0.25 and 0.5.
  const Tensor hidden = tensor({{0.0, std::log(3.0)}, {9.0, 9.0}, {5.0, 1.0}}, DType::float64),
               weight = eye(2, 2, DType::float64), target = tensor({0, 1, 7}, DType::int64);
  const double nll = (std::log(4.0) + std::log(2.0)) / 2,
               entropy = (0.25 * std::log(4.0) + 0.75 * std::log(4.0 / 3) + std::log(2.0)) / 2;
  const TokenLoss found =
      linear_cross_entropy(hidden, weight, {}, target, {.ignore_index = 7, .confidence_penalty = 0.3});
  CHECK(found.loss.item() == doctest::Approx(nll - 0.3 * entropy).epsilon(1e-12));
  CHECK(found.nll_sum == doctest::Approx(2 * nll).epsilon(1e-12));

  // A word that cannot come adds nothing, and neither does what is certain.
  const Tensor certain = tensor({{0.0, -INFINITY}}, DType::float64).requires_grad_();
  const TokenLoss sure = linear_cross_entropy(tensor({{1.0}}, DType::float64), certain.t(), {},
                                              tensor({0}, DType::int64), {.confidence_penalty = 0.3});
  CHECK(sure.loss.item() == 0);
  sure.loss.backward();
  CHECK(max(abs(certain.grad())).item() == 0);

  CHECK_THROWS_WITH_AS(linear_cross_entropy(hidden, weight, {}, target, {.confidence_penalty = -1}),
                       doctest::Contains("confidence_penalty must be a number from 0 on, got -1"), Error);
}

TEST_CASE("linear_cross_entropy over several blocks of rows, and over nothing") {
  manual_seed(12);
  const Tensor hidden = randn({300, 4}), weight = randn({90000, 4});
  const Tensor target = randint(0, 90000, {300});
  const TokenLoss fused = linear_cross_entropy(hidden, weight, {}, target);
  CHECK(fused.loss.item() ==
        doctest::Approx(cross_entropy(linear(hidden, weight), target).item()).epsilon(1e-5));
  CHECK(
      std::isnan(linear_cross_entropy(hidden.slice(0, 0, 0), weight, {}, target.slice(0, 0, 0)).loss.item()));
  CHECK_THROWS_WITH_AS(linear_cross_entropy(hidden, weight, {}, full({300}, 90000, DType::int64)),
                       doctest::Contains("90000"), Error);
}
