#include <gradus/gradus.h>

#include <doctest/doctest.h>

using namespace gradus;

namespace {

double largest_difference(const Tensor& a, const Tensor& b) { return max(abs(a - b)).item(); }

}  // namespace

TEST_CASE("an RNN equals tanh of one product with state and input side by side") {
  manual_seed(2);
  const nn::RNNCell cell(3, 4);
  const Tensor x = randn({2, 3}), state = randn({2, 4});
  const nn::RecurrentWeights& w = *cell.weights;
  const Tensor whole = linear(cat({state, x}, 1), cat({w.weight_hh, w.weight_ih}, 1), w.bias_ih + w.bias_hh);
  CHECK(largest_difference(cell(x, state), gradus::tanh(whole)) < 1e-6);
  const nn::RNN rnn(3, 4, {.layers = 2, .nonlinearity = RecurrentNonlinearity::relu});
  const nn::RNNOutput y = rnn(randn({2, 5, 3}), {}, tensor({2, 5}, DType::int64));
  CHECK(min(y.output).item() >= 0);
  CHECK(largest_difference(y.state[1][0], y.output[{0, 1}]) == 0);
  CHECK(max(abs(y.output[{0, range(2)}])).item() == 0);
}

TEST_CASE("a padded row of an RNN in two directions is the row on its own, from its own start") {
  manual_seed(3);
  for (const auto kind : {RecurrentNonlinearity::tanh, RecurrentNonlinearity::relu}) {
    const nn::RNN rnn(3, 4, {.layers = 2, .bidirectional = true, .nonlinearity = kind});
    const Tensor x = randn({2, 5, 3}), start = randn({4, 2, 4});
    const nn::RNNOutput both = rnn(x, start, tensor({5, 3}, DType::int64));
    const nn::RNNOutput alone = rnn(x.slice(0, 1, 2).slice(1, 0, 3), start.slice(1, 1, 2));
    CHECK(both.output.shape() == Shape{2, 5, 8});
    CHECK(largest_difference(both.output[{1, range(0, 3)}], alone.output[0]) < 1e-6);
    CHECK(max(abs(both.output[{1, range(3)}])).item() == 0);
    CHECK(largest_difference(both.state.select(1, 1), alone.state.select(1, 0)) < 1e-6);
  }
}
