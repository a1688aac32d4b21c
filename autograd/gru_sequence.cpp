#include <gradus/autograd/activation.h>
#include <gradus/autograd/arithmetic.h>
#include <gradus/autograd/linalg.h>
#include <gradus/autograd/node.h>
#include <gradus/autograd/recurrent.h>
#include <gradus/autograd/recurrent_steps.h>
#include <gradus/autograd/reduce.h>
#include <gradus/tensor/blas.h>
#include <gradus/tensor/create.h>
#include <gradus/tensor/kernels/dispatch.h>
#include <gradus/tensor/kernels/gru.h>
#include <gradus/tensor/parallel.h>

#include <cstring>

namespace gradus {
namespace {

template <class T>
auto forward_kernel() {
  if constexpr (std::is_same_v<T, float>) return kernels<GruKernels>().forward_f32;
  else return kernels<GruKernels>().forward_f64;
}

template <class T>
auto backward_kernel() {
  if constexpr (std::is_same_v<T, float>) return kernels<GruKernels>().backward_f32;
  else return kernels<GruKernels>().backward_f64;
}

/// What the backward pass needs of every step.
struct Trace {
  Tensor previous;  // (batch, time, H): the state before the step
  Tensor gates;     // (batch, time, 4H): r, z, n and W_hn h + b_hn
};

/// All operands contiguous. The trace is written where it is defined.
template <class T>
void run_forward(const Steps& steps, const Tensor& input_gates, const Tensor& state, const Tensor& weight,
                 const Tensor& bias, const Tensor& output, const Trace& trace) {
  const std::int64_t H = steps.size;
  Tensor current = state.clone();                                                  // (batch, H)
  const Tensor state_gates = empty({steps.batch, 3 * H}, dtype_of<T>());           // W_hh h of one step
  T* const h = current.data<T>();
  const auto kernel = forward_kernel<T>();
  for (std::int64_t step = 0; step < steps.time; ++step) {
    const std::int64_t t = steps.at(step);
    gemm(dtype_of<T>(), steps.batch, 3 * H, H, 1, {h, H}, {weight.raw_data(), H, true}, 0, state_gates.raw_data(), 3 * H);
    parallel_for(steps.batch, steps.rows_per_tile(), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t row = begin; row < end; ++row) {
        const std::int64_t place = row * steps.time + t;
        T* out = output.data<T>() + place * H;
        T* own = h + row * H;
        if (trace.previous.defined()) std::memcpy(trace.previous.data<T>() + place * H, own, static_cast<std::size_t>(H) * sizeof(T));
        if (!steps.active(row, t)) {
          std::memset(out, 0, static_cast<std::size_t>(H) * sizeof(T));
          continue;
        }
        kernel(H, {.input_gates = input_gates.data<T>() + place * 3 * H,
                   .state_gates = state_gates.data<T>() + row * 3 * H,
                   .bias = bias.data<T>(),
                   .previous = own,
                   .saved = trace.gates.defined() ? trace.gates.data<T>() + place * 4 * H : nullptr,
                   .next = out});
        std::memcpy(own, out, static_cast<std::size_t>(H) * sizeof(T));
      }
    });
  }
}

struct GateGradients {
  Tensor input_gates;  // (batch, time, 3H)
  Tensor state_gates;  // (batch, time, 3H)
  Tensor state;        // (batch, H)
};

template <class T>
GateGradients run_backward(const Steps& steps, const Tensor& gradient, const Tensor& weight, const Trace& trace) {
  const std::int64_t H = steps.size;
  const GateGradients result{empty({steps.batch, steps.time, 3 * H}, dtype_of<T>()),
                             empty({steps.batch, steps.time, 3 * H}, dtype_of<T>()),
                             zeros({steps.batch, H}, dtype_of<T>())};
  const Tensor arriving = empty({steps.batch, H}, dtype_of<T>());
  T* const carry = result.state.data<T>();  // gradient of the state that the step before gave
  const auto kernel = backward_kernel<T>();
  for (std::int64_t step = steps.time - 1; step >= 0; --step) {
    const std::int64_t t = steps.at(step);
    parallel_for(steps.batch, steps.rows_per_tile(), [&](std::int64_t begin, std::int64_t end) {
      for (std::int64_t row = begin; row < end; ++row) {
        const std::int64_t place = row * steps.time + t;
        T* input_gates = result.input_gates.data<T>() + place * 3 * H;
        T* state_gates = result.state_gates.data<T>() + place * 3 * H;
        if (!steps.active(row, t)) {
          std::memset(input_gates, 0, static_cast<std::size_t>(3 * H) * sizeof(T));
          std::memset(state_gates, 0, static_cast<std::size_t>(3 * H) * sizeof(T));
          continue;
        }
        T* own = carry + row * H;
        T* total = arriving.data<T>() + row * H;
        const T* given = gradient.data<T>() + place * H;
        for (std::int64_t i = 0; i < H; ++i) total[i] = given[i] + own[i];
        kernel(H, {.saved = trace.gates.data<T>() + place * 4 * H,
                   .previous = trace.previous.data<T>() + place * H,
                   .gradient = total,
                   .input_gates_gradient = input_gates,
                   .state_gates_gradient = state_gates,
                   .previous_gradient = own});
      }
    });
    gemm(dtype_of<T>(), steps.batch, H, 3 * H, 1, {result.state_gates.data<T>() + t * 3 * H, steps.time * 3 * H},
         {weight.raw_data(), H}, 1, carry, H);
  }
  return result;
}

}  // namespace

