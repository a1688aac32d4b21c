#include <gradus/autograd/activation.h>
#include <gradus/autograd/linalg.h>
#include <gradus/autograd/pointwise.h>
#include <gradus/autograd/recurrent.h>
#include <gradus/autograd/recurrent_steps.h>

namespace gradus {

Tensor rnn_sequence(const Tensor& input_gates, const Tensor& state, const Tensor& weight, const Tensor& bias,
                    RecurrentNonlinearity nonlinearity, const Tensor& lengths, bool reverse,
                    const Tensor& state_mask) {
  const Steps steps =
      check_sequence("rnn_sequence", 1, input_gates, state, weight, bias, lengths, reverse, state_mask);
  return unroll(steps, input_gates, state, lengths, [&](const Tensor& x, const Tensor& h) {
    const Tensor sum = x + linear(masked(h, state_mask), weight, bias);  // (batch, H)
    return nonlinearity == RecurrentNonlinearity::tanh ? tanh(sum) : relu(sum);
  });
}

}  // namespace gradus
