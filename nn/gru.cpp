#include <gradus/autograd/joining.h>
#include <gradus/autograd/linalg.h>
#include <gradus/autograd/modes.h>
#include <gradus/autograd/normalize.h>
#include <gradus/autograd/recurrent.h>
#include <gradus/nn/gru.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/memory.h>

#include <cmath>

namespace gradus::nn {
namespace {

Tensor parameter(const Shape& shape, std::int64_t hidden_size, const std::string& name) {
  const double bound = 1 / std::sqrt(static_cast<double>(hidden_size));
  Tensor tensor = empty(shape);
  return tensor.uniform_(-bound, bound).requires_grad_().set_name(name);
}

void check_sizes(const char* layer, std::int64_t input_size, std::int64_t hidden_size) {
  if (input_size < 1 || hidden_size < 1) {
    throw Error(layer, "sizes must be positive, got input " + std::to_string(input_size) + " and hidden " +
                           std::to_string(hidden_size));
  }
}

}  // namespace

GRU::GRU(std::int64_t input_size, std::int64_t hidden_size, GRUOptions options)
    : input_size_(input_size), hidden_size_(hidden_size), options_(options) {
  check_sizes("GRU", input_size, hidden_size);
  if (options.layers < 1) throw Error("GRU", "needs at least one layer, got " + std::to_string(options.layers));
  if (!(options.dropout >= 0 && options.dropout <= 1)) {
    throw Error("GRU", "dropout must lie in [0, 1], got " + std::to_string(options.dropout));
  }
  const int directions = options.bidirectional ? 2 : 1;
  for (int layer = 0; layer < options.layers; ++layer) {
    const std::int64_t inputs = layer == 0 ? input_size : directions * hidden_size;
    for (int direction = 0; direction < directions; ++direction) {
      Cell cell{"l" + std::to_string(layer) + (direction == 0 ? "" : "_reverse"), {}, {}, {}, {}};
      cell.weight_ih = parameter({3 * hidden_size, inputs}, hidden_size, "weight_ih_" + cell.suffix);
      cell.weight_hh = parameter({3 * hidden_size, hidden_size}, hidden_size, "weight_hh_" + cell.suffix);
      if (options.bias) {
        cell.bias_ih = parameter({3 * hidden_size}, hidden_size, "bias_ih_" + cell.suffix);
        cell.bias_hh = parameter({3 * hidden_size}, hidden_size, "bias_hh_" + cell.suffix);
      }
      cells_.push_back(std::move(cell));
    }
  }
}

GRUOutput GRU::operator()(const Tensor& x, const Tensor& state, const Tensor& lengths) const {
  if (!x.defined() || x.rank() != 3 || x.shape()[2] != input_size_) {
    throw Error("GRU", "the input must be (batch, time, " + std::to_string(input_size_) + "), got " + describe(x));
  }
  const std::int64_t batch = x.shape()[0], cell_count = static_cast<std::int64_t>(cells_.size());
  const Shape state_shape{cell_count, batch, hidden_size_};
  if (state.defined() && !(state.shape() == state_shape)) {
    throw Error("GRU", "the state must be " + to_string(state_shape) + ", got " + describe(state));
  }
  const std::size_t directions = options_.bidirectional ? 2 : 1;
  Tensor layer_input = x;
  CachedVector<Tensor> last_states;  // of every cell, (batch, H)
  for (std::size_t first = 0; first < cells_.size(); first += directions) {
    CachedVector<Tensor> outputs;    // of every direction, (batch, time, H)
    for (std::size_t i = first; i < first + directions; ++i) {
      const Cell& cell = cells_[i];
      const bool reverse = i > first;
      const Tensor start = state.defined() ? state[static_cast<std::int64_t>(i)] : zeros({batch, hidden_size_}, x.dtype());
      const Tensor gates = linear(layer_input, cell.weight_ih, cell.bias_ih);  // (batch, time, 3H), all steps at once
      outputs.push_back(gru_sequence(gates, start, cell.weight_hh, cell.bias_hh, lengths, reverse));
      if (x.shape()[1] == 0) last_states.push_back(start);
      else last_states.push_back(reverse ? outputs.back().select(1, 0) : last_state(outputs.back(), lengths));
    }
    layer_input = outputs.size() == 1 ? outputs[0] : cat(outputs, 2);
    const bool last_layer = first + directions == cells_.size();
    if (!last_layer && options_.dropout > 0) layer_input = dropout(layer_input, options_.dropout, is_training());
  }
  return {layer_input, stack(last_states, 0)};
}

GRUCell::GRUCell(std::int64_t input_size, std::int64_t hidden_size, bool bias) {
  check_sizes("GRUCell", input_size, hidden_size);
  weight_ih = parameter({3 * hidden_size, input_size}, hidden_size, "weight_ih");
  weight_hh = parameter({3 * hidden_size, hidden_size}, hidden_size, "weight_hh");
  if (bias) {
    bias_ih = parameter({3 * hidden_size}, hidden_size, "bias_ih");
    bias_hh = parameter({3 * hidden_size}, hidden_size, "bias_hh");
  }
}

Tensor GRUCell::operator()(const Tensor& x, const Tensor& state) const {
  return step(linear(x, weight_ih, bias_ih), state);
}

Tensor GRUCell::step(const Tensor& input_gates, const Tensor& state) const {
  return gru_sequence(input_gates.unsqueeze(1), state, weight_hh, bias_hh).squeeze(1);
}

}  // namespace gradus::nn
