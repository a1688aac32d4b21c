#include <gradus/autograd/activation.h>
#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/linalg.h>
#include <gradus/autograd/node.h>
#include <gradus/autograd/recurrent.h>
#include <gradus/autograd/recurrent_steps.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/kernels/dispatch.h>
#include <gradus/tensor/kernels/lstm.h>

#include <cstring>

namespace gradus {
namespace {

/// What the backward pass needs of every step.
struct Trace {
  Tensor state, cell;  // (batch, time, H): before the step
  Tensor gates;        // (batch, time, 4H): i, f, g, o
};

/// All operands contiguous; output (batch, time, 2H) and trace are step buffers. The trace is written where
/// it is defined.
template <class T>
void run_forward(const Steps& steps, const Tensor& input_gates, const Tensor& state, const Tensor& cell,
                 const Tensor& weight, const Tensor& bias, const Tensor& mask, const Tensor& output,
                 const Trace& trace) {
  const std::int64_t H = steps.size;
  const auto row_bytes = static_cast<std::size_t>(H) * sizeof(T);
  const bool traced = trace.gates.defined();
  const Tensor current_state = state.clone(), current_cell = cell.clone();  // (batch, H)
  const auto kernel = kernel_of<T>(kernels<LstmKernels>().forward_f32, kernels<LstmKernels>().forward_f64);
  steps_forward<T>(steps, current_state, weight, mask,
                   [&](std::int64_t row, std::int64_t place, const T* state_gates) {
                     T* out = output.data<T>() + place * 2 * H;
                     T* own_state = current_state.data<T>() + row * H;
                     T* own_cell = current_cell.data<T>() + row * H;
                     if (traced) {
                       std::memcpy(trace.state.data<T>() + place * H, own_state, row_bytes);
                       std::memcpy(trace.cell.data<T>() + place * H, own_cell, row_bytes);
                     }
                     kernel(H, {.input_gates = input_gates.data<T>() + place * 4 * H,
                                .state_gates = state_gates,
                                .bias = bias.data<T>(),
                                .previous_cell = own_cell,
                                .saved = traced ? trace.gates.data<T>() + place * 4 * H : nullptr,
                                .state = out,
                                .cell = out + H});
                     std::memcpy(own_state, out, row_bytes);
                     std::memcpy(own_cell, out + H, row_bytes);
                   });
}

struct Gradients {
  Tensor gates;        // (batch, time, 4H), of the input gates and of the products with the state alike
  Tensor state, cell;  // (batch, H)
};

template <class T>
Gradients run_backward(const Steps& steps, const Tensor& gradient, const Tensor& weight, const Tensor& mask,
                       const Tensor& output, const Trace& trace) {
  const std::int64_t H = steps.size;
  const DType dtype = dtype_of<T>();
  const Gradients result{step_buffer(steps, 4 * H, dtype), zeros({steps.batch, H}, dtype),
                         zeros({steps.batch, H}, dtype)};
  const Tensor arriving = empty({steps.batch, H}, dtype);
  const auto kernel = kernel_of<T>(kernels<LstmKernels>().backward_f32, kernels<LstmKernels>().backward_f64);
  const auto take = [&](std::int64_t row, std::int64_t place) {
    T *to_state = result.state.data<T>() + row * H, *to_cell = result.cell.data<T>() + row * H;
    T* total = arriving.data<T>() + row * H;
    const T* given = gradient.data<T>() + place * 2 * H;
    for (std::int64_t i = 0; i < H; ++i) {
      total[i] = given[i] + to_state[i];
      to_cell[i] += given[H + i];
      to_state[i] = 0;  // all that reaches the state before goes through the product
    }
    kernel(H, {.saved = trace.gates.data<T>() + place * 4 * H,
               .previous_cell = trace.cell.data<T>() + place * H,
               .cell = output.data<T>() + place * 2 * H + H,
               .state_gradient = total,
               .cell_gradient = to_cell,
               .gates_gradient = result.gates.data<T>() + place * 4 * H,
               .previous_cell_gradient = to_cell});
  };
  steps_backward<T>(steps, result.state, weight, mask, result.gates, take);
  return result;
}

Steps check(const Tensor& input_gates, const Tensor& state, const Tensor& cell, const Tensor& weight,
            const Tensor& bias, const Tensor& lengths, bool reverse, const Tensor& state_mask) {
  const Steps steps =
      check_sequence("lstm_sequence", 4, input_gates, state, weight, bias, lengths, reverse, state_mask);
  if (!(cell.shape() == state.shape()) || cell.dtype() != state.dtype()) {
    throw Error("lstm_sequence",
                "the cell must be like the state " + describe(state) + ", got " + describe(cell));
  }
  return steps;
}

}  // namespace

Tensor lstm_sequence(const Tensor& input_gates, const Tensor& state, const Tensor& cell, const Tensor& weight,
                     const Tensor& bias, const Tensor& lengths, bool reverse, const Tensor& state_mask) {
  Steps steps = check(input_gates, state, cell, weight, bias, lengths, reverse, state_mask);
  const DType dtype = state.dtype();
  const bool recorded = recording(input_gates, state, cell, weight, bias);
  const Tensor order = lengths.defined() ? lengths.contiguous() : lengths;
  if (order.defined()) steps.lengths = order.data<std::int64_t>();

  Tensor output = step_buffer(steps, 2 * steps.size, dtype);
  Trace trace;
  if (recorded) {
    trace = {step_buffer(steps, steps.size, dtype), step_buffer(steps, steps.size, dtype),
             step_buffer(steps, 4 * steps.size, dtype)};
  }
  const Tensor mask = state_mask.defined() ? state_mask.detach().contiguous() : Tensor();
  const Tensor whole_bias = bias.defined() ? bias : zeros({4 * steps.size}, dtype);
  {
    const no_grad scope;
    const auto run = dtype == DType::float32 ? run_forward<float> : run_forward<double>;
    run(steps, input_gates.contiguous(), state.contiguous(), cell.contiguous(), weight.contiguous(),
        whole_bias.contiguous(), mask, output, trace);
  }
  if (!recorded) return output;

  record(output, "lstm_sequence", {&input_gates, &state, &cell, &weight, &bias},
         [input_gates = Saved(input_gates), state = Saved(state), cell = Saved(cell), weight = Saved(weight),
          bias = Saved(bias), output = SavedOutput(output), order = Saved(order), mask = Saved(mask), steps,
          trace](Sink& sink, const Tensor& gradient) {
           const Tensor& kernel_weight = weight.get(sink);
           const Tensor& own_lengths = order.get(sink);  // which steps.lengths points into
           const Tensor& own_mask = mask.get(sink);
           if (sink.create_graph()) {
             return sink.replay(gradient, [&] {
               return composed::lstm_sequence(input_gates.get(sink), state.get(sink), cell.get(sink),
                                              kernel_weight, bias.get(sink), own_lengths, steps.reverse,
                                              own_mask);
             });
           }
           const auto run =
               kernel_weight.dtype() == DType::float32 ? run_backward<float> : run_backward<double>;
           const Gradients result = run(steps, gradient.contiguous(), kernel_weight.contiguous(), own_mask,
                                        output.get(sink), trace);
           add_weight_gradients(sink, 3, result.gates, trace.state, own_mask);
           sink.add(0, result.gates);
           sink.add(1, result.state);
           sink.add(2, result.cell);
         });
  return output;
}

namespace composed {

Tensor lstm_sequence(const Tensor& input_gates, const Tensor& state, const Tensor& cell, const Tensor& weight,
                     const Tensor& bias, const Tensor& lengths, bool reverse, const Tensor& state_mask) {
  const Steps steps = check(input_gates, state, cell, weight, bias, lengths, reverse, state_mask);
  const std::int64_t H = steps.size;
  return unroll(steps, input_gates, cat({state, cell}, 1), lengths, [&](const Tensor& x, const Tensor& both) {
    const Tensor gates =
        x + gradus::linear(masked(both.slice(1, 0, H), state_mask), weight, bias);  // (batch, 4H)
    const auto part = [&](std::int64_t i) { return gates.slice(1, i * H, (i + 1) * H); };
    const Tensor next = sigmoid(part(1)) * both.slice(1, H) + sigmoid(part(0)) * tanh(part(2));
    return cat({sigmoid(part(3)) * tanh(next), next}, 1);
  });
}

}  // namespace composed

}  // namespace gradus
