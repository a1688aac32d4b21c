// What every member of the attention family must do: masks, shapes, names, derivatives.
#include <gradus/gradus.h>

#include <doctest/doctest.h>

#include <cmath>
#include <functional>
#include <limits>

using namespace gradus;

namespace {

double largest_difference(const Tensor& a, const Tensor& b) { return max(abs(a - b)).item(); }

/// Sizes of all the layers here: 3 features, at most 5 keys; parameters away from their first values, so that
/// no span ends on a key.
nn::Attention make(nn::Score score, nn::Normalizer normalizer, nn::Pattern pattern = nn::Pattern::full) {
  nn::Attention attention = clone(nn::Attention(score, 3, 3,
                                                {.hidden = 4,
                                                 .normalizer = normalizer,
                                                 .pattern = pattern,
                                                 .window = pattern == nn::Pattern::local_p ? 2 : 1,
                                                 .ramp = 3,
                                                 .stride = 2,
                                                 .max_length = 5,
                                                 .filters = 2,
                                                 .kernel = 3,
                                                 .learn_temperature = true}),
                                  DType::float64);
  const no_grad scope;
  for (Tensor parameter : parameters(attention)) parameter += randn(parameter.shape(), DType::float64) * 0.3;
  return attention;
}

/// Calls body(layer, name) for every score with every normaliser, and for every pattern with every
/// normaliser.
void for_all_kinds(const std::function<void(const nn::Attention&, const std::string&)>& body) {
  for (const nn::Normalizer normalizer : nn::all_normalizers) {
    for (const nn::Score score : nn::all_scores) {
      body(make(score, normalizer), std::string(nn::name_of(score)) + ", " + nn::name_of(normalizer));
    }
    for (const nn::Pattern pattern : nn::all_patterns) {
      body(make(nn::Score::general, normalizer, pattern),
           std::string(nn::name_of(pattern)) + ", " + nn::name_of(normalizer));
    }
  }
}

}  // namespace

TEST_CASE("dot attention of one query over two keys, by hand") {
  // Scores 4 and 1: weights 1 / (1 + e^-3) and the rest.
  const Tensor query = tensor({{{1, 2}}}), keys = tensor({{{2, 1}, {1, 0}}}),
               values = tensor({{{1, 1}, {2, 0}}});
  const nn::Attention attention(nn::Score::dot, 2, 2);
  const nn::AttentionOutput seen = attention.attend(query, keys, values);
  CHECK(seen.weights[{0, 0, 0}].item() == doctest::Approx(0.952574));
  CHECK(seen.weights[{0, 0, 1}].item() == doctest::Approx(0.047426));
  CHECK(seen.context[{0, 0, 0}].item() == doctest::Approx(1.047426));
  CHECK(seen.context[{0, 0, 1}].item() == doctest::Approx(0.952574));
  const nn::Attention scaled(nn::Score::scaled_dot, 2, 2);
  CHECK(scaled.attend(query, keys, values).weights[{0, 0, 0}].item() == doctest::Approx(0.892958));
}

TEST_CASE("every kind: masked keys get no weight and change nothing, whichever way they are left out") {
  manual_seed(7);
  const Tensor query = randn({2, 3, 3}, DType::float64), keys = randn({2, 5, 3}, DType::float64);
  const Tensor mask = padding_mask(tensor({5, 2}, DType::int64), 5);
  const Tensor other = where(mask.unsqueeze(2), 100 * randn({2, 5, 3}, DType::float64), keys);
  const Tensor bias =
      masked_fill(zeros({2, 5}, DType::float64), mask, -std::numeric_limits<double>::infinity());
  for_all_kinds([&](const nn::Attention& attention, const std::string& name) {
    CAPTURE(name);
    const nn::AttentionOutput seen = attention(query, keys, mask);
    CHECK(seen.context.shape() == Shape{2, 3, 3});
    CHECK(seen.weights.shape() == Shape{2, 3, 5});
    CHECK(max(abs(seen.weights[{1, all, range(2)}])).item() == 0);
    CHECK(min(seen.weights).item() >= 0);
    const Tensor total = sum(seen.weights, {2});
    CHECK(max(total).item() <= 1 + 1e-12);
    const bool sums_to_one = attention.options().normalizer != nn::Normalizer::monotonic &&
                             attention.options().pattern == nn::Pattern::full;
    if (sums_to_one) CHECK(min(total).item() >= 1 - 1e-12);
    CHECK(largest_difference(attention(query, other, mask).weights, seen.weights) == 0);
    CHECK(largest_difference(attention(query, keys, mask.unsqueeze(1).expand({2, 3, 5})).weights,
                             seen.weights) == 0);
    CHECK(largest_difference(attention(query, keys, bias).weights, seen.weights) == 0);
    // The last three keys of the second row do not exist.
    const Tensor alone = attention(query.slice(0, 1), keys[{range(1, 2), range(0, 2)}]).context;
    CHECK(largest_difference(alone, seen.context.slice(0, 1)) < 1e-12);
  });
}

