#include <gradus/autograd/joining.h>
#include <gradus/autograd/linalg.h>
#include <gradus/autograd/modes.h>
#include <gradus/autograd/normalize.h>
#include <gradus/autograd/recurrent.h>
#include <gradus/nn/recurrent_stack.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>

#include <cmath>

namespace gradus::nn {

RecurrentWeights::RecurrentWeights(const char* layer, std::int64_t gates, std::int64_t input,
                                   std::int64_t hidden, bool bias, const std::string& suffix) {
  if (input < 1 || hidden < 1) {
    throw Error(layer, "sizes must be positive, got input " + std::to_string(input) + " and hidden " +
                           std::to_string(hidden));
  }
  const double bound = 1 / std::sqrt(static_cast<double>(hidden));
  const auto parameter = [&](const Shape& shape, const char* name) {
    Tensor tensor = empty(shape);
    return tensor.uniform_(-bound, bound).requires_grad_().set_name(name + suffix);
  };
  weight_ih = parameter({gates * hidden, input}, "weight_ih");
  weight_hh = parameter({gates * hidden, hidden}, "weight_hh");
  if (!bias) return;
  bias_ih = parameter({gates * hidden}, "bias_ih");
  bias_hh = parameter({gates * hidden}, "bias_hh");
}

Tensor RecurrentWeights::start(const Tensor& state, const Tensor& x) const {
  return state.defined() ? state : zeros({x.size(0), weight_hh.size(1)}, x.dtype());
}

RecurrentStack::RecurrentStack(const char* layer, const RecurrentSizes& sizes)
    : layer_(layer), sizes_(sizes) {
  if (sizes.layers < 1) throw Error(layer, "needs at least one layer, got " + std::to_string(sizes.layers));
  if (!(sizes.dropout >= 0 && sizes.dropout <= 1)) {
    throw Error(layer, "dropout must lie in [0, 1], got " + std::to_string(sizes.dropout));
  }
  if (!(sizes.recurrent_dropout >= 0 && sizes.recurrent_dropout <= 1)) {
    throw Error(layer,
                "recurrent_dropout must lie in [0, 1], got " + std::to_string(sizes.recurrent_dropout));
  }
  for (int i = 0; i < sizes.layers; ++i) {
    const std::int64_t inputs = i == 0 ? sizes.input : directions() * sizes.hidden;
    for (int direction = 0; direction < directions(); ++direction) {
      const std::string suffix = "_l" + std::to_string(i) + (direction == 0 ? "" : "_reverse");
      cells_.push_back(
          {suffix, RecurrentWeights(layer, sizes.gates, inputs, sizes.hidden, sizes.bias, suffix)});
    }
  }
}

void RecurrentStack::check(const Tensor& x, const Tensor& state) const {
  if (!x.defined() || x.rank() != 3 || x.shape()[2] != sizes_.input) {
    throw Error(layer_,
                "the input must be (batch, time, " + std::to_string(sizes_.input) + "), got " + describe(x));
  }
  const Shape expected{count(), x.shape()[0], sizes_.hidden};
  if (state.defined() && !(state.shape() == expected)) {
    throw Error(layer_, "the state must be " + to_string(expected) + ", got " + describe(state));
  }
}

Tensor RecurrentStack::start(const Tensor& state, std::int64_t i, const Tensor& x) const {
  return weights(i).start(state.defined() ? state[i] : Tensor(), x);
}

Tensor RecurrentStack::state_mask(const Tensor& x) const {
  if (!is_training() || sizes_.recurrent_dropout == 0) return {};
  return dropout(ones({x.shape()[0], sizes_.hidden}, x.dtype()), sizes_.recurrent_dropout);
}

Tensor RecurrentStack::input_gates(std::int64_t i, const Tensor& x) const {
  return linear(x, weights(i).weight_ih, weights(i).bias_ih);
}

Tensor RecurrentStack::beside(const Tensor& forward, const Tensor& backward) {
  return cat({forward, backward}, 2);
}

Tensor RecurrentStack::dropped(const Tensor& x) const { return dropout(x, sizes_.dropout, is_training()); }

Tensor final_state(const Tensor& states, const Tensor& start, const Tensor& lengths, bool reverse) {
  if (states.size(1) == 0) return start;
  return reverse ? states.select(1, 0) : last_state(states, lengths);
}

}  // namespace gradus::nn
