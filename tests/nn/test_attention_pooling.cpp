#include <gradus/gradus.h>

#include <doctest/doctest.h>

#include <cmath>

using namespace gradus;

namespace {

double largest_difference(const Tensor& a, const Tensor& b) { return max(abs(a - b)).item(); }

}  // namespace

TEST_CASE("attention pooling by hand") {
  const nn::AttentionPooling pooling(2);
  load_state_dict(pooling,
                  {{"hidden.weight", eye(2)}, {"hidden.bias", zeros({2})}, {"context", tensor({2, 0})}});
  const nn::PooledOutput y = pooling(tensor({{{1, 5}, {-1, 7}, {0, 9}}}));
  // Scores 2 tanh(1), -2 tanh(1) and 0.
  const double high = std::exp(2 * std::tanh(1.0)), low = 1 / high, total = high + low + 1;
  CHECK(y.weights[{0, 0}].item() == doctest::Approx(high / total));
  CHECK(y.context[{0, 0}].item() == doctest::Approx((high - low) / total));
  CHECK(y.context[{0, 1}].item() == doctest::Approx((5 * high + 7 * low + 9) / total));
}

TEST_CASE("attention pooling leaves padding out; a row of padding is zero with no gradient") {
  manual_seed(1);
  const nn::AttentionPooling pooling(3, 4);
  Tensor x = randn({3, 4, 3});
  const Tensor mask = tensor({{0, 0, 0, 0}, {0, 0, 1, 1}, {1, 1, 1, 1}}, DType::boolean);
  const nn::PooledOutput before = pooling(x, mask);
  x[{1, range(2)}] = 9.0;
  CHECK(largest_difference(pooling(x, mask).context, before.context) == 0);
  CHECK(largest_difference(before.context[1], pooling(x.slice(0, 1, 2).slice(1, 0, 2)).context[0]) < 1e-6);
  CHECK(max(abs(before.context[2])).item() == 0);
  x.requires_grad_();
  sum(square(pooling(x, mask).context)).backward();
  CHECK(max(abs(x.grad()[2])).item() == 0);
  CHECK(all_of(isfinite(x.grad())).item<bool>());
  CHECK_THROWS_WITH_AS(pooling(x, zeros({3, 3}, DType::boolean)), doctest::Contains("(3, 3)"), Error);
}

TEST_CASE("hierarchical attention: words weigh within their sentence, sentences within the document") {
  manual_seed(2);
  const nn::HierarchicalAttention model(10, 4, 3);
  const Tensor ids = tensor({{{4, 5, 6, 0}, {7, 8, 0, 0}, {0, 0, 0, 0}},
                             {{9, 3, 2, 1}, {0, 0, 0, 0}, {0, 0, 0, 0}},
                             {{0, 0, 0, 0}, {0, 0, 0, 0}, {0, 0, 0, 0}}},
                            DType::int64);
  const nn::HierarchicalOutput y = model(ids);
  CHECK(y.document.shape() == Shape{3, 6});
  CHECK(largest_difference(sum(y.word_weights, {2}), tensor({{1, 1, 0}, {1, 0, 0}, {0, 0, 0}})) < 1e-6);
  CHECK(largest_difference(sum(y.sentence_weights, {1}), tensor({1, 1, 0})) < 1e-6);
  CHECK(max(abs(y.word_weights[{0, 1, range(2)}])).item() == 0);
  CHECK(max(abs(y.document[2])).item() == 0);
  // More padding changes nothing: in words, and in sentences.
  const Tensor wider =
      cat({cat({ids, zeros({3, 3, 2}, DType::int64)}, 2), zeros({3, 2, 6}, DType::int64)}, 1);
  CHECK(largest_difference(model(wider).document, y.document) < 1e-6);
  // Padding in front of words and sentences has no weight, and what comes behind it is read.
  const Tensor gap = tensor({{{1, 2}, {0, 0}, {0, 4}}}, DType::int64),
               other = tensor({{{1, 2}, {0, 0}, {0, 5}}}, DType::int64);
  CHECK(model(gap).sentence_weights[{0, 1}].item() == 0);
  CHECK(model(gap).word_weights[{0, 2, 0}].item() == 0);
  CHECK(largest_difference(model(gap).document, model(other).document) > 1e-4);
  // The order of the sentences counts, because a recurrence reads them.
  CHECK(largest_difference(model(ids[{range(0, 1), range(0, 2)}].clone()).document,
                           model(flip(ids[{range(0, 1), range(0, 2)}], {1})).document) > 1e-4);
  sum(square(y.document)).backward();
  for (const auto& named : named_parameters(model)) {
    CAPTURE(named.first);
    CHECK(all_of(isfinite(named.second.grad())).item<bool>());
  }
  CHECK_THROWS_WITH_AS(model(zeros({2, 3}, DType::int64)), doctest::Contains("(2, 3)"), Error);
}

TEST_CASE("derivatives of first and second order of pooling and hierarchical attention") {
  manual_seed(3);
  const Tensor mask = tensor({{0, 0, 0}, {0, 0, 1}}, DType::boolean);
  const nn::AttentionPooling pooling = clone(nn::AttentionPooling(2, 3), DType::float64);
  std::vector<Tensor> inputs = parameters(pooling);
  inputs.push_back(randn({2, 3, 2}, DType::float64).requires_grad_());
  const auto pool = [&](const std::vector<Tensor>&) { return pooling(inputs.back(), mask).context; };
  CHECK_MESSAGE(gradcheck(pool, inputs), gradcheck(pool, inputs).text);
  CHECK_MESSAGE(gradgradcheck(pool, inputs), gradgradcheck(pool, inputs).text);
  const nn::HierarchicalAttention model = clone(nn::HierarchicalAttention(6, 2, 2), DType::float64);
  const Tensor ids = tensor({{{4, 5, 0}, {3, 2, 1}}}, DType::int64);
  const auto read = [&](const std::vector<Tensor>&) { return model(ids).document; };
  const GradcheckResult first = gradcheck(read, parameters(model)),
                        second = gradgradcheck(read, parameters(model), {.full_jacobian = 2});
  CHECK_MESSAGE(first, first.text);
  CHECK_MESSAGE(second, second.text);
}