TEST_CASE("every kind: a row whose keys are all left out gives zeros, forward and backward") {
  manual_seed(8);
  const double infinity = std::numeric_limits<double>::infinity();
  const Tensor mask = tensor({{0, 0, 0, 0}, {1, 1, 1, 1}}, DType::boolean);
  const Tensor bias = masked_fill(zeros({2, 4}, DType::float64), mask, -infinity);
  for_all_kinds([&](const nn::Attention& attention, const std::string& name) {
    for (const bool additive : {false, true}) {
      CAPTURE(name);
      CAPTURE(additive);
      Tensor query = randn({2, 2, 3}, DType::float64).requires_grad_();
      Tensor keys = randn({2, 4, 3}, DType::float64).requires_grad_();
      Tensor added = bias.clone().requires_grad_();
      const nn::AttentionOutput seen = attention(query, keys, additive ? added : mask);
      CHECK(max(abs(seen.context[1])).item() == 0);
      CHECK(max(abs(seen.weights[1])).item() == 0);
      zero_grad(attention);
      sum(seen.context * randn({2, 2, 3}, DType::float64)).backward();
      CHECK(all_of(isfinite(keys.grad())).item<bool>());
      CHECK(max(abs(keys.grad()[1])).item() == 0);
      if (query.grad().defined()) CHECK(max(abs(query.grad()[1])).item() == 0);
      if (additive) CHECK(max(abs(added.grad()[1])).item() == 0);
      for (const Tensor& parameter : parameters(attention)) {
        if (parameter.grad().defined()) CHECK(all_of(isfinite(parameter.grad())).item<bool>());
      }
      // Where nothing at all can be seen the parameters learn nothing either.
      zero_grad(attention);
      const Tensor nothing = attention(query.slice(0, 1), keys.slice(0, 1), mask.slice(0, 1)).context;
      sum(nothing).backward();
      for (const Tensor& parameter : parameters(attention)) {
        if (parameter.grad().defined()) CHECK(max(abs(parameter.grad())).item() == 0);
      }
    }
  });
}

TEST_CASE("every kind: first and second derivatives of the whole layer") {
  manual_seed(9);
  const Tensor mask = tensor({{0, 0, 0}, {0, 0, 1}}, DType::boolean);
  for_all_kinds([&](const nn::Attention& attention, const std::string& name) {
    CAPTURE(name);
    std::vector<Tensor> inputs{randn({2, 2, 3}, DType::float64).requires_grad_(),           // queries
                               randn({2, 3, 3}, DType::float64).requires_grad_(),           // keys
                               (randn({1, 2, 3}, DType::float64) * 0.3).requires_grad_()};  // bias
    Tensor previous;
    if (attention.uses_previous()) {
      previous = softmax(randn({2, 1, 3}, DType::float64), -1).requires_grad_();
      inputs.push_back(previous);
    }
    for (const Tensor& parameter : parameters(attention)) inputs.push_back(parameter);
    const auto context = [&](const std::vector<Tensor>& x) {
      return attention(x[0], x[1], {mask, x[2]}, {.previous = previous, .position = 1}).context;
    };
    const GradcheckResult first = gradcheck(context, inputs), second = gradgradcheck(context, inputs);
    CHECK_MESSAGE(first, first.text);
    CHECK_MESSAGE(second, second.text);
  });
}

