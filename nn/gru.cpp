#include <gradus/autograd/joining.h>
#include <gradus/autograd/linalg.h>
#include <gradus/autograd/recurrent.h>
#include <gradus/nn/gru.h>
#include <gradus/tensor/memory.h>

namespace gradus::nn {

GRU::GRU(std::int64_t input_size, std::int64_t hidden_size, GRUOptions options)
    : stack_{RecurrentStack("GRU", {3, input_size, hidden_size, options.layers, options.bidirectional,
                                    options.dropout, options.bias, options.recurrent_dropout})} {}

GRUOutput GRU::operator()(const Tensor& x, const Tensor& state, const Tensor& lengths) const {
  stack_->check(x, state);
  CachedVector<Tensor> last_states;  // of every layer and direction, (batch, H)
  const Tensor output = stack_->run(x, [&](std::int64_t i, const Tensor& gates, bool reverse) {
    const RecurrentWeights& weights = stack_->weights(i);
    const Tensor start = stack_->start(state, i, x);
    const Tensor states = gru_sequence(gates, start, weights.weight_hh, weights.bias_hh, lengths, reverse,
                                       stack_->state_mask(x));
    last_states.push_back(final_state(states, start, lengths, reverse));
    return states;
  });
  return {output, stack(last_states, 0)};
}

GRUCell::GRUCell(std::int64_t input_size, std::int64_t hidden_size, bool bias)
    : weights{RecurrentWeights("GRUCell", 3, input_size, hidden_size, bias)} {}

Tensor GRUCell::operator()(const Tensor& x, const Tensor& state) const {
  const Tensor gates = linear(x, weights->weight_ih, weights->bias_ih);
  return step(gates, weights->start(state, x));
}

Tensor GRUCell::step(const Tensor& input_gates, const Tensor& state, const Tensor& state_mask) const {
  return gru_sequence(input_gates.unsqueeze(1), state, weights->weight_hh, weights->bias_hh, {}, false,
                      state_mask)
      .squeeze(1);
}

}  // namespace gradus::nn
