#include <gradus/autograd/activation.h>
#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/linalg.h>
#include <gradus/autograd/node.h>
#include <gradus/autograd/recurrent.h>
#include <gradus/autograd/recurrent_steps.h>
#include <gradus/autograd/reduce.h>
#include <gradus/tensor/blas.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/error.h>
#include <gradus/tensor/kernels/dispatch.h>
#include <gradus/tensor/kernels/lstm.h>
#include <gradus/tensor/parallel.h>

#include <algorithm>
#include <cstring>

namespace gradus {
namespace {

template <class T>
auto forward_kernel() {
  if constexpr (std::is_same_v<T, float>) return kernels<LstmKernels>().forward_f32;
  else return kernels<LstmKernels>().forward_f64;
}

template <class T>
auto backward_kernel() {
  if constexpr (std::is_same_v<T, float>) return kernels<LstmKernels>().backward_f32;
  else return kernels<LstmKernels>().backward_f64;
}

/// What the backward pass needs of every step.
struct Trace {
  Tensor state, cell;  // (batch, time, H): before the step
  Tensor gates;        // (batch, time, 4H): i, f, g, o
};

/// All operands contiguous; output (batch, time, 2H). The trace is written where it is defined.
template <class T>
void run_forward(const Steps& steps, const Tensor& input_gates, const Tensor& state, const Tensor& cell,
                 const Tensor& weight, const Tensor& bias, const Tensor& output, const Trace& trace) {
  const std::int64_t H = steps.size;
  const auto row_bytes = static_cast<std::size_t>(H) * sizeof(T);
  const Tensor current_state = state.clone(), current_cell = cell.clone();  // (batch, H)
  const Tensor state_gates = empty({steps.batch, 4 * H}, dtype_of<T>());    // W_hh h of one step
  T *const h = current_state.data<T>(), *const c = current_cell.data<T>();
  const auto kernel = forward_kernel<T>();
  for (std::int64_t step = 0; step < steps.time; ++step) {
    const std::int64_t t = steps.at(step);
    gemm(dtype_of<T>(), steps.batch, 4 * H, H, 1, {h, H}, {weight.raw_data(), H, true}, 0,
         state_gates.raw_data(), 4 * H);
    parallel_for(steps.batch, steps.rows_per_tile(), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t row = begin; row < end; ++row) {
        const std::int64_t place = row * steps.time + t;
        T *out = output.data<T>() + place * 2 * H, *own_state = h + row * H, *own_cell = c + row * H;
        if (trace.gates.defined()) {
          std::memcpy(trace.state.data<T>() + place * H, own_state, row_bytes);
          std::memcpy(trace.cell.data<T>() + place * H, own_cell, row_bytes);
        }
        if (!steps.active(row, t)) {
          std::memset(out, 0, 2 * row_bytes);
          continue;
        }
        kernel(H, {.input_gates = input_gates.data<T>() + place * 4 * H,
                   .state_gates = state_gates.data<T>() + row * 4 * H,
                   .bias = bias.data<T>(),
                   .previous_cell = own_cell,
                   .saved = trace.gates.defined() ? trace.gates.data<T>() + place * 4 * H : nullptr,
                   .state = out,
                   .cell = out + H});
        std::memcpy(own_state, out, row_bytes);
        std::memcpy(own_cell, out + H, row_bytes);
      }
    });
  }
}

struct Gradients {
  Tensor gates;        // (batch, time, 4H), of the input gates and of the products with the state alike
  Tensor state, cell;  // (batch, H)
};

template <class T>
Gradients run_backward(const Steps& steps, const Tensor& gradient, const Tensor& weight, const Tensor& output,
                       const Trace& trace) {
  const std::int64_t H = steps.size;
  const Gradients result{empty({steps.batch, steps.time, 4 * H}, dtype_of<T>()),
                         zeros({steps.batch, H}, dtype_of<T>()), zeros({steps.batch, H}, dtype_of<T>())};
  const Tensor arriving = empty({steps.batch, H}, dtype_of<T>());
  const auto kernel = backward_kernel<T>();
  for (std::int64_t step = steps.time - 1; step >= 0; --step) {
    const std::int64_t t = steps.at(step);
    parallel_for(steps.batch, steps.rows_per_tile(), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t row = begin; row < end; ++row) {
        const std::int64_t place = row * steps.time + t;
        T* gates = result.gates.data<T>() + place * 4 * H;
        if (!steps.active(row, t)) {
          std::memset(gates, 0, static_cast<std::size_t>(4 * H) * sizeof(T));
          continue;
        }
        T *to_state = result.state.data<T>() + row * H, *to_cell = result.cell.data<T>() + row * H;
        T* total = arriving.data<T>() + row * H;
        const T* given = gradient.data<T>() + place * 2 * H;
        for (std::int64_t i = 0; i < H; ++i) {
          total[i] = given[i] + to_state[i];
          to_cell[i] += given[H + i];
          to_state[i] = 0;  // the product below adds what goes to the state before
        }
        kernel(H, {.saved = trace.gates.data<T>() + place * 4 * H,
                   .previous_cell = trace.cell.data<T>() + place * H,
                   .cell = output.data<T>() + place * 2 * H + H,
                   .state_gradient = total,
                   .cell_gradient = to_cell,
                   .gates_gradient = gates,
                   .previous_cell_gradient = to_cell});
      }
    });
    gemm(dtype_of<T>(), steps.batch, H, 4 * H, 1, {result.gates.data<T>() + t * 4 * H, steps.time * 4 * H},
         {weight.raw_data(), H}, 1, result.state.data<T>(), H);
  }
  return result;
}