TEST_CASE("zero vectors have no direction: cosine attention stays finite") {
  const nn::Attention attention(nn::Score::cosine, 3, 3);
  Tensor query = zeros({1, 1, 3}).requires_grad_();
  Tensor keys = tensor({{{0, 0, 0}, {3, 0, 0}}}).requires_grad_();
  const nn::AttentionOutput seen = attention(query, keys);
  CHECK(largest_difference(seen.weights, full({1, 1, 2}, 0.5)) < 1e-6);
  sum(seen.context).backward();
  CHECK(max(abs(query.grad())).item() < 100);
  CHECK(max(abs(keys.grad())).item() < 100);
  // Directions alone: cosines 1 and 0.6, times 10.
  const Tensor ahead = attention(tensor({{{5, 0, 0}}}), tensor({{{0.1, 0, 0}, {6, 8, 0}}})).weights;
  CHECK(ahead[{0, 0, 0}].item() == doctest::Approx(1 / (1 + std::exp(-4.0))));
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

TEST_CASE("attention kinds go by their names") {
  for (const nn::Score score : nn::all_scores) CHECK(nn::score_named(nn::name_of(score)) == score);
  for (const nn::Normalizer kind : nn::all_normalizers)
    CHECK(nn::normalizer_named(nn::name_of(kind)) == kind);
  for (const nn::Pattern pattern : nn::all_patterns)
    CHECK(nn::pattern_named(nn::name_of(pattern)) == pattern);
  CHECK(nn::score_named("concat") == nn::Score::additive);
  CHECK(nn::score_named("mlp") == nn::Score::additive);
  CHECK(nn::score_named("bilinear") == nn::Score::general);
  CHECK_THROWS_WITH_AS(nn::score_named("sine"), doctest::Contains("content_location"), Error);
  CHECK_THROWS_WITH_AS(nn::normalizer_named("hardmax"), doctest::Contains("sparsemax"), Error);
  CHECK_THROWS_WITH_AS(nn::pattern_named("local"), doctest::Contains("local_p"), Error);
}

TEST_CASE("attention refuses what does not fit") {
  CHECK_THROWS_WITH_AS(nn::Attention(nn::Score::dot, 3, 4), doctest::Contains("general"), Error);
  CHECK_THROWS_WITH_AS(nn::Attention(nn::Score::location, 3, 4), doctest::Contains("max_length"), Error);
  CHECK_THROWS_WITH_AS(nn::Attention(nn::Score::content_location, 3, 4, {.kernel = 4}),
                       doctest::Contains("odd"), Error);
  CHECK_THROWS_WITH_AS(nn::Attention(nn::Score::dot, 3, 3, {.pattern = nn::Pattern::local_p, .window = 0}),
                       doctest::Contains("local_p"), Error);
  const nn::Attention attention(nn::Score::general, 3, 4);
  CHECK_THROWS_WITH_AS(attention(zeros({2, 3}), zeros({2, 5, 4})), doctest::Contains("(2, 3)"), Error);
  CHECK_THROWS_WITH_AS(attention(zeros({1, 1, 3}), zeros({2, 5, 4})), doctest::Contains("(1, 1, 3)"), Error);
  CHECK_THROWS_WITH_AS(attention(zeros({2, 1, 3}), zeros({2, 5, 4}), zeros({2, 4}, DType::boolean)),
                       doctest::Contains("(2, 5)"), Error);
  CHECK_THROWS_WITH_AS(attention(zeros({2, 1, 3}), zeros({2, 5, 4}), zeros({2, 5}, DType::int64)),
                       doctest::Contains("bool"), Error);
  CHECK_THROWS_WITH_AS(attention(zeros({2, 1, 3}), zeros({2, 5, 4}), zeros({2, 2, 5})),
                       doctest::Contains("the bias must be (2, 5)"), Error);
  const nn::Attention location(nn::Score::location, 3, 4, {.max_length = 4});
  CHECK_THROWS_WITH_AS(location(zeros({2, 1, 3}), zeros({2, 5, 4})), doctest::Contains("max_length = 4"),
                       Error);
  const nn::Attention chorowski(nn::Score::content_location, 3, 4);
  CHECK_THROWS_WITH_AS(chorowski(zeros({2, 1, 3}), zeros({2, 5, 4}), {}, {.previous = zeros({2, 5})}),
                       doctest::Contains("(2, 1, 5)"), Error);
}
