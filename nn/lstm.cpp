#include <gradus/autograd/joining.h>
#include <gradus/autograd/linalg.h>
#include <gradus/autograd/modes.h>
#include <gradus/autograd/recurrent.h>
#include <gradus/nn/lstm.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/memory.h>

namespace gradus::nn {

LSTM::LSTM(std::int64_t input_size, std::int64_t hidden_size, LSTMOptions options)
    : stack_{RecurrentStack("LSTM", {4, input_size, hidden_size, options.layers, options.bidirectional,
                                     options.dropout, options.bias, options.recurrent_dropout})} {
  if (options.forget_bias == 0) return;
  if (!options.bias) {
    throw Error("LSTM", "forget_bias is " + std::to_string(options.forget_bias) +
                            ", but without bias there is nothing to add it to; leave one of the two out");
  }
  const no_grad scope;
  for (std::int64_t i = 0; i < stack_->count(); ++i) {
    stack_->weights(i).bias_ih.slice(0, hidden_size, 2 * hidden_size).add_(options.forget_bias);
  }
}

LSTMOutput LSTM::operator()(const Tensor& x, const Tensor& state, const Tensor& cell,
                            const Tensor& lengths) const {
  stack_->check(x, state);
  stack_->check(x, cell);
  const std::int64_t H = hidden_size();
  CachedVector<Tensor> last_states, last_cells;  // of every layer and direction, (batch, H)
  const Tensor output = stack_->run(x, [&](std::int64_t i, const Tensor& gates, bool reverse) {
    const RecurrentWeights& weights = stack_->weights(i);
    const Tensor first_state = stack_->start(state, i, x), first_cell = stack_->start(cell, i, x);
    const Tensor both = lstm_sequence(gates, first_state, first_cell, weights.weight_hh, weights.bias_hh,
                                      lengths, reverse, stack_->state_mask(x));
    const Tensor last =
        final_state(both, cat({first_state, first_cell}, 1), lengths, reverse);  // (batch, 2H)
    last_states.push_back(last.slice(1, 0, H));
    last_cells.push_back(last.slice(1, H));
    return both.slice(2, 0, H);
  });
  return {output, stack(last_states, 0), stack(last_cells, 0)};
}

LSTMCell::LSTMCell(std::int64_t input_size, std::int64_t hidden_size, bool bias)
    : weights{RecurrentWeights("LSTMCell", 4, input_size, hidden_size, bias)} {}

LSTMState LSTMCell::operator()(const Tensor& x, const Tensor& state, const Tensor& cell) const {
  const Tensor gates = linear(x, weights->weight_ih, weights->bias_ih);
  return step(gates, weights->start(state, x), weights->start(cell, x));
}

LSTMState LSTMCell::step(const Tensor& input_gates, const Tensor& state, const Tensor& cell,
                         const Tensor& state_mask) const {
  const Tensor both = lstm_sequence(input_gates.unsqueeze(1), state, cell, weights->weight_hh,
                                    weights->bias_hh, {}, false, state_mask)
                          .squeeze(1);
  const std::int64_t H = state.size(1);
  return {both.slice(1, 0, H), both.slice(1, H)};
}

}  // namespace gradus::nn
