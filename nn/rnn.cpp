#include <gradus/autograd/joining.h>
#include <gradus/autograd/linalg.h>
#include <gradus/nn/rnn.h>
#include <gradus/tensor/memory.h>

namespace gradus::nn {

RNN::RNN(std::int64_t input_size, std::int64_t hidden_size, RNNOptions options)
    : stack_{RecurrentStack("RNN", {1, input_size, hidden_size, options.layers, options.bidirectional,
                                    options.dropout, options.bias, options.recurrent_dropout})},
      nonlinearity_(options.nonlinearity) {}

RNNOutput RNN::operator()(const Tensor& x, const Tensor& state, const Tensor& lengths) const {
  stack_->check(x, state);
  CachedVector<Tensor> last_states;  // of every layer and direction, (batch, H)
  const Tensor output = stack_->run(x, [&](std::int64_t i, const Tensor& gates, bool reverse) {
    const RecurrentWeights& weights = stack_->weights(i);
    const Tensor start = stack_->start(state, i, x);
    const Tensor states = rnn_sequence(gates, start, weights.weight_hh, weights.bias_hh, nonlinearity_,
                                       lengths, reverse, stack_->state_mask(x));
    last_states.push_back(final_state(states, start, lengths, reverse));
    return states;
  });
  return {output, stack(last_states, 0)};
}

RNNCell::RNNCell(std::int64_t input_size, std::int64_t hidden_size, bool bias, RecurrentNonlinearity kind)
    : weights{RecurrentWeights("RNNCell", 1, input_size, hidden_size, bias)}, nonlinearity(kind) {}

Tensor RNNCell::operator()(const Tensor& x, const Tensor& state) const {
  const Tensor gates = linear(x, weights->weight_ih, weights->bias_ih);
  return step(gates, weights->start(state, x));
}

Tensor RNNCell::step(const Tensor& input_gates, const Tensor& state, const Tensor& state_mask) const {
  return rnn_sequence(input_gates.unsqueeze(1), state, weights->weight_hh, weights->bias_hh, nonlinearity, {},
                      false, state_mask)
      .squeeze(1);
}

}  // namespace gradus::nn
