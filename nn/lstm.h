// Long short-term memory.
#pragma once
#include <gradus/nn/recurrent_stack.h>

namespace gradus::nn {

struct LSTMOptions {
  int layers = 1;
  bool bidirectional = false;  // a second recurrence from the end to the start, its states beside the first's
  double dropout = 0;          // on the outputs of every layer but the last, while training
  double recurrent_dropout =
      0;  // on the states that go into a product, one mask for all steps, while training
  bool bias = true;
  double forget_bias = 0;  // added to the forget gate's bias; 1 keeps the past (Jozefowicz et al. 2015)
};

/// States after every step, states and cells after the last one.
struct LSTMOutput {
  Tensor output;  // (batch, time, directions * hidden) of the last layer; zero behind a row's length
  Tensor
      state;  // (layers * directions, batch, hidden): layer 0 forward, layer 0 backward, layer 1 forward, ...
  Tensor cell;  // likewise
};

/// An LSTM (Hochreiter, Schmidhuber 1997; Gers et al. 2000), with PyTorch's parameter names and gate order i,
/// f, g, o. Weights start uniformly in +-1/sqrt(hidden).
class LSTM {
 public:
  LSTM(std::int64_t input_size, std::int64_t hidden_size, LSTMOptions options = {});

  /// x (batch, time, input_size); state and cell as in LSTMOutput, zeros where undefined; lengths (batch,)
  /// int64, from 1 to time, where rows are padded at their end.
  LSTMOutput operator()(const Tensor& x, const Tensor& state = {}, const Tensor& cell = {},
                        const Tensor& lengths = {}) const;

  std::int64_t input_size() const { return stack_->sizes().input; }
  std::int64_t hidden_size() const { return stack_->sizes().hidden; }
  GRADUS_FIELDS(LSTM, stack_)

 private:
  nameless<RecurrentStack> stack_;
};

struct LSTMState {
  Tensor state, cell;  // (batch, hidden)
};

/// One step of an LSTM on its own: x (batch, input), state and cell (batch, hidden), zeros where they are
/// undefined -> the new ones.
struct LSTMCell {
  nameless<RecurrentWeights> weights;  // 4 gates: i, f, g, o

  LSTMCell(std::int64_t input_size, std::int64_t hidden_size, bool bias = true);
  LSTMState operator()(const Tensor& x, const Tensor& state = {}, const Tensor& cell = {}) const;
  /// The step where W_ih x + b_ih (batch, 4H) is computed already.
  LSTMState step(const Tensor& input_gates, const Tensor& state, const Tensor& cell,
                 const Tensor& state_mask = {}) const;
  GRADUS_FIELDS(LSTMCell, weights)
};

}  // namespace gradus::nn