Steps check(const Tensor& input_gates, const Tensor& state, const Tensor& cell, const Tensor& weight,
            const Tensor& bias, const Tensor& lengths, bool reverse) {
  const Steps steps = check_sequence("lstm_sequence", 4, input_gates, state, weight, bias, lengths, reverse);
  if (!(cell.shape() == state.shape()) || cell.dtype() != state.dtype()) {
    throw Error("lstm_sequence",
                "the cell must be like the state " + describe(state) + ", got " + describe(cell));
  }
  return steps;
}

}  // namespace

Tensor lstm_sequence(const Tensor& input_gates, const Tensor& state, const Tensor& cell, const Tensor& weight,
                     const Tensor& bias, const Tensor& lengths, bool reverse) {
  Steps steps = check(input_gates, state, cell, weight, bias, lengths, reverse);
  const DType dtype = state.dtype();
  const bool recorded = recording(input_gates, state, cell, weight, bias);
  const Tensor order = lengths.defined() ? lengths.contiguous() : lengths;
  if (order.defined()) steps.lengths = order.data<std::int64_t>();

  Tensor output = empty({steps.batch, steps.time, 2 * steps.size}, dtype);
  Trace trace;
  if (recorded) {
    const Shape states{steps.batch, steps.time, steps.size};
    trace = {empty(states, dtype), empty(states, dtype),
             empty({steps.batch, steps.time, 4 * steps.size}, dtype)};
  }
  const Tensor whole_bias = bias.defined() ? bias : zeros({4 * steps.size}, dtype);
  {
    const no_grad scope;
    const auto run = dtype == DType::float32 ? run_forward<float> : run_forward<double>;
    run(steps, input_gates.contiguous(), state.contiguous(), cell.contiguous(), weight.contiguous(),
        whole_bias.contiguous(), output, trace);
  }
  if (!recorded) return output;

  record(output, "lstm_sequence", {&input_gates, &state, &cell, &weight, &bias},
         [input_gates = Saved(input_gates), state = Saved(state), cell = Saved(cell), weight = Saved(weight),
          bias = Saved(bias), output = SavedOutput(output), order, steps,
          trace](Sink& sink, const Tensor& gradient) {
           const Tensor& kernel_weight = weight.get(sink);
           if (sink.create_graph()) {
             return sink.replay(gradient, [&] {
               return composed::lstm_sequence(input_gates.get(sink), state.get(sink), cell.get(sink),
                                              kernel_weight, bias.get(sink), order, steps.reverse);
             });
           }
           const auto run =
               kernel_weight.dtype() == DType::float32 ? run_backward<float> : run_backward<double>;
           const Gradients result =
               run(steps, gradient.contiguous(), kernel_weight.contiguous(), output.get(sink), trace);
           const std::int64_t rows = steps.batch * steps.time, H = steps.size;
           if (sink.needs(3)) {
             bool fresh = false;
             const Tensor buffer = sink.into(3, fresh);  // (4H, H) += gates^T state, over all steps at once
             gemm(buffer.dtype(), 4 * H, H, rows, 1, {result.gates.raw_data(), 4 * H, true},
                  {trace.state.raw_data(), H}, fresh ? 0 : 1, buffer.raw_data(), H);
           }
           if (sink.needs(4)) sink.add(4, sum(result.gates.view({rows, 4 * H}), {0}));
           sink.add(0, result.gates);
           sink.add(1, result.state);
           sink.add(2, result.cell);
         });
  return output;
}

namespace composed {

Tensor lstm_sequence(const Tensor& input_gates, const Tensor& state, const Tensor& cell, const Tensor& weight,
                     const Tensor& bias, const Tensor& lengths, bool reverse) {
  const Steps steps = check(input_gates, state, cell, weight, bias, lengths, reverse);
  const std::int64_t H = steps.size;
  return unroll(steps, input_gates, cat({state, cell}, 1), lengths, [&](const Tensor& x, const Tensor& both) {
    const Tensor gates = x + gradus::linear(both.slice(1, 0, H), weight, bias);  // (batch, 4H)
    const auto part = [&](std::int64_t i) { return gates.slice(1, i * H, (i + 1) * H); };
    const Tensor next = sigmoid(part(1)) * both.slice(1, H) + sigmoid(part(0)) * tanh(part(2));
    return cat({sigmoid(part(3)) * tanh(next), next}, 1);
  });
}

}  // namespace composed

}  // namespace gradus
