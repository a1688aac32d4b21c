// Recurrences over time as one operation. The projection of the inputs of all steps is a product outside (linear), so a
// step costs one product with the state and one pass over the gates.
#pragma once
#include <gradus/tensor/tensor_class.h>

namespace gradus {

/// Runs a GRU over time (Cho et al. 2014, in PyTorch's form) and gives the state after every step, (batch, time, H):
///
///   r = sigmoid(x_r + W_hr h + b_hr)      z = sigmoid(x_z + W_hz h + b_hz)
///   n = tanh(x_n + r (W_hn h + b_hn))     h' = (1 - z) n + z h
///
/// input_gates (batch, time, 3H): x_r, x_z, x_n = W_ih x + b_ih of every step. state (batch, H): where it starts.
/// weight (3H, H): W_hr, W_hz, W_hn. bias (3H) or undefined. lengths (batch,) int64 or undefined: a row stops after its
/// length, and its later outputs are zero. With `reverse` time runs backwards, each row from its own last step.
Tensor gru_sequence(const Tensor& input_gates, const Tensor& state, const Tensor& weight, const Tensor& bias,
                    const Tensor& lengths = {}, bool reverse = false);

namespace composed {
/// The same in plain operations.
Tensor gru_sequence(const Tensor& input_gates, const Tensor& state, const Tensor& weight, const Tensor& bias,
                    const Tensor& lengths = {}, bool reverse = false);
}  // namespace composed

/// The state of each row after its last step, (batch, H), out of the outputs (batch, time, H) of a forward recurrence.
Tensor last_state(const Tensor& outputs, const Tensor& lengths = {});

}  // namespace gradus