Tensor gru_sequence(const Tensor& input_gates, const Tensor& state, const Tensor& weight, const Tensor& bias,
                    const Tensor& lengths, bool reverse) {
  Steps steps = check_sequence("gru_sequence", 3, input_gates, state, weight, bias, lengths, reverse);
  const DType dtype = state.dtype();
  const bool recorded = recording(input_gates, state, weight, bias);
  const Tensor order = lengths.defined() ? lengths.contiguous() : lengths;
  if (order.defined()) steps.lengths = order.data<std::int64_t>();

  Tensor output = empty({steps.batch, steps.time, steps.size}, dtype);
  Trace trace;
  if (recorded) {
    trace = {empty(output.shape(), dtype), empty({steps.batch, steps.time, 4 * steps.size}, dtype)};
  }
  const Tensor whole_bias = bias.defined() ? bias : zeros({3 * steps.size}, dtype);
  {
    const no_grad scope;
    const auto run = dtype == DType::float32 ? run_forward<float> : run_forward<double>;
    run(steps, input_gates.contiguous(), state.contiguous(), weight.contiguous(), whole_bias.contiguous(), output, trace);
  }
  if (!recorded) return output;

  record(output, "gru_sequence", {&input_gates, &state, &weight, &bias},
         [input_gates = Saved(input_gates), state = Saved(state), weight = Saved(weight), bias = Saved(bias), order,
          steps, trace](Sink& sink, const Tensor& gradient) {
           const Tensor& kernel_weight = weight.get(sink);
           if (sink.create_graph()) {
             return sink.replay(gradient, [&] {
               return composed::gru_sequence(input_gates.get(sink), state.get(sink), kernel_weight, bias.get(sink),
                                             order, steps.reverse);
             });
           }
           const auto run = kernel_weight.dtype() == DType::float32 ? run_backward<float> : run_backward<double>;
           const GateGradients gates = run(steps, gradient.contiguous(), kernel_weight.contiguous(), trace);
           const std::int64_t rows = steps.batch * steps.time, H = steps.size;
           if (sink.needs(2)) {
             bool fresh = false;
             const Tensor buffer = sink.into(2, fresh);  // (3H, H) += gates^T previous, over all steps at once
             gemm(buffer.dtype(), 3 * H, H, rows, 1, {gates.state_gates.raw_data(), 3 * H, true},
                  {trace.previous.raw_data(), H}, fresh ? 0 : 1, buffer.raw_data(), H);
           }
           if (sink.needs(3)) sink.add(3, sum(gates.state_gates.view({rows, 3 * H}), {0}));
           sink.add(0, gates.input_gates);
           sink.add(1, gates.state);
         });
  return output;
}

namespace composed {

Tensor gru_sequence(const Tensor& input_gates, const Tensor& state, const Tensor& weight, const Tensor& bias,
                    const Tensor& lengths, bool reverse) {
  const Steps steps = check_sequence("gru_sequence", 3, input_gates, state, weight, bias, lengths, reverse);
  const std::int64_t H = steps.size;
  const auto part = [H](const Tensor& all_gates, std::int64_t i) { return all_gates.slice(1, i * H, (i + 1) * H); };
  return unroll(steps, input_gates, state, lengths, [&](const Tensor& x, const Tensor& h) {
    const Tensor gates = gradus::linear(h, weight, bias);  // (batch, 3H)
    const Tensor r = sigmoid(part(x, 0) + part(gates, 0));
    const Tensor z = sigmoid(part(x, 1) + part(gates, 1));
    const Tensor n = tanh(part(x, 2) + r * part(gates, 2));
    return (1 - z) * n + z * h;
  });
}

}  // namespace composed

}  // namespace gradus
