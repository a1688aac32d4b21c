// Variational dropout of recurrent layers: one mask of the state for all steps.
#include <gradus/gradus.h>

#include <doctest/doctest.h>

#include <functional>

using namespace gradus;

namespace {

double largest_difference(const Tensor& a, const Tensor& b) { return max(abs(a - b)).item(); }

Tensor random_leaf(const Shape& shape) { return randn(shape, DType::float64).requires_grad_(); }

/// A recurrence as a function of its input gates, state, weight, bias and mask; an LSTM starts with a cell of
/// zeros.
struct Recurrence {
  const char* name;
  std::int64_t gates;
  std::function<Tensor(const std::vector<Tensor>&x, const Tensor&lengths, bool reverse, const Tensor&mask)>
      run, plain;
};

std::vector<Recurrence> all_recurrences() {
  const auto cell = [](const Tensor& state) { return zeros(state.shape(), state.dtype()); };
  const auto gru = [](const auto& x, const Tensor& lengths, bool reverse, const Tensor& mask) {
    return gru_sequence(x[0], x[1], x[2], x[3], lengths, reverse, mask);
  };
  const auto plain_gru = [](const auto& x, const Tensor& lengths, bool reverse, const Tensor& mask) {
    return composed::gru_sequence(x[0], x[1], x[2], x[3], lengths, reverse, mask);
  };
  const auto lstm = [cell](const auto& x, const Tensor& lengths, bool reverse, const Tensor& mask) {
    return lstm_sequence(x[0], x[1], cell(x[1]), x[2], x[3], lengths, reverse, mask);
  };
  const auto plain_lstm = [cell](const auto& x, const Tensor& lengths, bool reverse, const Tensor& mask) {
    return composed::lstm_sequence(x[0], x[1], cell(x[1]), x[2], x[3], lengths, reverse, mask);
  };
  const auto rnn = [](const auto& x, const Tensor& lengths, bool reverse, const Tensor& mask) {
    return rnn_sequence(x[0], x[1], x[2], x[3], RecurrentNonlinearity::tanh, lengths, reverse, mask);
  };
  return {{"gru", 3, gru, plain_gru}, {"lstm", 4, lstm, plain_lstm}, {"rnn", 1, rnn, rnn}};
}

}  // namespace

TEST_CASE("a mask of the state: values, and derivatives of first and second order") {
  manual_seed(3);
  const Tensor mask = tensor({{0., 2., 2., 0.}, {2., 2., 0., 0.}}, DType::float64);
  for (const Recurrence& recurrence : all_recurrences()) {
    CAPTURE(recurrence.name);
    const std::int64_t G = recurrence.gates * 4;
    const std::vector<Tensor> inputs{random_leaf({2, 3, G}), random_leaf({2, 4}), random_leaf({G, 4}),
                                     random_leaf({G})};
    for (const bool reverse : {false, true}) {
      for (const Tensor& lengths : {Tensor(), tensor({3, 2}, DType::int64)}) {
        const Tensor masked = recurrence.run(inputs, lengths, reverse, mask);
        CHECK(largest_difference(masked, recurrence.plain(inputs, lengths, reverse, mask)) < 1e-12);
        // W (m h) = (W diag(m)) h: for each row on its own, a weight with columns left out.
        for (std::int64_t row = 0; row < 2; ++row) {
          const std::vector<Tensor> own{inputs[0].slice(0, row, row + 1), inputs[1].slice(0, row, row + 1),
                                        inputs[2] * mask[row], inputs[3]};
          const Tensor length = lengths.defined() ? lengths.slice(0, row, row + 1) : Tensor();
          const Tensor alone = recurrence.run(own, length, reverse, {});
          CHECK(largest_difference(masked.slice(0, row, row + 1), alone) < 1e-12);
        }
        const auto function = [&](const std::vector<Tensor>& x) {
          return recurrence.run(x, lengths, reverse, mask);
        };
        const GradcheckResult first = gradcheck(function, inputs);
        CHECK_MESSAGE(first, first.text);
        const GradcheckResult second = gradgradcheck(function, inputs);
        CHECK_MESSAGE(second, second.text);
      }
    }
  }
}

TEST_CASE("variational dropout of a layer: one mask a sequence, layer and direction, while training") {
  manual_seed(4);
  const nn::GRU model(3, 5, {.bidirectional = true, .recurrent_dropout = 0.5});
  const Tensor x = randn({2, 4, 3});
  const std::vector<Tensor> p = parameters(model);  // ih, hh and biases of one direction, then of the other
  const auto by_hand = [&](std::size_t first, bool reverse, const Tensor& mask) {
    return gru_sequence(linear(x, p[first], p[first + 2]), zeros({2, 5}), p[first + 1], p[first + 3], {},
                        reverse, mask);
  };
  manual_seed(5);
  const Tensor trained = model(x).output;
  manual_seed(5);
  const Tensor forward = dropout(ones({2, 5}), 0.5), backward = dropout(ones({2, 5}), 0.5);
  CHECK(largest_difference(forward, backward) > 0);
  CHECK(largest_difference(trained, cat({by_hand(0, false, forward), by_hand(4, true, backward)}, 2)) == 0);

  const evaluating scope;
  CHECK(largest_difference(model(x).output, cat({by_hand(0, false, {}), by_hand(4, true, {})}, 2)) == 0);
}

TEST_CASE("what recurrent dropout refuses") {
  CHECK_THROWS_WITH_AS(nn::LSTM(2, 3, {.recurrent_dropout = 1.5}), doctest::Contains("recurrent_dropout"),
                       Error);
  const nn::GRUCell cell(2, 3);
  CHECK_THROWS_WITH_AS(cell.step(zeros({2, 9}), zeros({2, 3}), zeros({1, 3})), doctest::Contains("mask"),
                       Error);
}
