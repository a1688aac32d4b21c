#include <gradus/autograd/activation.h>
#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/linalg.h>
#include <gradus/autograd/node.h>
#include <gradus/autograd/recurrent.h>
#include <gradus/autograd/recurrent_steps.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/kernels/dispatch.h>
#include <gradus/tensor/kernels/gru.h>

#include <cstring>

namespace gradus {
namespace {

/// What the backward pass needs of every step.
struct Trace {
  Tensor previous;  // (batch, time, H): the state before the step
  Tensor gates;     // (batch, time, 4H): r, z, n and W_hn h + b_hn
};

/// All operands contiguous; output and trace are step buffers. The trace is written where it is defined.
template <class T>
void run_forward(const Steps& steps, const Tensor& input_gates, const Tensor& state, const Tensor& weight,
                 const Tensor& bias, const Tensor& mask, const Tensor& output, const Trace& trace) {
  const std::int64_t H = steps.size;
  const auto row_bytes = static_cast<std::size_t>(H) * sizeof(T);
  const bool traced = trace.gates.defined();
  const Tensor current = state.clone();  // (batch, H)
  const auto kernel = kernel_of<T>(kernels<GruKernels>().forward_f32, kernels<GruKernels>().forward_f64);
  const auto take = [&](std::int64_t row, std::int64_t place, const T* state_gates) {
    T *own = current.data<T>() + row * H, *out = output.data<T>() + place * H;
    if (traced) std::memcpy(trace.previous.data<T>() + place * H, own, row_bytes);
    kernel(H, {.input_gates = input_gates.data<T>() + place * 3 * H,
               .state_gates = state_gates,
               .bias = bias.data<T>(),
               .previous = own,
               .saved = traced ? trace.gates.data<T>() + place * 4 * H : nullptr,
               .next = out});
    std::memcpy(own, out, row_bytes);
  };
  steps_forward<T>(steps, current, weight, mask, take);
}

struct GateGradients {
  Tensor input_gates;  // (batch, time, 3H)
  Tensor state_gates;  // (batch, time, 3H)
  Tensor state;        // (batch, H)
};

template <class T>
GateGradients run_backward(const Steps& steps, const Tensor& gradient, const Tensor& weight,
                           const Tensor& mask, const Trace& trace) {
  const std::int64_t H = steps.size;
  const DType dtype = dtype_of<T>();
  const GateGradients result{step_buffer(steps, 3 * H, dtype), step_buffer(steps, 3 * H, dtype),
                             zeros({steps.batch, H}, dtype)};
  const Tensor arriving = empty({steps.batch, H}, dtype);
  const auto kernel = kernel_of<T>(kernels<GruKernels>().backward_f32, kernels<GruKernels>().backward_f64);
  steps_backward<T>(steps, result.state, weight, mask, result.state_gates,
                    [&](std::int64_t row, std::int64_t place) {
                      T *own = result.state.data<T>() + row * H, *total = arriving.data<T>() + row * H;
                      const T* given = gradient.data<T>() + place * H;
                      for (std::int64_t i = 0; i < H; ++i) total[i] = given[i] + own[i];
                      kernel(H, {.saved = trace.gates.data<T>() + place * 4 * H,
                                 .previous = trace.previous.data<T>() + place * H,
                                 .gradient = total,
                                 .input_gates_gradient = result.input_gates.data<T>() + place * 3 * H,
                                 .state_gates_gradient = result.state_gates.data<T>() + place * 3 * H,
                                 .previous_gradient = own});
                    });
  return result;
}

}  // namespace

Tensor gru_sequence(const Tensor& input_gates, const Tensor& state, const Tensor& weight, const Tensor& bias,
                    const Tensor& lengths, bool reverse, const Tensor& state_mask) {
  Steps steps =
      check_sequence("gru_sequence", 3, input_gates, state, weight, bias, lengths, reverse, state_mask);
  const DType dtype = state.dtype();
  const bool recorded = recording(input_gates, state, weight, bias);
  const Tensor order = lengths.defined() ? lengths.contiguous() : lengths;
  if (order.defined()) steps.lengths = order.data<std::int64_t>();

  Tensor output = step_buffer(steps, steps.size, dtype);
  Trace trace;
  if (recorded) trace = {step_buffer(steps, steps.size, dtype), step_buffer(steps, 4 * steps.size, dtype)};
  const Tensor mask = state_mask.defined() ? state_mask.detach().contiguous() : Tensor();
  const Tensor whole_bias = bias.defined() ? bias : zeros({3 * steps.size}, dtype);
  {
    const no_grad scope;
    const auto run = dtype == DType::float32 ? run_forward<float> : run_forward<double>;
    run(steps, input_gates.contiguous(), state.contiguous(), weight.contiguous(), whole_bias.contiguous(),
        mask, output, trace);
  }
  if (!recorded) return output;

  record(output, "gru_sequence", {&input_gates, &state, &weight, &bias},
         [input_gates = Saved(input_gates), state = Saved(state), weight = Saved(weight), bias = Saved(bias),
          order = Saved(order), mask = Saved(mask), steps, trace](Sink& sink, const Tensor& gradient) {
           const Tensor& kernel_weight = weight.get(sink);
           const Tensor& own_lengths = order.get(sink);  // which steps.lengths points into
           const Tensor& own_mask = mask.get(sink);
           if (sink.create_graph()) {
             return sink.replay(gradient, [&] {
               return composed::gru_sequence(input_gates.get(sink), state.get(sink), kernel_weight,
                                             bias.get(sink), own_lengths, steps.reverse, own_mask);
             });
           }
           const auto run =
               kernel_weight.dtype() == DType::float32 ? run_backward<float> : run_backward<double>;
           const GateGradients result =
               run(steps, gradient.contiguous(), kernel_weight.contiguous(), own_mask, trace);
           add_weight_gradients(sink, 2, result.state_gates, trace.previous, own_mask);
           sink.add(0, result.input_gates);
           sink.add(1, result.state);
         });
  return output;
}

namespace composed {

Tensor gru_sequence(const Tensor& input_gates, const Tensor& state, const Tensor& weight, const Tensor& bias,
                    const Tensor& lengths, bool reverse, const Tensor& state_mask) {
  const Steps steps =
      check_sequence("gru_sequence", 3, input_gates, state, weight, bias, lengths, reverse, state_mask);
  const std::int64_t H = steps.size;
  const auto part = [H](const Tensor& all_gates, std::int64_t i) {
    return all_gates.slice(1, i * H, (i + 1) * H);
  };
  return unroll(steps, input_gates, state, lengths, [&](const Tensor& x, const Tensor& h) {
    const Tensor gates = gradus::linear(masked(h, state_mask), weight, bias);  // (batch, 3H)
    const Tensor r = sigmoid(part(x, 0) + part(gates, 0));
    const Tensor z = sigmoid(part(x, 1) + part(gates, 1));
    const Tensor n = tanh(part(x, 2) + r * part(gates, 2));
    return (1 - z) * n + z * h;
  });
}

}  // namespace composed

}  // namespace gradus
