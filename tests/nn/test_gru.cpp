#include <gradus/gradus.h>

#include <doctest/doctest.h>

using namespace gradus;

namespace {

double largest_difference(const Tensor& a, const Tensor& b) { return max(abs(a - b)).item(); }

/// Inputs of a recurrence in float64: 3 rows of 4 steps, 5 features of state.
struct Inputs {
  Tensor gates = randn({3, 4, 15}, DType::float64).requires_grad_();
  Tensor state = randn({3, 5}, DType::float64).requires_grad_();
  Tensor weight = randn({15, 5}, DType::float64).requires_grad_();
  Tensor bias = randn({15}, DType::float64).requires_grad_();
};

}  // namespace

TEST_CASE("gru_sequence equals its composed twin, padded and in both directions") {
  manual_seed(3);
  const Inputs in;
  const Tensor lengths = tensor({4, 1, 3}, DType::int64);
  for (const bool reverse : {false, true}) {
    for (const Tensor& own_lengths : {Tensor(), lengths}) {
      const Tensor fused = gru_sequence(in.gates, in.state, in.weight, in.bias, own_lengths, reverse);
      const Tensor plain =
          composed::gru_sequence(in.gates, in.state, in.weight, in.bias, own_lengths, reverse);
      CHECK(largest_difference(fused, plain) < 1e-12);
      const auto function = [&](std::span<const Tensor> x) {
        return gru_sequence(x[0], x[1], x[2], x[3], own_lengths, reverse);
      };
      const std::vector<Tensor> inputs{in.gates, in.state, in.weight, in.bias};
      const GradcheckResult first = gradcheck(function, inputs);
      CHECK_MESSAGE(first, first.text);
      const GradcheckResult second = gradgradcheck(function, inputs);
      CHECK_MESSAGE(second, second.text);
    }
  }
}

TEST_CASE("a padded row of a GRU is the row on its own") {
  manual_seed(4);
  const nn::GRU model(6, 5, {.layers = 2, .bidirectional = true});
  const Tensor x = randn({2, 4, 6});
  const nn::GRUOutput both = model(x, {}, tensor({4, 2}, DType::int64));
  const nn::GRUOutput alone = model(x.slice(0, 1, 2).slice(1, 0, 2));
  CHECK(both.output.shape() == Shape{2, 4, 10});
  CHECK(both.state.shape() == Shape{4, 2, 5});
  CHECK(largest_difference(both.output[{1, range(0, 2)}], alone.output[0]) < 1e-6);
  CHECK(max(abs(both.output[{1, range(2)}])).item() == 0);
  CHECK(largest_difference(both.state.select(1, 1), alone.state.select(1, 0)) < 1e-6);
}

TEST_CASE("a GRU's parameters have PyTorch's names and shapes") {
  const nn::GRU model(6, 5, {.layers = 2, .bidirectional = true});
  const NamedTensors named = named_parameters(model);
  REQUIRE(named.size() == 16);
  CHECK(named[0].first == "weight_ih_l0");
  CHECK(named[4].first == "weight_ih_l0_reverse");
  CHECK(named[8].first == "weight_ih_l1");
  CHECK(named[8].second.shape() == Shape{15, 10});
  const nn::GRU copy = clone(model);
  CHECK(largest_difference(named_parameters(copy)[8].second, named[8].second) == 0);
  CHECK_FALSE(named_parameters(copy)[8].second.is_same(named[8].second));
}

TEST_CASE("a GRU cell takes one step of the layer") {
  manual_seed(5);
  const nn::GRUCell cell(4, 3);
  const Tensor x = randn({2, 4}), state = randn({2, 3});
  const Tensor next = cell(x, state);
  // r, z, n by hand.
  const Tensor a = linear(x, cell.weights->weight_ih, cell.weights->bias_ih),
               b = linear(state, cell.weights->weight_hh, cell.weights->bias_hh);
  const Tensor r = sigmoid(a.slice(1, 0, 3) + b.slice(1, 0, 3)),
               z = sigmoid(a.slice(1, 3, 6) + b.slice(1, 3, 6));
  const Tensor n = tanh(a.slice(1, 6) + r * b.slice(1, 6));
  CHECK(largest_difference(next, (1 - z) * n + z * state) < 1e-6);
}

TEST_CASE("cells begin with zeros where no state is given") {
  manual_seed(6);
  const Tensor x = randn({2, 3}), zero = zeros({2, 4});
  const nn::GRUCell gru(3, 4);
  CHECK(gru(x).to_vector<float>() == gru(x, zero).to_vector<float>());
  const nn::RNNCell rnn(3, 4);
  CHECK(rnn(x).to_vector<float>() == rnn(x, zero).to_vector<float>());
  const nn::LSTMCell lstm(3, 4);
  CHECK(lstm(x).state.to_vector<float>() == lstm(x, zero, zero).state.to_vector<float>());
  CHECK(lstm(x, randn({2, 4})).cell.shape() == Shape{2, 4});
}

TEST_CASE("a GRU without bias, without steps, and with wrong inputs") {
  const nn::GRU model(2, 3, {.bias = false});
  CHECK(parameters(model).size() == 2);
  CHECK(model(zeros({2, 0, 2})).output.shape() == Shape{2, 0, 3});
  CHECK(model(zeros({0, 4, 2})).output.shape() == Shape{0, 4, 3});
  CHECK_THROWS_WITH_AS(model(zeros({2, 4, 5})), doctest::Contains("(2, 4, 5)"), Error);
  CHECK_THROWS_WITH_AS(model(zeros({2, 4, 2}), zeros({1, 2, 4})), doctest::Contains("(1, 2, 4)"), Error);
  CHECK_THROWS_WITH_AS(model(zeros({2, 4, 2}), {}, tensor({4, 0}, DType::int64)),
                       doctest::Contains("length of 0"), Error);
  CHECK_THROWS_WITH_AS(model(zeros({2, 4, 2}), {}, tensor({4, 5}, DType::int64)),
                       doctest::Contains("length of 5"), Error);
  CHECK_THROWS_AS(nn::GRU(2, 0), Error);
  CHECK_THROWS_AS(nn::GRU(2, 3, {.dropout = 1.5}), Error);
}
