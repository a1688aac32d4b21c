#include <gradus/gradus.h>

#include <doctest/doctest.h>

#include <cmath>
#include <limits>
#include <map>

using namespace gradus;

namespace {

double largest_difference(const Tensor& a, const Tensor& b) { return max(abs(a - b)).item(); }

constexpr nn::RelativePositions every_position[] = {nn::RelativePositions::none, nn::RelativePositions::shaw,
                                                    nn::RelativePositions::t5, nn::RelativePositions::rotary,
                                                    nn::RelativePositions::alibi};

/// Projections that change nothing.
void make_identity(const nn::MultiHeadAttention& attention, std::int64_t features) {
  const Tensor one = eye(features);
  load_state_dict(attention, {{"in_proj_weight", cat({one, one, one}, 0)},
                              {"in_proj_bias", zeros({3 * features})},
                              {"out_proj.weight", one},
                              {"out_proj.bias", zeros({features})}});
}

}  // namespace

TEST_CASE("one head with identity projections is scaled dot attention") {
  manual_seed(1);
  const nn::MultiHeadAttention one_head(4, 1);
  make_identity(one_head, 4);
  const nn::Attention scaled(nn::Score::scaled_dot, 4, 4);
  const Tensor query = randn({2, 3, 4}), keys = randn({2, 5, 4}),
               mask = padding_mask(tensor({5, 2}, DType::int64), 5);
  const nn::MultiHeadOutput seen = one_head(query, keys, keys, {.key_mask = mask, .need_weights = true});
  const nn::AttentionOutput expected = scaled(query, keys, mask);
  CHECK(largest_difference(seen.output, expected.context) < 1e-6);
  CHECK(largest_difference(seen.weights.squeeze(1), expected.weights) < 1e-6);
}

TEST_CASE("asking for the weights changes nothing, and the contexts follow from them") {
  manual_seed(2);
  for (const nn::RelativePositions positions : every_position) {
    CAPTURE(nn::name_of(positions));
    for (const std::int64_t groups : {2, 1}) {
      const nn::MultiHeadAttention attention(8, 2, {.key_value_heads = groups, .positions = positions});
      const Tensor x = randn({2, 5, 8}), mask = padding_mask(tensor({5, 3}, DType::int64), 5);
      const nn::MultiHeadOutput with = attention(x, x, x, {.key_mask = mask, .need_weights = true});
      const nn::MultiHeadOutput without = attention(x, x, x, {.key_mask = mask});
      CHECK(!without.weights.defined());
      CHECK(largest_difference(with.output, without.output) < 1e-5);
      CHECK(with.weights.shape() == Shape{2, 2, 5, 5});
      CHECK(largest_difference(sum(with.weights, {3}), ones({2, 2, 5})) < 1e-5);
      CHECK(max(with.weights[{1, all, all, range(3)}]).item() == 0);
      // The self attention's one product equals three projections.
      CHECK(largest_difference(attention(x, x.clone(), x.clone(), {.key_mask = mask}).output,
                               without.output) < 1e-5);
    }
  }
}

TEST_CASE("head by head: the output is the sum of each head's context through its part of the projection") {
  manual_seed(3);
  const nn::MultiHeadAttention attention(6, 3);
  std::map<std::string, Tensor> state;
  for (const auto& [name, value] : state_dict(attention)) state[name] = value;
  const Tensor x = randn({1, 4, 6});
  Tensor total = state.at("out_proj.bias").expand({4, 6}).clone();
  for (std::int64_t head = 0; head < 3; ++head) {
    const auto projected = [&](std::int64_t part) {
      const std::int64_t first = part * 6 + head * 2;
      return matmul(x[0], state.at("in_proj_weight").slice(0, first, first + 2).t());
    };
    const Tensor weights = softmax(matmul(projected(0), projected(1).t()) / std::sqrt(2.0), 1);
    total += matmul(matmul(weights, projected(2)),
                    state.at("out_proj.weight").slice(1, head * 2, head * 2 + 2).t());
  }
  CHECK(largest_difference(attention(x, x, x).output[0], total) < 1e-5);
}

