#include "recurrent_parts.h"

#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/joining.h>
#include <gradus/autograd/linalg.h>

namespace translation {

using namespace gradus;

RecurrentEncoder::RecurrentEncoder(ModelKind kind, std::int64_t input_size, std::int64_t hidden, int layers,
                                   double dropout) {
  if (kind == ModelKind::rnn) {
    rnn_.emplace(input_size, hidden,
                 nn::RNNOptions{.layers = layers, .bidirectional = true, .dropout = dropout});
  } else if (kind == ModelKind::lstm) {
    lstm_.emplace(input_size, hidden,
                  nn::LSTMOptions{.layers = layers, .bidirectional = true, .dropout = dropout});
  } else {
    gru_.emplace(input_size, hidden,
                 nn::GRUOptions{.layers = layers, .bidirectional = true, .dropout = dropout});
  }
}

RecurrentEncoder::Output RecurrentEncoder::operator()(const Tensor& x, const Tensor& lengths) const {
  // `state` is (layers * 2, B, H); the last two rows are those of the last layer.
  const auto read = [](const auto& result) {
    const std::int64_t last = result.state.size(0) - 2;
    return Output{result.output, cat({result.state[last], result.state[last + 1]}, 1)};
  };
  if (rnn_) return read((*rnn_)(x, {}, lengths));
  if (lstm_) return read((*lstm_)(x, {}, {}, lengths));
  return read((*gru_)(x, {}, lengths));
}

RecurrentCell::RecurrentCell(ModelKind kind, std::int64_t input_size, std::int64_t hidden) {
  if (kind == ModelKind::rnn) rnn_.emplace(input_size, hidden);
  else if (kind == ModelKind::lstm) lstm_.emplace(input_size, hidden);
  else gru_.emplace(input_size, hidden);
}

const nn::RecurrentWeights& RecurrentCell::weights() const {
  return rnn_ ? rnn_->weights : lstm_ ? lstm_->weights : gru_->weights;
}

Tensor RecurrentCell::project_first(const Tensor& first) const {
  return linear(first, weights().weight_ih.slice(1, 0, first.size(-1)), weights().bias_ih);
}

Tensor RecurrentCell::weight_behind(std::int64_t first) const { return weights().weight_ih.slice(1, first); }

CellState RecurrentCell::step(const Tensor& projected_first, const Tensor& rest, const Tensor& rest_weight,
                              const CellState& before) const {
  return step_projected(projected_first + linear(rest, rest_weight), before);
}

CellState RecurrentCell::step(const Tensor& input, const CellState& before) const {
  return step_projected(linear(input, weights().weight_ih, weights().bias_ih), before);
}

CellState RecurrentCell::step_projected(const Tensor& input_gates, const CellState& before) const {
  if (rnn_) return {rnn_->step(input_gates, before.state), {}};
  if (gru_) return {gru_->step(input_gates, before.state), {}};
  const auto next = lstm_->step(input_gates, before.state, before.cell);
  return {next.state, next.cell};
}

}  // namespace translation
