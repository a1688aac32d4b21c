#include <gradus/gradus.h>

#include <doctest/doctest.h>

#include <map>
#include <string>

using namespace gradus;

namespace {

double largest_difference(const Tensor& a, const Tensor& b) { return max(abs(a - b)).item(); }

std::map<std::string, Tensor> state_of(const ModelView& model) {
  const NamedTensors state = state_dict(model);
  return {state.begin(), state.end()};
}

}  // namespace

TEST_CASE("two layers of an LSTM in two directions equal cells taken step by step; padding changes nothing") {
  manual_seed(1);
  const nn::LSTM lstm(3, 4, {.layers = 2, .bidirectional = true});
  const std::map<std::string, Tensor> state = state_of(lstm);
  CHECK(state.size() == 16);
  CHECK(state.at("weight_ih_l1_reverse").shape() == Shape{16, 8});
  Tensor x = randn({2, 5, 3});
  const std::int64_t lengths[] = {5, 3};
  const nn::LSTMOutput y = lstm(x, {}, {}, tensor({5, 3}, DType::int64));
  CHECK(y.state.shape() == Shape{4, 2, 4});
  for (std::int64_t row = 0; row < 2; ++row) {
    Tensor inputs = x[row].slice(0, 0, lengths[row]);  // (steps, features)
    for (const std::string layer : {"0", "1"}) {
      std::vector<Tensor> beside;
      for (const std::string direction : {"", "_reverse"}) {
        const nn::LSTMCell cell(inputs.size(1), 4);
        NamedTensors own;
        for (const char* name : {"weight_ih", "weight_hh", "bias_ih", "bias_hh"})
          own.emplace_back(name, state.at(name + ("_l" + layer) + direction));
        load_state_dict(cell, own);
        nn::LSTMState at{zeros({1, 4}), zeros({1, 4})};
        std::vector<Tensor> states(static_cast<std::size_t>(lengths[row]));
        for (std::int64_t step = 0; step < lengths[row]; ++step) {
          const std::int64_t t = direction.empty() ? step : lengths[row] - 1 - step;
          at = cell(inputs[t].unsqueeze(0), at.state, at.cell);
          states[static_cast<std::size_t>(t)] = at.state;
        }
        const std::int64_t index = (layer == "0" ? 0 : 2) + (direction.empty() ? 0 : 1);
        CHECK(largest_difference(y.state[{index, row}], at.state[0]) < 1e-6);
        CHECK(largest_difference(y.cell[{index, row}], at.cell[0]) < 1e-6);
        beside.push_back(cat(states, 0));
      }
      inputs = cat(beside, 1);
    }
    CHECK(largest_difference(y.output[row].slice(0, 0, lengths[row]), inputs) < 1e-6);
  }
  CHECK(max(abs(y.output[{1, range(3)}])).item() == 0);
  x[{1, range(3)}] = 7.0;
  CHECK(largest_difference(lstm(x, {}, {}, tensor({5, 3}, DType::int64)).output, y.output) == 0);
}

TEST_CASE("the forget gate's bias is where it belongs; an empty sequence gives the start back") {
  const nn::LSTM lstm(2, 3, {.forget_bias = 100});
  const std::map<std::string, Tensor> state = state_of(lstm);
  CHECK(min(state.at("bias_ih_l0").slice(0, 3, 6)).item() > 99);
  CHECK(max(abs(state.at("bias_ih_l0").slice(0, 6))).item() < 1);
  // A cell that forgets nothing keeps what it starts with.
  const nn::LSTMOutput y = lstm(zeros({1, 1, 2}), {}, full({1, 1, 3}, 50));
  CHECK(min(y.cell).item() > 49);
  const nn::LSTMOutput nothing = lstm(zeros({1, 0, 2}), ones({1, 1, 3}), full({1, 1, 3}, 2));
  CHECK(nothing.output.shape() == Shape{1, 0, 3});
  CHECK(max(nothing.cell).item() == 2);
}

TEST_CASE("derivatives of first and second order of whole recurrent layers") {
  manual_seed(3);
  const Tensor x = randn({2, 3, 2}, DType::float64).requires_grad_(), lengths = tensor({3, 2}, DType::int64);
  const auto check = [&](const auto& made) {
    const auto layer = clone(made, DType::float64);
    std::vector<Tensor> inputs = parameters(layer);
    inputs.push_back(x);
    const auto function = [&](const std::vector<Tensor>&) {
      if constexpr (requires { layer(x, {}, {}, lengths); }) {
        const nn::LSTMOutput y = layer(x, {}, {}, lengths);
        return cat({y.output.flatten(), y.state.flatten(), y.cell.flatten()}, 0);
      } else {
        const auto y = layer(x, {}, lengths);
        return cat({y.output.flatten(), y.state.flatten()}, 0);
      }
    };
    const GradcheckResult first = gradcheck(function, inputs), second = gradgradcheck(function, inputs);
    CHECK_MESSAGE(first, first.text);
    CHECK_MESSAGE(second, second.text);
  };
  check(nn::LSTM(2, 2, {.layers = 2, .bidirectional = true}));
  check(nn::GRU(2, 2, {.layers = 2, .bidirectional = true}));
  check(nn::RNN(2, 2, {.layers = 2, .bidirectional = true}));
}

TEST_CASE("lengths that are overwritten before the backward pass are refused") {
  const Tensor state = zeros({2, 3});
  const auto check = [](std::int64_t gates, const auto& run) {
    const Tensor x = randn({2, 4, gates * 3}).requires_grad_(), weight = randn({gates * 3, 3});
    Tensor lengths = tensor({4, 2}, DType::int64);
    const Tensor y = sum(run(x, weight, lengths));
    lengths[1] = 4;
    CHECK_THROWS_WITH_AS(y.backward(), doctest::Contains("written in place"), Error);
  };
  check(4, [&](const Tensor& x, const Tensor& w, const Tensor& n) {
    return lstm_sequence(x, state, state, w, {}, n);
  });
  check(3,
        [&](const Tensor& x, const Tensor& w, const Tensor& n) { return gru_sequence(x, state, w, {}, n); });
}

TEST_CASE("recurrent layers refuse what does not fit") {
  CHECK_THROWS_WITH_AS(nn::LSTM(0, 4), doctest::Contains("[LSTM]"), Error);
  CHECK_THROWS_WITH_AS(nn::LSTM(2, 4, {.bias = false, .forget_bias = 1}), doctest::Contains("forget_bias"),
                       Error);
  CHECK_THROWS_WITH_AS(nn::RNN(2, 4, {.layers = 0}), doctest::Contains("layer"), Error);
  const nn::LSTM lstm(2, 3);
  CHECK_THROWS_WITH_AS(lstm(zeros({1, 4, 3})), doctest::Contains("(1, 4, 3)"), Error);
  CHECK_THROWS_WITH_AS(lstm(zeros({1, 4, 2}), {}, zeros({1, 2, 3})), doctest::Contains("(1, 2, 3)"), Error);
  CHECK_THROWS_WITH_AS(lstm(zeros({1, 4, 2}), {}, {}, tensor({5}, DType::int64)), doctest::Contains("5"),
                       Error);
}