TEST_CASE("grouped queries equal full heads whose keys and values are repeated") {
  manual_seed(4);
  const nn::MultiHeadAttention grouped(8, 4, {.key_value_heads = 2});
  std::map<std::string, Tensor> state;
  for (const auto& [name, value] : state_dict(grouped)) state[name] = value;
  CHECK(state.at("k_proj_weight").shape() == Shape{4, 8});
  const auto repeated = [](const Tensor& w) {
    return repeat_interleave(w.reshape({2, 2, 8}), 2, 0).reshape({8, 8});
  };
  const nn::MultiHeadAttention full(8, 4);
  load_state_dict(full,
                  {{"in_proj_weight", cat({state.at("q_proj_weight"), repeated(state.at("k_proj_weight")),
                                           repeated(state.at("v_proj_weight"))},
                                          0)},
                   {"in_proj_bias", zeros({24})},
                   {"out_proj.weight", state.at("out_proj.weight")},
                   {"out_proj.bias", state.at("out_proj.bias")}});
  const Tensor x = randn({2, 5, 8});
  CHECK(largest_difference(grouped(x, x, x, {.causal = true}).output,
                           full(x, x, x, {.causal = true}).output) < 1e-5);
}

TEST_CASE("keys and values of the steps before are kept: step by step equals all at once") {
  manual_seed(5);
  const no_grad scope;
  for (const nn::RelativePositions positions : every_position) {
    CAPTURE(nn::name_of(positions));
    const nn::MultiHeadAttention attention(8, 2,
                                           {.positions = positions, .relative = {.bidirectional = false}});
    const Tensor x = randn({2, 6, 8});
    const Tensor expected = attention(x, x, x, {.causal = true}).output;
    nn::KeyValues cache;
    for (const auto& [begin, end] : {std::pair{0, 1}, {1, 2}, {2, 5}, {5, 6}}) {
      const Tensor step = x.slice(1, begin, end);
      cache.append(attention.project(step, step, begin));
      const Tensor y = attention.attend(step, cache, {.causal = true, .first_query = begin}).output;
      CHECK(largest_difference(y, expected.slice(1, begin, end)) < 1e-5);
    }
    CHECK(cache.length() == 6);
  }
}

TEST_CASE("a causal call, a causal mask and an additive one are the same; so are a window and its mask") {
  manual_seed(6);
  const nn::MultiHeadAttention attention(8, 2);
  const Tensor x = randn({2, 5, 8}), left_out = nn::causal_mask(5, 5);
  const Tensor bias = masked_fill(zeros({5, 5}), left_out, -std::numeric_limits<double>::infinity());
  const Tensor expected = attention(x, x, x, {.causal = true}).output;
  CHECK(largest_difference(attention(x, x, x, {.mask = left_out}).output, expected) < 1e-6);
  CHECK(largest_difference(attention(x, x, x, {.bias = bias}).output, expected) < 1e-6);
  CHECK(largest_difference(attention(x, x, x, {.mask = left_out.expand({2, 5, 5})}).output, expected) < 1e-6);
  const Tensor window = attention(x, x, x, {.mask = nn::window_mask(5, 5, 1)}).output;
  CHECK(largest_difference(attention(x, x, x, {.window = 1}).output, window) < 1e-6);
  CHECK(largest_difference(window[{0, 4}],
                           attention(x.slice(1, 3), x.slice(1, 3), x.slice(1, 3)).output[{0, 1}]) < 1e-5);
}

