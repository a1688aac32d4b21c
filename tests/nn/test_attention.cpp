#include <gradus/gradus.h>

#include <doctest/doctest.h>

#include <cmath>

using namespace gradus;

namespace {

double largest_difference(const Tensor& a, const Tensor& b) { return max(abs(a - b)).item(); }

}  // namespace

TEST_CASE("dot attention of one query over two keys, by hand") {
  // Scores 4 and 1: weights 1 / (1 + e^-3) and the rest.
  const Tensor query = tensor({{{1, 2}}}), keys = tensor({{{2, 1}, {1, 0}}}), values = tensor({{{1, 1}, {2, 0}}});
  const nn::Attention attention(nn::Score::dot, 2, 2);
  const nn::AttentionOutput seen = attention.attend(query, keys, values);
  CHECK(seen.weights[{0, 0, 0}].item() == doctest::Approx(0.952574));
  CHECK(seen.weights[{0, 0, 1}].item() == doctest::Approx(0.047426));
  CHECK(seen.context[{0, 0, 0}].item() == doctest::Approx(1.047426));
  CHECK(seen.context[{0, 0, 1}].item() == doctest::Approx(0.952574));
  const nn::Attention scaled(nn::Score::scaled_dot, 2, 2);
  CHECK(scaled.attend(query, keys, values).weights[{0, 0, 0}].item() == doctest::Approx(0.892958));
}

TEST_CASE("every score gives weights that sum to one and no weight to masked keys") {
  manual_seed(7);
  const Tensor query = randn({2, 3, 4}), keys = randn({2, 5, 4});
  const Tensor mask = padding_mask(tensor({5, 2}, DType::int64), 5);
  for (const nn::Score score : {nn::Score::dot, nn::Score::scaled_dot, nn::Score::general, nn::Score::additive}) {
    CAPTURE(nn::name_of(score));
    const nn::Attention attention(score, 4, 4);
    const nn::AttentionOutput seen = attention(query, keys, mask);
    CHECK(seen.context.shape() == Shape{2, 3, 4});
    CHECK(largest_difference(sum(seen.weights, {2}), ones({2, 3})) < 1e-6);
    CHECK(max(abs(seen.weights[{1, all, range(2)}])).item() == 0);
    CHECK(nn::score_named(nn::name_of(score)) == score);
  }
}

TEST_CASE("a row whose keys are all masked gives zeros, forward and backward") {
  manual_seed(8);
  const nn::Attention attention(nn::Score::additive, 3, 3);
  Tensor keys = randn({2, 4, 3}).requires_grad_();
  const Tensor mask = tensor({{0, 0, 0, 0}, {1, 1, 1, 1}}, DType::boolean);
  const nn::AttentionOutput seen = attention(randn({2, 1, 3}), keys, mask);
  CHECK(max(abs(seen.context[1])).item() == 0);
  sum(seen.context).backward();
  CHECK(all_of(isfinite(keys.grad())).item<bool>());
  CHECK(max(abs(keys.grad()[1])).item() == 0);
}

TEST_CASE("additive scores equal v . tanh(q + k), with both derivatives") {
  manual_seed(9);
  const std::vector<Tensor> inputs{randn({2, 3, 4}, DType::float64).requires_grad_(),
                                   randn({2, 5, 4}, DType::float64).requires_grad_(),
                                   randn({4}, DType::float64).requires_grad_()};
  CHECK(largest_difference(additive_scores(inputs[0], inputs[1], inputs[2]),
                           composed::additive_scores(inputs[0], inputs[1], inputs[2])) < 1e-12);
  const auto function = [](std::span<const Tensor> x) { return additive_scores(x[0], x[1], x[2]); };
  const GradcheckResult first = gradcheck(function, inputs), second = gradgradcheck(function, inputs);
  CHECK_MESSAGE(first, first.text);
  CHECK_MESSAGE(second, second.text);
}

TEST_CASE("attention refuses what does not fit") {
  CHECK_THROWS_WITH_AS(nn::Attention(nn::Score::dot, 3, 4), doctest::Contains("general"), Error);
  const nn::Attention attention(nn::Score::general, 3, 4);
  CHECK_THROWS_WITH_AS(attention(zeros({2, 3}), zeros({2, 5, 4})), doctest::Contains("(2, 3)"), Error);
  CHECK_THROWS_WITH_AS(attention(zeros({2, 1, 3}), zeros({2, 5, 4}), zeros({2, 4}, DType::boolean)),
                       doctest::Contains("(2, 5)"), Error);
  CHECK_THROWS_WITH_AS(nn::score_named("cosine"), doctest::Contains("cosine"), Error);
}
