// Recurrences over time as one operation. The projection of the inputs of all steps is a product outside (linear), so a
// step costs one product with the state and one pass over the gates.
#pragma once
#include <gradus/tensor/tensor_class.h>

namespace gradus {

/// Runs a GRU over time (Cho et al. 2014, in PyTorch's form) and gives the state after every step, (batch,
/// time, H):
///
///   r = sigmoid(x_r + W_hr h + b_hr)      z = sigmoid(x_z + W_hz h + b_hz)
///   n = tanh(x_n + r (W_hn h + b_hn))     h' = (1 - z) n + z h
///
/// input_gates (batch, time, 3H): x_r, x_z, x_n = W_ih x + b_ih of every step. state (batch, H): where it
/// starts. weight (3H, H): W_hr, W_hz, W_hn. bias (3H) or undefined. lengths (batch,) int64 or undefined: a
/// row stops after its length, and its later outputs are zero. With `reverse` time runs backwards, each row
/// from its own last step. state_mask m (batch, H) or undefined: factors on the state where it goes into a
/// product, W_h (m h) in place of W_h h, the same at every step, for variational dropout (Gal, Ghahramani
/// 2016); they are constants and get no gradient.
Tensor gru_sequence(const Tensor& input_gates, const Tensor& state, const Tensor& weight, const Tensor& bias,
                    const Tensor& lengths = {}, bool reverse = false, const Tensor& state_mask = {});

/// Runs an LSTM over time (Hochreiter, Schmidhuber 1997; Gers et al. 2000) and gives state and cell after
/// every step side by side, (batch, time, 2H):
///
///   i = sigmoid(x_i + W_hi h + b_i)   f = sigmoid(x_f + W_hf h + b_f)   o = sigmoid(x_o + W_ho h + b_o)
///   g = tanh(x_g + W_hg h + b_g)      c' = f c + i g                    h' = o tanh(c')
///
/// input_gates (batch, time, 4H): x_i, x_f, x_g, x_o = W_ih x + b_ih of every step. state, cell (batch, H):
/// where it starts. weight (4H, H): W_hi, W_hf, W_hg, W_ho. bias (4H) or undefined. lengths, reverse and
/// state_mask as for gru_sequence.
Tensor lstm_sequence(const Tensor& input_gates, const Tensor& state, const Tensor& cell, const Tensor& weight,
                     const Tensor& bias, const Tensor& lengths = {}, bool reverse = false,
                     const Tensor& state_mask = {});

enum class RecurrentNonlinearity { tanh, relu };

/// Runs a plain RNN over time (Elman 1990), h' = tanh(x + W_hh h + b) or relu of it, and gives the state after every step,
/// (batch, time, H). input_gates (batch, time, H): W_ih x + b_ih of every step; weight (H, H); the rest as for gru_sequence.
Tensor rnn_sequence(const Tensor& input_gates, const Tensor& state, const Tensor& weight, const Tensor& bias,
                    RecurrentNonlinearity nonlinearity = RecurrentNonlinearity::tanh,
                    const Tensor& lengths = {}, bool reverse = false, const Tensor& state_mask = {});

namespace composed {
// The same in plain operations.
Tensor lstm_sequence(const Tensor& input_gates, const Tensor& state, const Tensor& cell, const Tensor& weight,
                     const Tensor& bias, const Tensor& lengths = {}, bool reverse = false,
                     const Tensor& state_mask = {});
Tensor gru_sequence(const Tensor& input_gates, const Tensor& state, const Tensor& weight, const Tensor& bias,
                    const Tensor& lengths = {}, bool reverse = false, const Tensor& state_mask = {});
}  // namespace composed

/// The state of each row after its last step, (batch, H), out of the outputs (batch, time, H) of a forward recurrence.
Tensor last_state(const Tensor& outputs, const Tensor& lengths = {});

}  // namespace gradus