TEST_CASE("without positions a permutation of the keys changes nothing; with any it does") {
  manual_seed(7);
  const Tensor query = randn({1, 3, 8}), keys = randn({1, 5, 8}),
               order = tensor({4, 2, 0, 1, 3}, DType::int64);
  for (const nn::RelativePositions positions : every_position) {
    CAPTURE(nn::name_of(positions));
    const nn::MultiHeadAttention attention(8, 2, {.positions = positions});
    {
      const no_grad scope;
      for (Tensor parameter : parameters(attention)) parameter.normal_(0, 0.5);
    }
    const Tensor moved = index_select(keys, 1, order);
    const double difference =
        largest_difference(attention(query, keys, keys).output, attention(query, moved, moved).output);
    if (positions == nn::RelativePositions::none) CHECK(difference < 1e-6);
    else CHECK(difference > 1e-3);
  }
}

TEST_CASE("rows that see nothing give the output's bias and no NaN") {
  manual_seed(8);
  const nn::MultiHeadAttention attention(4, 2);
  Tensor x = randn({2, 3, 4}).requires_grad_();
  const Tensor mask = tensor({{0, 0, 0}, {1, 1, 1}}, DType::boolean);
  for (const bool need_weights : {false, true}) {
    const nn::MultiHeadOutput y = attention(x, x, x, {.key_mask = mask, .need_weights = need_weights});
    CHECK(max(abs(y.output[1])).item() == 0);
    sum(square(y.output)).backward();
    CHECK(all_of(isfinite(x.grad())).item<bool>());
    CHECK(max(abs(x.grad()[1])).item() == 0);
    x.set_grad({});
  }
}

TEST_CASE("derivatives of first and second order, for every kind of positions and grouped queries") {
  manual_seed(9);
  const Tensor query = randn({2, 3, 4}, DType::float64).requires_grad_(),
               memory = randn({2, 4, 3}, DType::float64).requires_grad_();
  const Tensor mask = padding_mask(tensor({4, 2}, DType::int64), 4);
  for (const nn::RelativePositions positions : every_position) {
    for (const std::int64_t groups : {2, 1}) {
      CAPTURE(nn::name_of(positions));
      CAPTURE(groups);
      const nn::MultiHeadAttention made(
          4, 2, {.key_size = 3, .value_size = 3, .key_value_heads = groups, .positions = positions});
      const nn::MultiHeadAttention attention = clone(made, DType::float64);
      std::vector<Tensor> inputs = parameters(attention);
      inputs.push_back(query);
      inputs.push_back(memory);
      const auto function = [&](const std::vector<Tensor>&) {
        return attention(query, memory, memory, {.key_mask = mask, .causal = true, .first_query = 1}).output;
      };
      const GradcheckResult first = gradcheck(function, inputs), second = gradgradcheck(function, inputs);
      CHECK_MESSAGE(first, first.text);
      CHECK_MESSAGE(second, second.text);
    }
  }
}

TEST_CASE("multi-head attention refuses what does not fit") {
  CHECK_THROWS_WITH_AS(nn::MultiHeadAttention(6, 4), doctest::Contains("6 features"), Error);
  CHECK_THROWS_WITH_AS(nn::MultiHeadAttention(8, 4, {.key_value_heads = 3}),
                       doctest::Contains("3 heads of keys"), Error);
  CHECK_THROWS_WITH_AS(nn::MultiHeadAttention(8, 4, {.key_value_heads = -2}),
                       doctest::Contains("-2 heads of keys"), Error);
  CHECK_THROWS_WITH_AS(nn::MultiHeadAttention(6, 2, {.positions = nn::RelativePositions::rotary}),
                       doctest::Contains("pairs"), Error);
  const nn::MultiHeadAttention attention(8, 2);
  const Tensor x = zeros({2, 3, 8});
  CHECK_THROWS_WITH_AS(attention(zeros({2, 3, 4}), x, x), doctest::Contains("(2, 3, 4)"), Error);
  CHECK_THROWS_WITH_AS(attention(x, x, x, {.key_mask = zeros({2, 4}, DType::boolean)}),
                       doctest::Contains("(2, 3)"), Error);
  CHECK_THROWS_WITH_AS(attention(x, x, x, {.mask = zeros({3}, DType::boolean)}), doctest::Contains("mask"),
                       Error);
}
