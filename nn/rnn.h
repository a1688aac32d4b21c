// Plain recurrent networks.
#pragma once
#include <gradus/autograd/recurrent.h>
#include <gradus/nn/recurrent_stack.h>

namespace gradus::nn {

struct RNNOptions {
  int layers = 1;
  bool bidirectional = false;  // a second recurrence from the end to the start, its states beside the first's
  double dropout = 0;          // on the outputs of every layer but the last, while training
  double recurrent_dropout =
      0;  // on the states that go into a product, one mask for all steps, while training
  bool bias = true;
  RecurrentNonlinearity nonlinearity = RecurrentNonlinearity::tanh;
};

/// States after every step and after the last one.
struct RNNOutput {
  Tensor output;  // (batch, time, directions * hidden) of the last layer; zero behind a row's length
  Tensor
      state;  // (layers * directions, batch, hidden): layer 0 forward, layer 0 backward, layer 1 forward, ...
};

/// h' = tanh(W_ih x + b_ih + W_hh h + b_hh), or relu (Elman 1990), with PyTorch's parameter names. Weights
/// start uniformly in
/// +-1/sqrt(hidden).
class RNN {
 public:
  RNN(std::int64_t input_size, std::int64_t hidden_size, RNNOptions options = {});

  /// x (batch, time, input_size); state as in RNNOutput, zeros where it is undefined; lengths (batch,) int64,
  /// from 1 to time, where rows are padded at their end.
  RNNOutput operator()(const Tensor& x, const Tensor& state = {}, const Tensor& lengths = {}) const;

  std::int64_t input_size() const { return stack_->sizes().input; }
  std::int64_t hidden_size() const { return stack_->sizes().hidden; }
  GRADUS_FIELDS(RNN, stack_, nonlinearity_)

 private:
  nameless<RecurrentStack> stack_;
  RecurrentNonlinearity nonlinearity_;
};

/// One step of an RNN on its own: x (batch, input), state (batch, hidden), zeros where it is undefined -> the
/// new state (batch, hidden).
struct RNNCell {
  nameless<RecurrentWeights> weights;  // one gate
  RecurrentNonlinearity nonlinearity;

  RNNCell(std::int64_t input_size, std::int64_t hidden_size, bool bias = true,
          RecurrentNonlinearity kind = RecurrentNonlinearity::tanh);
  Tensor operator()(const Tensor& x, const Tensor& state = {}) const;
  /// The step where W_ih x + b_ih (batch, H) is computed already.
  Tensor step(const Tensor& input_gates, const Tensor& state, const Tensor& state_mask = {}) const;
  GRADUS_FIELDS(RNNCell, weights, nonlinearity)
};

}  // namespace gradus::nn
