#include <gradus/autograd/autograd.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/parallel.h>
#include <gradus/tensor/random.h>
#include <gradus/tests/settings.h>

#include <doctest/doctest.h>

#include <limits>

using namespace gradus;

namespace {

double largest_difference(const Tensor& a, const Tensor& b) { return max(abs(a - b)).item(); }

/// Output and gradients of one run.
std::vector<Tensor> outcome(bool fused, const std::vector<Tensor>& leaves,
                            const ScaledDotProductOptions& options) {
  set_random_state({.seed = 3, .offset = 0});
  ScaledDotProductOptions own = options;
  if (leaves.size() > 3) own.bias = leaves[3];
  const Tensor y = fused ? scaled_dot_product_attention(leaves[0], leaves[1], leaves[2], own)
                         : composed::scaled_dot_product_attention(leaves[0], leaves[1], leaves[2], own);
  std::vector<Tensor> all = grad(std::vector<Tensor>{sum(y * cos(y))}, leaves);
  all.push_back(y.detach());
  return all;
}

}  // namespace

TEST_CASE(
    "attention in blocks equals the composed one over several blocks of queries and keys, with every mask") {
  manual_seed(1);
  // 150 queries are three blocks, 600 keys are three; two groups of keys serve four heads.
  std::vector<Tensor> leaves{randn({2, 4, 150, 8}), randn({2, 2, 600, 8}), randn({2, 2, 600, 6}),
                             randn({1, 4, 150, 600})};
  Tensor left_out = bernoulli(0.3, {2, 1, 150, 600});
  left_out[{0, 0, 70}] = 1;                                            // one query that sees nothing
  leaves[3][{0, all, 20}] = -std::numeric_limits<double>::infinity();  // and one by the bias
  for (Tensor& leaf : leaves) leaf.requires_grad_();
  for (const ScaledDotProductOptions& options :
       {ScaledDotProductOptions{}, ScaledDotProductOptions{.mask = left_out},
        ScaledDotProductOptions{.causal = true, .first_query = 400},
        ScaledDotProductOptions{.window = 100, .first_query = 200},
        ScaledDotProductOptions{.mask = left_out, .window = 300, .first_query = 400},
        ScaledDotProductOptions{.causal = true, .window = 20, .first_query = 300, .dropout = 0.1},
        ScaledDotProductOptions{.mask = left_out, .causal = true, .first_query = 200, .dropout = 0.2}}) {
    CAPTURE(options.causal);
    CAPTURE(options.window);
    CAPTURE(options.dropout);
    const std::vector<Tensor> fused = outcome(true, leaves, options),
                              composed = outcome(false, leaves, options);
    for (std::size_t i = 0; i < fused.size(); ++i) {
      CAPTURE(i);
      CHECK(largest_difference(fused[i], composed[i]) < 1e-5);
      CHECK(all_of(isfinite(fused[i])).item<bool>());
    }
    if (options.mask.defined()) CHECK(max(abs(fused.back()[{0, all, 70}])).item() == 0);
    CHECK(max(abs(fused.back()[{all, all, 20}])).item() == 0);
  }
}

TEST_CASE("attention gives the same on one thread and two, bit for bit") {
  manual_seed(2);
  const std::vector<Tensor> leaves{randn({3, 2, 70, 8}).requires_grad_(),
                                   randn({3, 2, 300, 8}).requires_grad_(),
                                   randn({3, 2, 300, 8}).requires_grad_()};
  const auto outcome_on = [&](int threads) {
    const test::ThreadsScope scope(threads);
    return outcome(true, leaves, {.dropout = 0.1});
  };
  const std::vector<Tensor> one = outcome_on(1), two = outcome_on(2);
  for (std::size_t i = 0; i < one.size(); ++i) CHECK(largest_difference(one[i], two[i]) == 0);
}

TEST_CASE("attention does not overflow on huge scores") {
  const Tensor q = full({1, 1, 1, 1}, 3e4), k = tensor({{{{3e4}, {1}}}}), v = tensor({{{{2}, {5}}}});
  CHECK(scaled_dot_product_attention(q, k, v).item() == 2);
}

TEST_CASE("a window that reaches further than the sentence leaves nothing out") {
  manual_seed(5);
  const Tensor x = randn({1, 2, 5, 4});
  const std::vector<float> all = scaled_dot_product_attention(x, x, x).to_vector<float>();
  for (const std::int64_t back : {0, 1, 2, 100}) {
    CHECK(scaled_dot_product_attention(x, x, x, {.window = INT64_MAX - back}).to_vector<float>() == all);
  }
  CHECK_THROWS_WITH_AS(scaled_dot_product_attention(x, x, x, {.window = 3, .first_query = INT64_MAX - 2}),
                       doctest::Contains("cannot stand at position 9223372036854775805"), Error);
  CHECK_THROWS_WITH_AS(scaled_dot_product_attention(x, {}, x), doctest::Contains("undefined"), Error);
}

TEST_CASE("attention refuses what does not fit") {
  const auto x = [](Shape shape) { return zeros(shape); };
  CHECK_THROWS_WITH_AS(scaled_dot_product_attention(x({2, 3, 4}), x({1, 2, 3, 4}), x({1, 2, 3, 4})),
                       doctest::Contains("(2, 3, 4)"), Error);
  CHECK_THROWS_WITH_AS(scaled_dot_product_attention(x({1, 2, 3, 4}), x({1, 2, 3, 5}), x({1, 2, 3, 4})),
                       doctest::Contains("features"), Error);
  CHECK_THROWS_WITH_AS(scaled_dot_product_attention(x({1, 3, 3, 4}), x({1, 2, 3, 4}), x({1, 2, 3, 4})),
                       doctest::Contains("multiple"), Error);
  CHECK_THROWS_WITH_AS(scaled_dot_product_attention(x({1, 2, 3, 4}), x({1, 2, 5, 4}), x({1, 2, 5, 4}),
                                                    {.mask = zeros({3, 4}, DType::boolean)}),
                       doctest::Contains("(1, 2, 3, 5)"), Error);
  CHECK_THROWS_WITH_AS(scaled_dot_product_attention(x({1, 2, 3, 4}), x({1, 2, 5, 4}), x({1, 2, 5, 4}),
                                                    {.mask = zeros({3, 5})}),
                       doctest::Contains("bool"), Error);
}
