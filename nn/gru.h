// Gated recurrent units.
#pragma once
#include <gradus/nn/recurrent_stack.h>

namespace gradus::nn {

struct GRUOptions {
  int layers = 1;
  bool bidirectional = false;  // a second recurrence from the end to the start, its states beside the first's
  double dropout = 0;          // on the outputs of every layer but the last, while training
  double recurrent_dropout =
      0;  // on the states that go into a product, one mask for all steps, while training
  bool bias = true;
};

/// States after every step and after the last one.
struct GRUOutput {
  Tensor output;  // (batch, time, directions * hidden) of the last layer; zero behind a row's length
  Tensor
      state;  // (layers * directions, batch, hidden): layer 0 forward, layer 0 backward, layer 1 forward, ...
};

/// A GRU (Cho et al. 2014; the reset gate acts after the product with the state, as in PyTorch, whose
/// parameter names and gate order r, z, n it uses). Weights start uniformly in +-1/sqrt(hidden).
class GRU {
 public:
  GRU(std::int64_t input_size, std::int64_t hidden_size, GRUOptions options = {});

  /// x (batch, time, input_size); state as in GRUOutput, zeros where it is undefined; lengths (batch,) int64,
  /// from 1 to time, where rows are padded at their end.
  GRUOutput operator()(const Tensor& x, const Tensor& state = {}, const Tensor& lengths = {}) const;

  std::int64_t input_size() const { return stack_->sizes().input; }
  std::int64_t hidden_size() const { return stack_->sizes().hidden; }
  GRADUS_FIELDS(GRU, stack_)

 private:
  nameless<RecurrentStack> stack_;
};

/// One step of a GRU on its own: x (batch, input), state (batch, hidden), zeros where it is undefined -> the
/// new state (batch, hidden).
struct GRUCell {
  nameless<RecurrentWeights> weights;  // 3 gates: r, z, n

  GRUCell(std::int64_t input_size, std::int64_t hidden_size, bool bias = true);
  Tensor operator()(const Tensor& x, const Tensor& state = {}) const;
  /// The step where W_ih x + b_ih (batch, 3H) is computed already, for decoders that project all their inputs
  /// at once; state_mask as in gru_sequence.
  Tensor step(const Tensor& input_gates, const Tensor& state, const Tensor& state_mask = {}) const;
  GRADUS_FIELDS(GRUCell, weights)
};

}  // namespace gradus::nn
