#include "recurrent_parts.h"

#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/joining.h>
#include <gradus/autograd/linalg.h>

namespace translation {

using namespace gradus;

RecurrentEncoder::RecurrentEncoder(ModelKind kind, std::int64_t input_size, std::int64_t hidden, int layers,
                                   double dropout, double recurrent_dropout) {
  if (kind == ModelKind::rnn) {
    rnn_.emplace(input_size, hidden,
                 nn::RNNOptions{.layers = layers,
                                .bidirectional = true,
                                .dropout = dropout,
                                .recurrent_dropout = recurrent_dropout});
  } else if (kind == ModelKind::lstm) {
    lstm_.emplace(input_size, hidden,
                  nn::LSTMOptions{.layers = layers,
                                  .bidirectional = true,
                                  .dropout = dropout,
                                  .recurrent_dropout = recurrent_dropout});
  } else {
    gru_.emplace(input_size, hidden,
                 nn::GRUOptions{.layers = layers,
                                .bidirectional = true,
                                .dropout = dropout,
                                .recurrent_dropout = recurrent_dropout});
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
  return rnn_ ? *rnn_->weights : lstm_ ? *lstm_->weights : *gru_->weights;
}

Tensor RecurrentCell::project_first(const Tensor& first) const {
  return linear(first, weights().weight_ih.slice(1, 0, first.size(-1)), weights().bias_ih);
}

Tensor RecurrentCell::weight_behind(std::int64_t first) const { return weights().weight_ih.slice(1, first); }

CellState RecurrentCell::step(const Tensor& projected_first, const Tensor& rest, const Tensor& rest_weight,
                              const CellState& before, const Tensor& mask) const {
  return step_projected(projected_first + linear(rest, rest_weight), before, mask);
}

CellState RecurrentCell::step(const Tensor& input, const CellState& before, const Tensor& mask) const {
  return step_projected(linear(input, weights().weight_ih, weights().bias_ih), before, mask);
}

CellState RecurrentCell::step_projected(const Tensor& input_gates, const CellState& before,
                                        const Tensor& mask) const {
  if (rnn_) return {rnn_->step(input_gates, before.state, mask), {}};
  if (gru_) return {gru_->step(input_gates, before.state, mask), {}};
  const auto next = lstm_->step(input_gates, before.state, before.cell, mask);
  return {next.state, next.cell};
}

}  // namespace translation
